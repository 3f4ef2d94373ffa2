/** Whether a file on disk is the object that a catalogue records: size first, then the hash that its ETag stands for. */
import { stat } from 'node:fs/promises';
import { multipartChunkSizes, parseEtag } from '../etag';
import { ifThere, onDisk } from '../file/local-errors';
import { hashFile, multipartHash, type FileToHash } from './file-hashes';
import type { HashPool } from './pool';

/** What a store keeps besides the ETag: checksums of the full object, base64 as S3 writes them. */
export interface ObjectChecksum {
  readonly crc32?: string;
  readonly sha256?: string;
}

export interface ExpectedFile {
  readonly bytes: number;
  /** With or without quotes. */
  readonly etag: string;
  /** Part size of the upload, as configured; others that give the ETag's number of parts are tried after it. */
  readonly chunkBytes: number;
  /** Decides where the ETag does not match: it may be opaque, under SSE-KMS, or made with part sizes nobody would guess. */
  readonly checksum?: ObjectChecksum | undefined;
}

export type FileVerdict = 'same' | 'differs' | 'unverifiable';

/**
 * Reads nothing where the size is another, or where nothing is there: then 'differs'. 'unverifiable': the size is right and
 * neither the ETag nor a checksum says anything of the bytes. Throws what the disk says, or the signal's reason.
 * `onProgress` gets bytes hashed of the candidate at hand, so it starts again with the next part size.
 */
export async function verifyFile(
  pool: HashPool,
  path: string,
  expected: ExpectedFile,
  signal: AbortSignal,
  onProgress?: (bytes: number) => void,
): Promise<FileVerdict> {
  const found = await onDisk(`Looking at ${path}`, signal, () => ifThere(stat(path)));
  if (found?.size !== expected.bytes) return 'differs';
  const file: FileToHash = { path, sizeBytes: expected.bytes, signal, onProgress };
  const etag = parseEtag(expected.etag);
  const isSame = etag.kind === 'opaque' ? undefined : await matchesEtag(pool, file, expected, etag);
  if (isSame === true) return 'same';
  // An ETag that looks like a hash may be none (SSE-KMS), or one of unusual part sizes.
  const byChecksum = await matchesChecksum(pool, file, expected.checksum);
  const verdict = byChecksum ?? isSame;
  if (verdict === undefined) return 'unverifiable';
  return verdict ? 'same' : 'differs';
}

type HashedEtag = Exclude<ReturnType<typeof parseEtag>, { kind: 'opaque' }>;

/** Undefined where no part size can be named that gives the ETag's number of parts. */
async function matchesEtag(
  pool: HashPool,
  file: FileToHash,
  expected: ExpectedFile,
  etag: HashedEtag,
): Promise<boolean | undefined> {
  if (etag.kind === 'md5') return isWhole(await hashFile(pool, 'md5', file), file, etag.hex);
  const sizes = multipartChunkSizes(expected.bytes, etag.parts, expected.chunkBytes);
  for (const chunkBytes of sizes) {
    if (isWhole(await multipartHash(pool, file, chunkBytes), file, etag.hex)) return true;
  }
  return sizes.length === 0 ? undefined : false;
}

async function matchesChecksum(
  pool: HashPool,
  file: FileToHash,
  checksum: ObjectChecksum | undefined,
): Promise<boolean | undefined> {
  const algorithm = checksum?.sha256 !== undefined ? 'sha256' : 'crc32';
  const text = checksum?.[algorithm];
  if (text === undefined) return undefined;
  return isWhole(await hashFile(pool, algorithm, file), file, Buffer.from(text, 'base64').toString('hex'));
}

const isWhole = (got: { hex: string; bytes: number }, file: FileToHash, hex: string): boolean =>
  got.hex === hex && got.bytes === file.sizeBytes;
