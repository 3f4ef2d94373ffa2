/** An S3 object as the random-access file that a Parquet reader wants: each slice is a ranged GET of the one version. */
import { LonghaulError } from '../../model/errors';
import { retry } from '../../transfer';
import { BodyReader } from '../../transfer/body-reader';
import { STALL_TIMEOUT_MS, type ObjectToRead } from '../read/object-reader';

export interface S3Buffer {
  readonly byteLength: number;
  readonly slice: (start: number, end?: number) => Promise<ArrayBuffer>;
}

/** Slices of the columns in hand are asked for again and again where a row group is read in windows. */
const CACHE_BYTES = 48 * 1024 * 1024;

export function s3Buffer(object: ObjectToRead): S3Buffer {
  const { source, version, signal, stallTimeoutMs = STALL_TIMEOUT_MS, limiter } = object;
  const cache = new Map<string, ArrayBuffer>();
  let cachedBytes = 0;

  const read = (start: number, length: number): Promise<ArrayBuffer> =>
    retry({ signal, policy: object.retry }, async () => {
      const reply = await source.open({ offsetBytes: start, lengthBytes: length }, version, signal);
      const reader = new BodyReader(reply.body, { display: source.display, signal, stallTimeoutMs, limiter });
      try {
        const bytes = new ArrayBuffer(length);
        const filled = await reader.fill(Buffer.from(bytes));
        if (filled === length) return bytes;
        throw new LonghaulError('SourceTruncated', `${source.display} ended too early`, { source: source.display });
      } finally {
        reader.close();
      }
    });

  return {
    byteLength: version.sizeBytes,
    async slice(start, end = version.sizeBytes) {
      const from = Math.max(0, start < 0 ? version.sizeBytes + start : start);
      const length = Math.min(end, version.sizeBytes) - from;
      if (length <= 0) return new ArrayBuffer(0);
      const key = `${from}-${length}`;
      const known = cache.get(key);
      if (known !== undefined) return known;
      const bytes = await read(from, length);
      if (length > CACHE_BYTES) return bytes;
      for (const [oldest, old] of cache) {
        if (cachedBytes + length <= CACHE_BYTES) break;
        cache.delete(oldest);
        cachedBytes -= old.byteLength;
      }
      cache.set(key, bytes);
      cachedBytes += length;
      return bytes;
    },
  };
}
