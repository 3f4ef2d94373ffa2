/** Small whole objects: manifests, ledgers, reports, markers. All retry by themselves. */
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { LonghaulError } from '../../model/errors';
import { crc32Of, encodeCrc32 } from '../lib/crc32';
import { retry } from '../lib/retry';
import { callStore, sendTimeoutMs, type Call } from './call';
import type { Side } from '../lib/store-call';
import type { S3Destination } from './destination';
import { listPrefix } from './list';

const call = (destination: S3Destination, what: string, key: string, side: Side = 'destination'): Call => ({
  what: `${what} ${destination.display(key)}`,
  context: { operation: what, [side]: destination.display(key) },
  side,
});

export interface PutSmallOptions {
  readonly contentType: string;
  readonly signal: AbortSignal;
  /** Only where there is no such object yet. */
  readonly ifNoneMatch?: boolean;
}

/**
 * Writes a whole object in one request: readers see the old one, the new one or none. False: with `ifNoneMatch` there was
 * one already (RFC 9110 section 13.1.2). After a lost answer that may have been our own.
 */
export async function putSmall(
  destination: S3Destination,
  key: string,
  body: Buffer,
  options: PutSmallOptions,
): Promise<boolean> {
  const { contentType, signal } = options;
  const command = new PutObjectCommand({
    Bucket: destination.bucket,
    Key: key,
    Body: body,
    ContentLength: body.length,
    ContentType: contentType,
    ChecksumCRC32: encodeCrc32(crc32Of(body)),
    ...destination.sse,
    ...(options.ifNoneMatch === true ? { IfNoneMatch: '*' } : {}),
  });
  const request = { ...call(destination, 'Writing', key), timeoutMs: sendTimeoutMs(body.length) };
  try {
    await retry({ signal }, () => callStore(request, signal, (o) => destination.client.send(command, o)));
    return true;
  } catch (error) {
    const isThere = error instanceof LonghaulError && error.context.httpStatus === 412;
    if (isThere && options.ifNoneMatch === true) return false;
    throw error;
  }
}

export interface GetSmallOptions {
  readonly signal: AbortSignal;
  /** 'source' gives Source… errors. */
  readonly side?: Side;
}

/** The whole object. Throws ObjectNotFound (of a source: SourceNotFound) where there is none. */
export async function getSmall(
  destination: S3Destination,
  key: string,
  { signal, side = 'destination' }: GetSmallOptions,
): Promise<Buffer> {
  const command = new GetObjectCommand({ Bucket: destination.bucket, Key: key });
  return retry({ signal }, () =>
    callStore(call(destination, 'Reading', key, side), signal, async (o) => {
      const reply = await destination.client.send(command, o);
      const body = Buffer.from((await reply.Body?.transformToByteArray()) ?? []);
      if (reply.ContentLength === undefined || reply.ContentLength === body.length) return body;
      const code = side === 'source' ? 'SourceTruncated' : 'DestinationUnavailable';
      throw new LonghaulError(code, `${destination.display(key)} came cut off`, { [side]: destination.display(key) });
    }),
  );
}

/** Keys under a prefix, in order. */
export async function* listKeys(
  destination: S3Destination,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const { client, bucket } = destination;
  for await (const { key } of listPrefix({ client, bucket, prefix, side: 'destination', signal })) yield key;
}
