/**
 * An object of Google Cloud Storage as a source: ranges of one generation. What is read are the stored bytes, also of an object
 * that is stored compressed: asking for gzip is what keeps the store from decompressing it on the way (Cloud Storage,
 * "Transcoding of gzip-compressed files"), where ranges and checksums would be of other bytes than what is sent.
 */
import { LonghaulError } from '../../model/errors';
import type { Checksums } from '../checksums';
import { parseContentRange } from '../http/content-range';
import { encodingIn, lengthIn, protocolFault } from '../http/body-headers';
import { decodeCrc32 } from '../lib/crc32';
import type { ByteRange, Source, SourceReply, SourceVersion } from '../types';
import { assertSameVersion } from '../version';
import { documentOf, objectPath, query } from './call';
import type { GcsClient, GcsReply } from './client';
import { faultOf, refusalOf } from './errors';

export interface GcsSourceOptions {
  readonly client: GcsClient;
  readonly bucket: string;
  readonly key: string;
  /** This generation and no other; the live one where absent. */
  readonly generation?: string;
}

export function createGcsSource(options: GcsSourceOptions): Source {
  const { client, bucket, key } = options;
  const display = `gs://${bucket}/${key}`;

  const open = async (
    range: ByteRange | undefined,
    expected: SourceVersion | undefined,
    signal: AbortSignal,
  ): Promise<SourceReply> => {
    const generation = expected?.generation ?? options.generation;
    const what = `Reading ${display}`;
    const context = { operation: 'read', source: display, ...(range && { offsetBytes: range.offsetBytes }) };
    const request = {
      operation: 'gcs_get',
      method: 'GET',
      path: `${objectPath(bucket, key)}${query({ alt: 'media', generation })}`,
      headers: {
        'accept-encoding': 'gzip',
        ...(range && { range: `bytes=${range.offsetBytes}-${range.offsetBytes + range.lengthBytes - 1}` }),
      },
      // Parts of a known version are large, and read into memory that is there already.
      isDirect: range !== undefined && expected !== undefined,
    } as const;
    try {
      // No deadline of its own: the caller's stall watchdog covers the answer and the body alike.
      const reply = await client.send(request, signal);
      if (reply.status === 200 || reply.status === 206) return readReply(reply, range, expected, display);
      const refusal = { status: reply.status, headers: reply.headers, text: await documentOf(reply) };
      const error = refusalOf(refusal, what, context, 'source');
      const isGone = error.code === 'SourceNotFound' && expected?.generation !== undefined;
      if (isGone || reply.status === 412) throw changed(display, error);
      if (reply.status !== 416) throw error;
      // An empty object has no range that satisfies; anything else that is too short has changed.
      if (range?.offsetBytes === 0 && expected === undefined) return await open(undefined, undefined, signal);
      throw changed(display, error);
    } catch (error) {
      signal.throwIfAborted();
      throw faultOf(error, what, context, 'source');
    }
  };
  return { display, open };
}

const changed = (display: string, cause: LonghaulError): LonghaulError =>
  new LonghaulError('SourceChanged', `${display} changed while it was being moved`, cause.context, { cause });

function readReply(
  reply: GcsReply,
  range: ByteRange | undefined,
  expected: SourceVersion | undefined,
  display: string,
): SourceReply {
  const { headers, body } = reply;
  try {
    const lengthBytes = lengthIn(headers['content-length'], display);
    const isPartial = reply.status === 206;
    const sizeBytes =
      range !== undefined && isPartial
        ? parseContentRange(headers['content-range'], range, display).sizeBytes
        : lengthBytes;
    const stored = headers['x-goog-stored-content-encoding'];
    const contentEncoding = encodingIn(headers['content-encoding']);
    if (encodingIn(stored) !== undefined && contentEncoding === undefined) {
      throw protocolFault(display, `was decompressed on the way although it is stored as ${stored ?? ''}`);
    }
    const storedBytes = lengthIn(headers['x-goog-stored-content-length'], display);
    if (storedBytes !== undefined && sizeBytes !== undefined && storedBytes !== sizeBytes) {
      throw protocolFault(display, `is stored with ${storedBytes} bytes and answered as ${sizeBytes}`);
    }
    const generation = headers['x-goog-generation'];
    const version = {
      ...(generation === undefined ? {} : { generation }),
      ...(sizeBytes === undefined ? {} : { sizeBytes }),
    };
    if (expected !== undefined) assertSameVersion(expected, version, display);
    const { etag, 'last-modified': lastModified, 'content-type': contentType } = headers;
    return {
      kind: isPartial ? 'partial' : 'whole',
      version,
      validators: {
        ...(etag === undefined ? {} : { etag }),
        ...(lastModified === undefined ? {} : { lastModified }),
      },
      ...(contentType === undefined ? {} : { contentType }),
      ...(contentEncoding === undefined ? {} : { contentEncoding }),
      ...(lengthBytes === undefined ? {} : { lengthBytes }),
      declared: checksumsIn(headers['x-goog-hash']),
      body,
    };
  } catch (error) {
    body.on('error', () => undefined).destroy();
    throw error;
  }
}

/** `crc32c=…,md5=…`: of the whole object, whatever range was asked for. The MD5 is too slow to be worth its while. */
export function checksumsIn(header: string | undefined): Checksums {
  const crc32c = decodeCrc32(/(?:^|[\s,])crc32c=([A-Za-z0-9+/]+={0,2})/.exec(header ?? '')?.[1]);
  return crc32c === undefined ? {} : { crc32c };
}
