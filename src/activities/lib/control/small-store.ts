/** Where a run keeps its own small files: below a prefix of a bucket, or in a folder of the host that the run writes to. */
import { deletePrefix, getSmall, listKeys, putSmall, putStream, type S3Destination } from '../../../transfer';

/** Every file is written whole: a reader sees the old one, the new one or none. Keys have `/` between their parts. */
export interface SmallStore {
  /** For people and results: `s3://bucket/key` or a path. */
  uri(key: string): string;
  write(key: string, body: Buffer, contentType: string, signal: AbortSignal): Promise<void>;
  /** For what may be longer than memory should hold. */
  writeStream(key: string, body: AsyncIterable<Buffer>, contentType: string, signal: AbortSignal): Promise<void>;
  /** @throws LonghaulError ObjectNotFound */
  read(key: string, signal: AbortSignal): Promise<Buffer>;
  /** Keys that begin with `prefix`, in order. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<string>;
  removeAll(prefix: string, signal: AbortSignal): Promise<void>;
}

export const bucketStore = (destination: S3Destination): SmallStore => ({
  uri: (key) => destination.display(key),
  async write(key, body, contentType, signal) {
    await putSmall(destination, key, body, { contentType, signal });
  },
  writeStream: (key, body, contentType, signal) => putStream(destination, key, body, { contentType, signal }),
  read: (key, signal) => getSmall(destination, key, { signal }),
  list: (prefix, signal) => listKeys(destination, prefix, signal),
  async removeAll(prefix, signal) {
    await deletePrefix({ destination, prefix, signal });
  },
});
