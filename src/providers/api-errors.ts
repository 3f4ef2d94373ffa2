/** From an export API's answer to the error table. Messages quote the API, but never a key or a URL's query. */
import { z } from 'zod';
import { LonghaulError, type ErrorContext } from '../model/errors';
import { retryAfterMs, type ResponseHeaders } from './retry-after';

export interface ApiAnswer {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly text: string;
}

export interface GraphqlError {
  readonly message: string;
  readonly code: string | undefined;
}

const MAX_QUOTE = 300;

/** The API's own words as one short line without URL queries. */
export const quote = (text: string): string =>
  text
    .replace(/(https?:\/\/[^\s"'<>?#]*)[?#][^\s"'<>]*/gi, '$1')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, MAX_QUOTE);

const contextOf = (operation: string, { status, headers }: ApiAnswer): ErrorContext => {
  const waitMs = retryAfterMs(headers);
  return { operation, httpStatus: status, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) };
};

/** The forms in use: `{"message"}`, JSON:API's `{"errors": [{"detail", "title"}]}`, and `{"errors": "…"}`. */
const said = z.union([
  z.object({ message: z.string() }).transform(({ message }) => message),
  z.object({ errors: z.string() }).transform(({ errors }) => errors),
  z
    .object({
      errors: z.tuple([z.object({ detail: z.string().optional(), title: z.string().optional() })], z.unknown()),
    })
    .transform(({ errors: [{ detail, title }] }) => detail ?? title),
]);

const jsonMessage = (text: string): string => {
  try {
    const message = said.parse(JSON.parse(text));
    return message === undefined ? '' : `: ${quote(message)}`;
  } catch {
    // An HTML page or nothing: the status says enough.
    return '';
  }
};

/** The error for an HTTP answer that holds no GraphQL answer; undefined for a 2xx. */
export const httpError = (operation: string, host: string, answer: ApiAnswer): LonghaulError | undefined => {
  const { status } = answer;
  const says = `${host} answers HTTP ${status} to ${operation}${jsonMessage(answer.text)}`;
  const context = contextOf(operation, answer);
  if (status >= 200 && status < 300) return undefined;
  if (status === 401 || status === 403) return new LonghaulError('ApiUnauthorized', says, context);
  if (status === 429) return new LonghaulError('ApiThrottled', says, context);
  if (status >= 500 || status === 408 || status === 425) return new LonghaulError('ApiUnavailable', says, context);
  if (status >= 300 && status < 400) {
    // The key must not travel to an address that the operator has not named.
    return new LonghaulError('ApiProtocol', `${says} and redirects, which is not followed with the API key`, context);
  }
  return new LonghaulError('ApiRejected', says, context);
};

/** Codes of GraphQL servers' `extensions.code`, by what they mean for us. */
const GRAPHQL_CODES: Readonly<Record<string, 'ApiUnauthorized' | 'ApiThrottled' | 'ApiUnavailable'>> = {
  UNAUTHENTICATED: 'ApiUnauthorized',
  UNAUTHORIZED: 'ApiUnauthorized',
  FORBIDDEN: 'ApiUnauthorized',
  ACCESS_DENIED: 'ApiUnauthorized',
  THROTTLED: 'ApiThrottled',
  RATE_LIMITED: 'ApiThrottled',
  TOO_MANY_REQUESTS: 'ApiThrottled',
  INTERNAL_SERVER_ERROR: 'ApiUnavailable',
  SERVICE_UNAVAILABLE: 'ApiUnavailable',
};

/**
 * The error for a GraphQL answer with errors, judged by the first whose code is known, else by the first.
 * @param waitMs what the body says of the time to wait, where no header does
 */
export const graphqlError = (
  operation: string,
  host: string,
  answer: ApiAnswer,
  errors: readonly GraphqlError[],
  waitMs?: number,
): LonghaulError => {
  // Some servers put UNAUTHENTICATED into the message and give no code.
  const codeOf = ({ code, message }: GraphqlError): string => (code ?? message).trim().toUpperCase();
  const known = errors.find((error) => Object.hasOwn(GRAPHQL_CODES, codeOf(error))) ?? errors[0];
  const code = (known === undefined ? undefined : GRAPHQL_CODES[codeOf(known)]) ?? 'ApiRejected';
  const message = quote(known?.message ?? 'an error without a message');
  const wait = code === 'ApiThrottled' && waitMs !== undefined ? { retryAfterMs: waitMs } : {};
  const context = { ...wait, ...contextOf(operation, answer) };
  return new LonghaulError(code, `${host} refuses ${operation}: ${message}`, context);
};
