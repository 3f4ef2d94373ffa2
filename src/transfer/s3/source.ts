/** S3 as a source, with credentials: GetObject by range, pinned to one ETag (and version, on a versioned bucket). */
import { Readable } from 'node:stream';
import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { LonghaulError } from '../../model/errors';
import { parseContentRange } from '../http/content-range';
import type { ByteRange, Source, SourceReply, SourceVersion } from '../types';
import { assertSameVersion } from '../version';
import { mapS3Error } from './errors';

export interface S3SourceOptions {
  readonly client: S3Client;
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
}

export function createS3Source(options: S3SourceOptions): Source {
  const { client, bucket, key } = options;
  const display = `s3://${bucket}/${key}`;

  const open = async (
    range: ByteRange | undefined,
    expected: SourceVersion | undefined,
    signal: AbortSignal,
  ): Promise<SourceReply> => {
    const command = new GetObjectCommand({
      Bucket: bucket,
      Key: key,
      VersionId: expected?.versionId ?? options.versionId,
      IfMatch: expected?.etag,
      Range: range && `bytes=${range.offsetBytes}-${range.offsetBytes + range.lengthBytes - 1}`,
    });
    const context = { operation: 'read', source: display, ...(range && { offsetBytes: range.offsetBytes }) };
    try {
      // No deadline of its own: the caller's stall watchdog covers the answer and the body alike.
      const reply = await client.send(command, { abortSignal: signal });
      return readReply(reply, range, expected, display);
    } catch (thrown) {
      signal.throwIfAborted();
      const error = mapS3Error(thrown, `Reading ${display}`, context, 'source');
      if (error.context.httpStatus === 412) throw changed(display, error);
      if (error.context.httpStatus !== 416) throw error;
      // An empty object has no range that satisfies; anything else that is too short has changed.
      if (range?.offsetBytes === 0 && expected === undefined) return open(undefined, undefined, signal);
      throw changed(display, error);
    }
  };
  return { display, open };
}

const changed = (display: string, cause: LonghaulError): LonghaulError =>
  new LonghaulError('SourceChanged', `${display} changed while it was being moved`, cause.context, { cause });

function readReply(
  reply: GetObjectCommandOutput,
  range: ByteRange | undefined,
  expected: SourceVersion | undefined,
  display: string,
): SourceReply {
  const { Body: body, ContentLength: lengthBytes, ContentType, ContentEncoding, ETag, VersionId } = reply;
  if (!(body instanceof Readable) || lengthBytes === undefined) {
    throw new LonghaulError('SourceProtocol', `${display} was answered without a body or its length`, {
      source: display,
    });
  }
  try {
    const isPartial = reply.ContentRange !== undefined;
    const sizeBytes =
      range !== undefined && isPartial ? parseContentRange(reply.ContentRange, range, display).sizeBytes : lengthBytes;
    const version: SourceVersion = {
      ...(ETag === undefined ? {} : { etag: ETag }),
      ...(VersionId === undefined || VersionId === 'null' ? {} : { versionId: VersionId }),
      ...(sizeBytes === undefined ? {} : { sizeBytes }),
    };
    if (expected !== undefined) assertSameVersion(expected, version, display);
    return {
      kind: isPartial ? 'partial' : 'whole',
      version,
      validators: {
        ...(ETag === undefined ? {} : { etag: ETag }),
        ...(reply.LastModified === undefined ? {} : { lastModified: reply.LastModified.toUTCString() }),
      },
      ...(ContentType === undefined ? {} : { contentType: ContentType }),
      ...(ContentEncoding ? { contentEncoding: ContentEncoding } : {}),
      lengthBytes,
      body,
    };
  } catch (error) {
    body.destroy();
    throw error;
  }
}
