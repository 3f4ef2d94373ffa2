/** S3 as a source, with credentials: GetObject by range, pinned to one ETag (and version, on a versioned bucket). */
import { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { LonghaulError } from '../../model/errors';
import { parseContentRange } from '../http/content-range';
import type { ByteRange, Source, SourceReply, SourceVersion } from '../types';
import { assertSameVersion } from '../version';
import { callStore } from './call';
import { s3Checksums } from './checksums';
import { mapS3Error } from './errors';
import type { DirectCall } from './request-handler';

export interface S3SourceOptions {
  readonly client: S3Client;
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
  /**
   * True: what S3 keeps of the whole object (CRC32 or CRC32C, not of composites) is held against what is read. Costs one
   * HEAD for an object of more than one part, and no more rights than reading does.
   */
  readonly declaredChecksums?: boolean;
}

export function createS3Source(options: S3SourceOptions): Source {
  const { client, bucket, key } = options;
  const display = `s3://${bucket}/${key}`;

  const { declaredChecksums = false } = options;

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
    if (declaredChecksums) askForChecksums(command);
    const context = { operation: 'read', source: display, ...(range && { offsetBytes: range.offsetBytes }) };
    try {
      // No deadline of its own: the caller's stall watchdog covers the answer and the body alike.
      // Parts of a known version are large, and read into memory that is there already.
      const call: DirectCall = { abortSignal: signal, isDirect: range !== undefined && expected !== undefined };
      const reply = await client.send(command, call);
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
  if (!declaredChecksums) return { display, open };
  return {
    display,
    open,
    async declaredOf(version, signal) {
      const { etag, versionId } = version;
      const what = {
        what: `Looking at ${display}`,
        context: { operation: 'read', source: display },
        side: 'source',
      } as const;
      const command = new HeadObjectCommand({
        Bucket: bucket,
        Key: key,
        VersionId: versionId ?? options.versionId,
        IfMatch: etag,
        ChecksumMode: 'ENABLED',
      });
      try {
        return s3Checksums(await callStore(what, signal, (o) => client.send(command, o)));
      } catch (error) {
        if (error instanceof LonghaulError && error.context.httpStatus === 412) throw changed(display, error);
        // Some keys of KMS may not be used for it; then there is nothing to hold against.
        if (error instanceof LonghaulError && error.code === 'SourceForbidden') return {};
        throw error;
      }
    },
  };
}

/** The header alone: with the SDK's own parameter it would hash the body once more, slowly and in a copy. */
function askForChecksums(command: GetObjectCommand): void {
  command.middlewareStack.add(
    (next) => (args) => {
      const { request } = args;
      if (typeof request === 'object' && request !== null && 'headers' in request) {
        (request.headers as Record<string, string>)['x-amz-checksum-mode'] = 'ENABLED';
      }
      return next(args);
    },
    { step: 'build', name: 'askForChecksums' },
  );
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
  // The SDK makes NaN of a length that is no number: nothing may be counted by it.
  if (!(body instanceof Readable) || lengthBytes === undefined || !Number.isSafeInteger(lengthBytes)) {
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
      // With a part of the object a store may tell that part's checksum.
      ...(lengthBytes === sizeBytes ? { declared: s3Checksums(reply) } : {}),
      lengthBytes,
      body,
    };
  } catch (error) {
    body.destroy();
    throw error;
  }
}
