/**
 * Names that nobody chooses: temporary objects, and the ids of uploads.
 *   <temporary prefix><32 hex of SHA-256 of the key>/<transfer id, percent-encoded>
 * The first part follows from the key, so that uploads are found under it; the second says whose it is.
 */
import { createHash } from 'node:crypto';
import { LonghaulError } from '../../model/errors';

/** Beside all data, so that one lifecycle rule and one IAM condition can name it. */
export const DEFAULT_TEMPORARY_PREFIX = '.longhaul-tmp/';

const KEY_HEX_LENGTH = 32;

export const temporaryFolder = (prefix: string, key: string): string =>
  `${prefix}${createHash('sha256').update(key).digest('hex').slice(0, KEY_HEX_LENGTH)}/`;

export const temporaryName = (prefix: string, key: string, transferId: string): string =>
  temporaryFolder(prefix, key) + encodeURIComponent(transferId);

/** Undefined where the name is none of ours. */
export function transferIdIn(prefix: string, name: string): string | undefined {
  const [folder = '', id = '', ...more] = name.slice(prefix.length).split('/');
  const isOurs = name.startsWith(prefix) && /^[0-9a-f]{32}$/.test(folder) && id !== '' && more.length === 0;
  return isOurs ? decodeURIComponent(id) : undefined;
}

/** An upload, with where its object appears: under the key itself, or first under a temporary name. */
export interface UploadPlace {
  readonly id: string;
  readonly object: string;
  readonly isTemporary: boolean;
}

/** `k.<id>` under the key, `t.<transfer id>.<id>` under its temporary name. None of it is a secret. */
export const uploadIdOf = ({ id, isTemporary }: Omit<UploadPlace, 'object'>, transferId: string): string =>
  isTemporary ? `t.${encodeURIComponent(transferId).replaceAll('.', '%2E')}.${id}` : `k.${id}`;

/** Throws UploadLost for an id that is not of these shapes: of another kind of store, or of another version of Longhaul. */
export function placeOf(prefix: string, key: string, uploadId: string): UploadPlace {
  const direct = /^k\.(.+)$/.exec(uploadId)?.[1];
  if (direct !== undefined) return { id: direct, object: key, isTemporary: false };
  const [, transferId, id] = /^t\.([^.]+)\.(.+)$/.exec(uploadId) ?? [];
  if (transferId === undefined || id === undefined) {
    throw new LonghaulError('UploadLost', `There is no upload of this kind for ${key}`);
  }
  return { id, object: temporaryName(prefix, key, decodeURIComponent(transferId)), isTemporary: true };
}
