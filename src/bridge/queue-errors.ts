/** What SQS, Pub/Sub and the network say, as errors of the table. */
import { type ErrorCode, LonghaulError } from '../model/errors';

/** gRPC status codes (grpc.io/docs/guides/status-codes). */
const GRPC_DEADLINE_EXCEEDED = 4;
const GRPC_NOT_FOUND = 5;
const GRPC_PERMISSION_DENIED = 7;
const GRPC_UNAVAILABLE = 14;
const GRPC_UNAUTHENTICATED = 16;

const BY_GRPC: Readonly<Record<number, ErrorCode>> = {
  [GRPC_DEADLINE_EXCEEDED]: 'QueueUnreachable',
  [GRPC_NOT_FOUND]: 'QueueNotFound',
  [GRPC_PERMISSION_DENIED]: 'QueueAccessDenied',
  [GRPC_UNAUTHENTICATED]: 'QueueAccessDenied',
  [GRPC_UNAVAILABLE]: 'QueueUnreachable',
};

/** Names of exceptions of the AWS SDK and codes of Node's sockets, without the prefix of the old query protocol. */
const BY_NAME: Readonly<Record<string, ErrorCode>> = {
  QueueDoesNotExist: 'QueueNotFound',
  NonExistentQueue: 'QueueNotFound',
  AccessDenied: 'QueueAccessDenied',
  AccessDeniedException: 'QueueAccessDenied',
  KmsAccessDenied: 'QueueAccessDenied',
  CredentialsProviderError: 'QueueAccessDenied',
  ExpiredToken: 'QueueAccessDenied',
  ExpiredTokenException: 'QueueAccessDenied',
  InvalidClientTokenId: 'QueueAccessDenied',
  UnrecognizedClientException: 'QueueAccessDenied',
  SignatureDoesNotMatch: 'QueueAccessDenied',
  TimeoutError: 'QueueUnreachable',
  AbortError: 'QueueUnreachable',
  ServiceUnavailable: 'QueueUnreachable',
  InternalFailure: 'QueueUnreachable',
  RequestThrottled: 'QueueUnreachable',
  ThrottlingException: 'QueueUnreachable',
  ECONNREFUSED: 'QueueUnreachable',
  ECONNRESET: 'QueueUnreachable',
  ENOTFOUND: 'QueueUnreachable',
  EAI_AGAIN: 'QueueUnreachable',
  ETIMEDOUT: 'QueueUnreachable',
  EPIPE: 'QueueUnreachable',
};

const field = (error: unknown, name: string): unknown =>
  typeof error === 'object' && error !== null ? (error as Record<string, unknown>)[name] : undefined;

const httpStatusOf = (error: unknown): number | undefined => {
  const status = field(field(error, '$metadata'), 'httpStatusCode') ?? field(error, 'statusCode');
  return typeof status === 'number' ? status : undefined;
};

const codeOf = (error: unknown): ErrorCode => {
  const code = field(error, 'code');
  if (typeof code === 'number') return BY_GRPC[code] ?? 'QueueRefused';
  for (const name of [code, field(error, 'name')]) {
    const known = typeof name === 'string' ? BY_NAME[name.split('.').at(-1) ?? ''] : undefined;
    if (known !== undefined) return known;
  }
  const status = httpStatusOf(error);
  if (status === 403) return 'QueueAccessDenied';
  return status === undefined || status >= 500 ? 'QueueUnreachable' : 'QueueRefused';
};

/** One line, and without a query: an endpoint's answer may quote a signed URL. */
const oneLine = (text: string): string =>
  (text.split('\n', 1)[0] ?? '').replace(/(https?:\/\/[^\s?#"'<>]*)[?#][^\s"'<>]*/gi, '$1').slice(0, 500);

/** An AggregateError of a refused connection has an empty message; its code says it. */
const reasonOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  const code = field(error, 'code');
  return oneLine(message) || (typeof code === 'string' ? code : 'no answer');
};

/**
 * The error as one of the table: QueueNotFound, QueueAccessDenied, QueueUnreachable or QueueRefused.
 * @param what begins the sentence: "The SQS queue events cannot be read".
 */
export const queueError = (error: unknown, what: string): LonghaulError =>
  error instanceof LonghaulError
    ? error
    : new LonghaulError(codeOf(error), `${what}: ${reasonOf(error).replace(/\.$/, '')}.`, {}, { cause: error });

/** Whether the service says that the message is larger than it takes. */
export const isTooLarge = (error: unknown): boolean => {
  const name = field(error, 'name');
  if (name === 'BatchRequestTooLong' || httpStatusOf(error) === 413) return true;
  // SQS and ElasticMQ answer InvalidParameterValue, Pub/Sub INVALID_ARGUMENT: the limit stands in the text alone.
  const message = error instanceof Error ? error.message : '';
  const isInvalid = field(error, 'code') === 3 || httpStatusOf(error) === 400;
  return isInvalid && /(shorter than|too ?(?:large|long)|exceed|maximum|size)/i.test(message);
};
