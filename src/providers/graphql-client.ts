/** One GraphQL request over HTTP, tried once: who retries is Temporal. */
import { request, type Dispatcher } from 'undici';
import { z } from 'zod';
import { LonghaulError } from '../model/errors';
import type { Secret } from '../model/secret';
import { graphqlError, httpError, type ApiAnswer, type GraphqlError } from './api-errors';

export interface GraphqlEndpoint {
  readonly endpoint: string;
  readonly apiKey: Secret;
  readonly organizationId: string | null;
  /** For tests and proxies; undici's global one otherwise. */
  readonly dispatcher?: Dispatcher;
}

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

/** 400,000 signed URLs; more would not fit a string of V8 safely. */
const MAX_BODY_BYTES = 400 * 1024 * 1024;

const envelope = z.object({
  data: z.unknown().optional(),
  errors: z
    .array(z.object({ message: z.string().catch(''), extensions: z.object({ code: z.string() }).partial().nullish() }))
    .nullish(),
});

const readText = async (body: Dispatcher.ResponseData['body'], operation: string): Promise<string> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      throw new LonghaulError('ApiProtocol', `The answer to ${operation} is longer than ${MAX_BODY_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const send = async (to: GraphqlEndpoint, call: GraphqlCall, signal: AbortSignal): Promise<ApiAnswer> => {
  const url = new URL(to.endpoint);
  const timeout = AbortSignal.timeout(call.timeoutMs);
  try {
    const { statusCode, headers, body } = await request(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json',
        'Accept-Encoding': 'identity',
        'X-Api-Key': to.apiKey.reveal(),
        ...(to.organizationId === null ? {} : { 'R7-Organization-Id': to.organizationId }),
      },
      body: JSON.stringify({ query: call.document, variables: call.variables ?? {} }),
      // undici's own limits are 300 s each; ours is one for all, and the create may take longer than a poll.
      headersTimeout: 0,
      bodyTimeout: 0,
      signal: AbortSignal.any([signal, timeout]),
      ...(to.dispatcher === undefined ? {} : { dispatcher: to.dispatcher }),
    });
    return { status: statusCode, headers, text: await readText(body, call.operation) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LonghaulError) throw error;
    const context = { operation: call.operation };
    if (timeout.aborted) {
      const message = `${url.host} did not answer ${call.operation} within ${call.timeoutMs / 1000} s`;
      throw new LonghaulError('ApiUnreachable', message, context);
    }
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
    const message = `${url.host} cannot be reached for ${call.operation}: ${code}`;
    throw new LonghaulError('ApiUnreachable', message, context, { cause: error });
  }
};

const parseEnvelope = (text: string): z.infer<typeof envelope> | undefined => {
  try {
    return envelope.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
};

/** Some APIs repeat the key that they refuse. */
const withoutKey = (text: string, apiKey: Secret): string => text.replaceAll(apiKey.reveal(), '[secret]');

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
export const sendDocument = async (
  to: GraphqlEndpoint,
  call: GraphqlCall,
  signal: AbortSignal,
): Promise<GraphqlReply> => {
  signal.throwIfAborted();
  const received = await send(to, call, signal);
  const failed = received.status < 200 || received.status >= 300;
  const answer = failed ? { ...received, text: withoutKey(received.text, to.apiKey) } : received;
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
      error === undefined || error.code === 'ApiRejected' ? graphqlError(call.operation, host, answer, errors) : error;
    return { kind: 'errors', errors, toError };
  }
  if (error !== undefined) throw error;
  if (parsed === undefined) throw notGraphql(call.operation, host, answer);
  return { kind: 'data', data: parsed.data };
};

/** The data of a document for which no GraphQL error is an answer; throws as sendDocument does. */
export const queryData = async (to: GraphqlEndpoint, call: GraphqlCall, signal: AbortSignal): Promise<unknown> => {
  const reply = await sendDocument(to, call, signal);
  if (reply.kind === 'errors') throw reply.toError();
  return reply.data;
};
