/** What a source's answer that is no success means, by status and by the XML that S3-like stores send with it. */
import type { Readable } from 'node:stream';
import { LonghaulError, type ErrorCode } from '../../model/errors';
import { parseRetryAfterMs } from '../lib/retry-after';
import type { HttpReply } from './http-reply';

/** Error documents are a few hundred bytes; no more is kept of a page that says the same in HTML. */
const MAX_DOCUMENT_BYTES = 16 * 1024;

/** Expired, in the words of S3, R2 (ExpiredRequest), GCS and Azure. S3's AccessDenied alone may mean anything. */
const EXPIRED = [
  /<Code>(ExpiredRequest|ExpiredToken|RequestExpired)<\/Code>/i,
  /Request has expired/i,
  /Request signature expired/i,
  /Signature not valid in the specified time frame/i,
];

/** The error for this reply. Reads (and so frees) its body. `hasExpected`: the request named a version. */
export async function refusalOf(reply: HttpReply, display: string, hasExpected: boolean): Promise<LonghaulError> {
  const document = await readSome(reply.body);
  const storeCode = /<Code>([A-Za-z0-9]{1,60})<\/Code>/.exec(document)?.[1];
  const code = codeFor(reply.status, document, hasExpected);
  const retryAfterMs = parseRetryAfterMs(reply.headers['retry-after']);
  const shown = storeCode === undefined ? '' : ` ${storeCode}`;
  return new LonghaulError(code, `${display} answered ${reply.status}${shown}`, {
    source: display,
    operation: 'read',
    httpStatus: reply.status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

function codeFor(status: number, document: string, hasExpected: boolean): ErrorCode {
  if (status >= 400 && status <= 403 && EXPIRED.some((pattern) => pattern.test(document))) return 'SourceUrlExpired';
  if (status === 401 || status === 403 || status === 407) return 'SourceForbidden';
  if (status === 404 || status === 410) return 'SourceNotFound';
  if (status === 412 || (status === 416 && hasExpected)) return 'SourceChanged';
  if (status === 429 || status === 503) return 'SourceThrottled';
  if (status === 408 || status === 425 || status >= 500) return 'SourceUnavailable';
  return 'SourceProtocol';
}

/** Never throws: the status alone decides where the document is cut off. */
async function readSome(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= MAX_DOCUMENT_BYTES) break;
    }
  } catch {
    return Buffer.concat(chunks).toString('utf8');
  }
  return Buffer.concat(chunks).toString('utf8');
}
