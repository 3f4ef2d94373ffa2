/** From the words of Google Cloud Storage to the table of errors: documents of the JSON API, of the XML API, and statuses alone. */
import { LonghaulError, type ErrorCode, type ErrorContext } from '../../model/errors';
import { faultText, networkFault } from '../lib/network-errors';
import { parseRetryAfterMs } from '../lib/retry-after';
import type { Side } from '../lib/store-call';
import { AS_SOURCE } from '../s3/errors';
import { textIn } from '../lib/xml';

/** Codes of the XML API (Cloud Storage, "HTTP status and error codes for XML") and reasons of the JSON API. */
const BY_NAME: Readonly<Record<string, ErrorCode>> = {
  NoSuchUpload: 'UploadLost',
  NoSuchBucket: 'BucketNotFound',
  InvalidBucketName: 'BucketNotFound',
  NoSuchKey: 'ObjectNotFound',
  BadDigest: 'ChecksumMismatch',
  InvalidDigest: 'ChecksumMismatch',
  IncompleteBody: 'ChecksumMismatch',
  rateLimitExceeded: 'DestinationThrottled',
  userRateLimitExceeded: 'DestinationThrottled',
  SlowDown: 'DestinationThrottled',
};

/** The JSON API has no code for it: `Provided CRC32C "…" doesn't match calculated CRC32C "…"`. */
const WRONG_CHECKSUM = /doesn['’]t match calculated (crc32c|md5)|checksum (does not|doesn['’]t) match/i;
const NO_BUCKET = /bucket does not exist/i;

export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The document, as far as it was read. */
  readonly text: string;
}

/** The error for an answer that is no success. `what` begins the message: "Writing gs://b/k". */
export function refusalOf(refusal: Refusal, what: string, context: ErrorContext, side: Side): LonghaulError {
  const { status, headers } = refusal;
  const { name, message } = wordsOf(refusal.text);
  const code = codeOf(status, name, message);
  const retryAfterMs = parseRetryAfterMs(headers['retry-after']);
  const shown = [name, message, `(HTTP ${status})`].filter((part) => part !== '').join(' ');
  return new LonghaulError(onSide(code, side), `${what} failed: ${shown}`, {
    ...context,
    httpStatus: status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** The error for a request that was not answered at all; a LonghaulError is handed on as it is. */
export function faultOf(error: unknown, what: string, context: ErrorContext, side: Side): LonghaulError {
  if (error instanceof LonghaulError) return error;
  const fault = networkFault(error);
  const code =
    fault === undefined ? 'Internal' : fault === 'protocol' ? 'DestinationUnavailable' : 'DestinationUnreachable';
  return new LonghaulError(onSide(code, side), `${what} failed: ${faultText(error)}`, context, { cause: error });
}

const onSide = (code: ErrorCode, side: Side): ErrorCode => (side === 'source' ? (AS_SOURCE[code] ?? code) : code);

function codeOf(status: number, name: string, message: string): ErrorCode {
  if (status === 401) return 'GoogleCredentialsRefused';
  if (Object.hasOwn(BY_NAME, name)) return BY_NAME[name] ?? 'DestinationRejected';
  if (status === 400 && WRONG_CHECKSUM.test(message)) return 'ChecksumMismatch';
  if (status === 403) return 'AccessDenied';
  if (status === 404 || status === 410) return NO_BUCKET.test(message) ? 'BucketNotFound' : 'ObjectNotFound';
  if (status === 429) return 'DestinationThrottled';
  // 409: another change of the same object at this moment.
  return status === 408 || status === 409 || status >= 500 ? 'DestinationUnavailable' : 'DestinationRejected';
}

const MAX_MESSAGE = 300;

/** What the store says in its own words, which name resources but no tokens; HTML of something in between is left out. */
function wordsOf(text: string): { name: string; message: string } {
  const short = (words: string | undefined): string => (words ?? '').replace(/\s+/g, ' ').trim().slice(0, MAX_MESSAGE);
  const start = text.trimStart();
  if (start.startsWith('{')) {
    const { error } = parse(start) as { error?: { message?: unknown; errors?: { reason?: unknown }[] } };
    const reason = error?.errors?.[0]?.reason;
    return {
      name: typeof reason === 'string' ? reason : '',
      message: short(typeof error?.message === 'string' ? error.message : ''),
    };
  }
  if (start.startsWith('<?xml') || start.startsWith('<Error')) {
    return { name: textIn(start, 'Code') ?? '', message: short(textIn(start, 'Message')) };
  }
  return { name: '', message: start.startsWith('<') ? '' : short(start) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
