/** Hashes of whole files, as S3 computes them. A small file is read and hashed at once; that is cheaper than to ask a thread. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { onDisk } from '../file/local-errors';
import { crc32Of } from '../lib/crc32';
import type { HashPool, HashRange, RangeDigest } from './pool';
import type { HashAlgorithm } from './worker-main';

/** About 2 ms of MD5. */
const INLINE_BYTES = 1024 * 1024;

export interface FileToHash {
  readonly path: string;
  /** What is hashed; a file that is shorter gives `bytes` below it. */
  readonly sizeBytes: number;
  readonly signal: AbortSignal;
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** One algorithm over the whole file. `hex` is lower case. */
export async function hashFile(pool: HashPool, algorithm: HashAlgorithm, file: FileToHash): Promise<RangeDigest> {
  const [digest] = await hashRanges(pool, algorithm, file, [{ offsetBytes: 0, lengthBytes: file.sizeBytes }]);
  return digest ?? { hex: '', bytes: 0 };
}

/** `md5(md5 of each chunk, joined)`, in hex, without `-N`; the chunks are hashed in parallel. */
export async function multipartHash(pool: HashPool, file: FileToHash, chunkBytes: number): Promise<RangeDigest> {
  const count = Math.max(1, Math.ceil(file.sizeBytes / chunkBytes));
  const ranges = Array.from({ length: count }, (_, index) => ({
    offsetBytes: index * chunkBytes,
    lengthBytes: Math.min(chunkBytes, file.sizeBytes - index * chunkBytes),
  }));
  const digests = await hashRanges(pool, 'md5', file, ranges);
  const whole = createHash('md5');
  for (const { hex } of digests) whole.update(hex, 'hex');
  return { hex: whole.digest('hex'), bytes: digests.reduce((sum, { bytes }) => sum + bytes, 0) };
}

async function hashRanges(
  pool: HashPool,
  algorithm: HashAlgorithm,
  file: FileToHash,
  ranges: readonly HashRange[],
): Promise<RangeDigest[]> {
  const { path, sizeBytes, signal, onProgress } = file;
  if (sizeBytes > INLINE_BYTES) return pool.digests({ path, algorithm, ranges, signal, onProgress });
  const data = await onDisk(`Reading ${path}`, signal, () => readUpTo(path, sizeBytes));
  onProgress?.(data.length);
  return ranges.map(({ offsetBytes, lengthBytes }) => {
    const block = data.subarray(offsetBytes, offsetBytes + lengthBytes);
    const hex =
      algorithm === 'crc32'
        ? crc32Of(block).toString(16).padStart(8, '0')
        : createHash(algorithm).update(block).digest('hex');
    return { hex, bytes: block.length };
  });
}

async function readUpTo(path: string, sizeBytes: number): Promise<Buffer> {
  const handle = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(sizeBytes);
    let filled = 0;
    while (filled < sizeBytes) {
      const { bytesRead } = await handle.read(buffer, filled, sizeBytes - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  } finally {
    await handle.close();
  }
}
