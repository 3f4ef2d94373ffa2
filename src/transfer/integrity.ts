/** The checksum of an object from those of its parts, and what may be said of an object once it is stored. */
import { LonghaulError } from '../model/errors';
import { agreement, checksumsOfParts, type Checksums } from './checksums';
import type { ListedPart, StoredObject } from './destination';
import type { MovedObject, Source } from './types';

/** Of parts in order; undefined where one of them has none. */
export const crc32OfParts = (parts: readonly Pick<ListedPart, 'bytes' | 'crc32'>[]): number | undefined =>
  checksumsOfParts(parts).crc32;

export const bytesOfParts = (parts: readonly Pick<ListedPart, 'bytes'>[]): number =>
  parts.reduce((sum, { bytes }) => sum + bytes, 0);

/**
 * Throws SourceDamaged where the bytes that were read are not those that the source keeps a checksum of. TLS makes that
 * rare, not impossible: memory, proxies and transcoding are on the way too.
 */
export function checkDeclared({ display }: Source, declared: Checksums, read: Checksums): void {
  if (agreement(declared, read) !== false) return;
  throw new LonghaulError('SourceDamaged', `The bytes of ${display} do not have the checksum that the source keeps`, {
    source: display,
    operation: 'verify',
  });
}

/**
 * 'crc32', 'crc32c': the store computed ours. 'size': it keeps no full checksum. 'unverified': the source declared no length, so
 * nobody knows whether its end was the file's end.
 */
export function verdict(stored: Checksums, sent: Checksums, isLengthDeclared: boolean): MovedObject['verified'] {
  if (!isLengthDeclared) return 'unverified';
  const agreed = agreement(stored, sent);
  return agreed === undefined || agreed === false ? 'size' : agreed;
}

/** True where the stored object can be the one that was sent: same size, and same checksum where the store has one. */
export const isSameObject = (stored: StoredObject, bytes: number, sums: Checksums): boolean =>
  stored.bytes === bytes && agreement(stored, sums) !== false;
