/** A stream of unknown length as an object, for reports and ledgers: not resumable, and never visible half-written. */
import { Readable } from 'node:stream';
import { Upload } from '@aws-sdk/lib-storage';
import { asError } from '../lib/abort';
import type { S3Destination } from './destination';
import { mapS3Error } from './errors';

/** lib-storage's own 5 MiB would end at 48.8 GiB; this fits 156 GiB in 10,000 parts. */
const PART_SIZE_BYTES = 16 * 1024 * 1024;

/** Throws Destination… errors or the signal's reason; on failure the upload is aborted and the stream destroyed. */
export async function putStream(
  destination: S3Destination,
  key: string,
  body: Readable | AsyncIterable<Buffer>,
  { contentType, signal }: { readonly contentType: string; readonly signal: AbortSignal },
): Promise<void> {
  signal.throwIfAborted();
  const stream = body instanceof Readable ? body : Readable.from(body, { objectMode: false });
  const upload = new Upload({
    client: destination.client,
    params: {
      Bucket: destination.bucket,
      Key: key,
      Body: stream,
      ContentType: contentType,
      // Without one, a part that was cut off is stored by some stores as if it were whole.
      ChecksumAlgorithm: 'CRC32',
      ...destination.sse,
    },
    partSize: PART_SIZE_BYTES,
    queueSize: 1,
    leavePartsOnError: false,
  });
  const onAbort = (): void => void upload.abort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await upload.done();
  } catch (error) {
    stream.destroy();
    if (signal.aborted) throw asError(signal.reason);
    throw mapS3Error(error, `Writing ${destination.display(key)}`, { destination: destination.display(key) });
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
