/** From S3's words to the table of errors: by error code first, by HTTP status where there is none (HEAD has no body). */
import { LonghaulError, type ErrorCode, type ErrorContext } from '../../model/errors';
import { faultText, networkFault } from '../lib/network-errors';
import { parseRetryAfterMs } from '../lib/retry-after';
import type { Side } from '../lib/store-call';

/** Codes of "Error responses" in the Amazon S3 API Reference, and of compatible stores. */
const BY_NAME: Readonly<Record<string, ErrorCode>> = {
  NoSuchBucket: 'BucketNotFound',
  InvalidBucketName: 'BucketNotFound',
  NoSuchKey: 'ObjectNotFound',
  NoSuchVersion: 'ObjectNotFound',
  NotFound: 'ObjectNotFound',
  NoSuchUpload: 'UploadLost',
  AccessDenied: 'AccessDenied',
  Forbidden: 'AccessDenied',
  AllAccessDisabled: 'AccessDenied',
  AccountProblem: 'AccessDenied',
  // 403 from GetObject: the object is in an archive tier and no thawed copy is there.
  InvalidObjectState: 'SourceArchived',
  ExpiredToken: 'CredentialsExpired',
  ExpiredTokenException: 'CredentialsExpired',
  TokenRefreshRequired: 'CredentialsExpired',
  InvalidToken: 'CredentialsExpired',
  InvalidAccessKeyId: 'CredentialsExpired',
  SignatureDoesNotMatch: 'CredentialsExpired',
  InvalidClientTokenId: 'CredentialsExpired',
  // Of STS, where a role is taken with an identity token of somebody else.
  InvalidIdentityTokenException: 'CredentialsExpired',
  IDPRejectedClaimException: 'AccessDenied',
  IDPCommunicationErrorException: 'DestinationUnavailable',
  CredentialsProviderError: 'CredentialsMissing',
  TokenProviderError: 'CredentialsMissing',
  RequestTimeTooSkewed: 'ClockSkewed',
  SlowDown: 'DestinationThrottled',
  SlowDownRead: 'DestinationThrottled',
  SlowDownWrite: 'DestinationThrottled',
  Throttling: 'DestinationThrottled',
  ThrottlingException: 'DestinationThrottled',
  RequestLimitExceeded: 'DestinationThrottled',
  TooManyRequests: 'DestinationThrottled',
  BandwidthLimitExceeded: 'DestinationThrottled',
  InternalError: 'DestinationUnavailable',
  ServiceUnavailable: 'DestinationUnavailable',
  OperationAborted: 'DestinationUnavailable',
  ConditionalRequestConflict: 'DestinationUnavailable',
  RequestTimeout: 'DestinationUnavailable',
  BadDigest: 'ChecksumMismatch',
  InvalidDigest: 'ChecksumMismatch',
  XAmzContentChecksumMismatch: 'ChecksumMismatch',
  XAmzContentSHA256Mismatch: 'ChecksumMismatch',
  IncompleteBody: 'ChecksumMismatch',
};

/** The same fault where the store is what is read from. */
export const AS_SOURCE: Partial<Record<ErrorCode, ErrorCode>> = {
  BucketNotFound: 'SourceNotFound',
  ObjectNotFound: 'SourceNotFound',
  AccessDenied: 'SourceForbidden',
  DestinationThrottled: 'SourceThrottled',
  DestinationUnavailable: 'SourceUnavailable',
  DestinationUnreachable: 'SourceUnreachable',
  DestinationRejected: 'SourceProtocol',
};

interface ServiceError {
  readonly status: number | undefined;
  readonly retryAfter: string | undefined;
}

/**
 * The LonghaulError for whatever the SDK threw; one that already is one is returned as it is. `what` begins the message:
 * "Writing part 3 of s3://b/k". Messages carry the store's code and text, which name the resource but no signature.
 */
export function mapS3Error(
  error: unknown,
  what: string,
  context: ErrorContext = {},
  side: Side = 'destination',
): LonghaulError {
  if (error instanceof LonghaulError) return error;
  const { status, retryAfter } = readServiceError(error);
  const code = codeFor(error, status);
  const shown = side === 'source' ? (AS_SOURCE[code] ?? code) : code;
  const retryAfterMs = parseRetryAfterMs(retryAfter);
  return new LonghaulError(
    shown,
    `${what} failed: ${describe(error, status)}`,
    {
      ...context,
      ...(status === undefined ? {} : { httpStatus: status }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
    { cause: error },
  );
}

function codeFor(error: unknown, status: number | undefined): ErrorCode {
  const name = error instanceof Error ? error.name : '';
  // The undici handler names a lost connection RequestTimeout; the store's own RequestTimeout has a status.
  const fault = status === undefined ? networkFault(error) : undefined;
  if (fault !== undefined) return fault === 'protocol' ? 'DestinationUnavailable' : 'DestinationUnreachable';
  // A 404 like that may be of the object, of its upload or of a proxy on the way: to be asked again.
  if (isCutOff(error)) return 'DestinationUnavailable';
  const known = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
  // A HEAD that is refused or misses has no body and so no code but the status's.
  if (known !== undefined && !(name === 'NotFound' && status !== 404)) return known;
  return codeForStatus(status);
}

/**
 * True: the document of this refusal was cut off, so that nobody knows what was refused. The SDK gives such errors no `$fault`, and
 * where all that came is no XML, that text. A page of a proxy is whole and says by its status what it says.
 */
function isCutOff(error: unknown): boolean {
  if (!(error instanceof Error) || '$fault' in error) return false;
  const { $responseBodyText: text } = error as { $responseBodyText?: unknown };
  if (typeof text === 'string') return /^\s*<(\?xml|Error)\b/.test(text) && !text.includes('</Error>');
  return networkFault(error) !== undefined;
}

function codeForStatus(status: number | undefined): ErrorCode {
  if (status === undefined) return 'Internal';
  // What it did is not known: its document was cut off, or is none.
  if (status < 300) return 'DestinationUnavailable';
  if (status === 401 || status === 403) return 'AccessDenied';
  if (status === 404) return 'ObjectNotFound';
  if (status === 408) return 'DestinationUnavailable';
  if (status === 429 || status === 503) return 'DestinationThrottled';
  return status >= 500 ? 'DestinationUnavailable' : 'DestinationRejected';
}

/** `$metadata` and `$response` as the SDK puts them on its errors, on parse errors too. */
function readServiceError(error: unknown): ServiceError {
  const { $metadata, $response } = (typeof error === 'object' ? (error ?? {}) : {}) as {
    $metadata?: { httpStatusCode?: number };
    $response?: { statusCode?: number; headers?: Record<string, string> };
  };
  return {
    status: $metadata?.httpStatusCode ?? $response?.statusCode,
    retryAfter: $response?.headers?.['retry-after'],
  };
}

function describe(error: unknown, status: number | undefined): string {
  if (!(error instanceof Error)) return 'unknown fault';
  const text = status === undefined ? faultText(error) : error.message;
  const known = text !== '' && !/^Unknown(Error)?$/.test(text);
  const name = ['Error', 'Unknown', 'UnknownError'].includes(error.name) ? '' : error.name;
  const said = [name, known ? text : ''].filter((part) => part !== '').join(': ');
  if (status === undefined) return said;
  // A HEAD is answered by nothing but its status.
  return said === '' ? `HTTP ${status}` : `${said} (HTTP ${status})`;
}
