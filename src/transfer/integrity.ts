/** The checksum of an object from those of its parts, and what may be said of an object once it is stored. */
import type { ListedPart, StoredObject } from './destination';
import { combineCrc32 } from './lib/crc32';
import type { MovedObject } from './types';

/** Of parts in order; undefined where one of them has none. */
export function crc32OfParts(parts: readonly Pick<ListedPart, 'bytes' | 'crc32'>[]): number | undefined {
  let whole = 0;
  for (const { bytes, crc32 } of parts) {
    if (crc32 === undefined) return undefined;
    whole = combineCrc32(whole, crc32, bytes);
  }
  return whole;
}

export const bytesOfParts = (parts: readonly Pick<ListedPart, 'bytes'>[]): number =>
  parts.reduce((sum, { bytes }) => sum + bytes, 0);

/**
 * 'crc32': the store computed ours. 'size': it keeps no full checksum. 'unverified': the source declared no length, so
 * nobody knows whether its end was the file's end.
 */
export function verdict(
  stored: Pick<StoredObject, 'crc32'>,
  crc32: number | undefined,
  isLengthDeclared: boolean,
): MovedObject['verified'] {
  if (!isLengthDeclared) return 'unverified';
  return crc32 !== undefined && stored.crc32 === crc32 ? 'crc32' : 'size';
}

/** True where the stored object can be the one that was sent: same size, and same checksum where the store has one. */
export const isSameObject = (stored: StoredObject, bytes: number, crc32: number | undefined): boolean =>
  stored.bytes === bytes && (stored.crc32 === undefined || crc32 === undefined || stored.crc32 === crc32);
