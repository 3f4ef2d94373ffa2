/** One GraphQL request over HTTP, tried once: who retries is Temporal. */
import { z } from 'zod';
import { LonghaulError } from '../model/errors';
import { callApi, withoutKey, type ApiEndpoint } from './api-call';
import { graphqlError, httpError, type ApiAnswer, type GraphqlError } from './api-errors';
import { costWaitMs } from './query-cost';

export interface GraphqlCall {
  /** What it does, for messages: 'the poll'. */
  readonly operation: string;
  readonly document: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Of the whole request, the body included. */
  readonly timeoutMs: number;
}

export type GraphqlReply =
  | { readonly kind: 'data'; readonly data: unknown }
  /** `toError` gives the LonghaulError, for callers that know none of the errors as an answer. */
  | { readonly kind: 'errors'; readonly errors: readonly GraphqlError[]; readonly toError: () => LonghaulError };

const envelope = z.object({
  data: z.unknown().optional(),
  errors: z
    .array(z.object({ message: z.string().catch(''), extensions: z.object({ code: z.string() }).partial().nullish() }))
    .nullish(),
  extensions: z.unknown().optional(),
});

const send = (to: ApiEndpoint, call: GraphqlCall, signal: AbortSignal): Promise<ApiAnswer> => {
  const { operation, document, variables, timeoutMs } = call;
  return callApi(
    to,
    {
      operation,
      method: 'POST',
      url: new URL(to.endpoint),
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify({ query: document, variables: variables ?? {} }),
      timeoutMs,
    },
    signal,
  );
};

const parseEnvelope = (text: string): z.infer<typeof envelope> | undefined => {
  try {
    return envelope.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
};

/** The error for an answer that holds neither data nor GraphQL errors. */
const notGraphql = (operation: string, host: string, { status, text }: ApiAnswer): LonghaulError => {
  const isHtml = /^\s*</.test(text);
  const says = `${host} answers ${operation} with ${isHtml ? 'an HTML page' : 'something that is not GraphQL'}`;
  // An HTML page with status 200 comes from a proxy or a maintenance page and passes; other nonsense does not.
  return new LonghaulError(isHtml ? 'ApiUnavailable' : 'ApiProtocol', says, { operation, httpStatus: status });
};

/**
 * Sends one document. GraphQL errors are a reply, because a create learns from one; every other fault is thrown:
 * ApiUnreachable (no answer, in time), ApiUnauthorized, ApiThrottled, ApiUnavailable, ApiRejected, ApiProtocol,
 * or the signal's own reason. Redirects are never followed, so that the key stays with the configured host.
 */
export const sendDocument = async (to: ApiEndpoint, call: GraphqlCall, signal: AbortSignal): Promise<GraphqlReply> => {
  const answer = await send(to, call, signal);
  const host = new URL(to.endpoint).host;
  const parsed = parseEnvelope(answer.text);
  const error = httpError(call.operation, host, answer);
  if (parsed?.errors != null && parsed.errors.length > 0 && answer.status < 500) {
    const errors = parsed.errors.map(({ message, extensions }) => ({
      message: withoutKey(message, to.apiKey),
      code: extensions?.code,
    }));
    // A 401 or 429 says more than the errors in its body; another 4xx says less.
    const toError = (): LonghaulError =>
      error === undefined || error.code === 'ApiRejected'
        ? graphqlError(call.operation, host, answer, errors, costWaitMs(parsed.extensions))
        : error;
    return { kind: 'errors', errors, toError };
  }
  if (error !== undefined) throw error;
  if (parsed === undefined) throw notGraphql(call.operation, host, answer);
  return { kind: 'data', data: parsed.data };
};

/** The data of a document for which no GraphQL error is an answer; throws as sendDocument does. */
export const queryData = async (to: ApiEndpoint, call: GraphqlCall, signal: AbortSignal): Promise<unknown> => {
  const reply = await sendDocument(to, call, signal);
  if (reply.kind === 'errors') throw reply.toError();
  return reply.data;
};
