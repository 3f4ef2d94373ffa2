/** One HTTP call to an export API, tried once: who retries is Temporal. */
import { request, type Dispatcher } from 'undici';
import { LonghaulError } from '../model/errors';
import type { Secret } from '../model/secret';
import type { ApiAnswer } from './api-errors';

/** Where an export API is and how it is told who we are. */
export interface ApiEndpoint {
  readonly endpoint: string;
  /** Null: the API asks for none. */
  readonly apiKey: Secret | null;
  /** The headers that carry the key, or say for whom it acts. Sent to the host of `endpoint` alone. */
  readonly keyHeaders: (apiKey: string) => Readonly<Record<string, string>>;
  /** For tests and proxies; undici's global one otherwise. */
  readonly dispatcher?: Dispatcher;
}

export interface ApiCall {
  /** What it does, for messages: 'the poll'. */
  readonly operation: string;
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Of the whole request, the body included. */
  readonly timeoutMs: number;
}

/** 400,000 signed URLs; more would not fit a string of V8 safely. */
const MAX_BODY_BYTES = 400 * 1024 * 1024;

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

/** Some APIs repeat the key that they refuse. */
export const withoutKey = (text: string, apiKey: Secret | null): string =>
  apiKey === null ? text : text.replaceAll(apiKey.reveal(), '[secret]');

/**
 * The answer, whatever its status; that of a failure without the key. Throws ApiUnreachable (no answer, in time),
 * ApiProtocol for one that is too long, or the signal's own reason. Redirects are never followed, so that the key stays
 * with the configured host.
 */
export const callApi = async (to: ApiEndpoint, call: ApiCall, signal: AbortSignal): Promise<ApiAnswer> => {
  signal.throwIfAborted();
  const timeout = AbortSignal.timeout(call.timeoutMs);
  try {
    const { statusCode, headers, body } = await request(call.url, {
      method: call.method,
      headers: {
        'Accept-Encoding': 'identity',
        ...call.headers,
        ...to.keyHeaders(to.apiKey?.reveal() ?? ''),
      },
      ...(call.body === undefined ? {} : { body: call.body }),
      // undici's own limits are 300 s each; ours is one for all, and the create may take longer than a poll.
      headersTimeout: 0,
      bodyTimeout: 0,
      signal: AbortSignal.any([signal, timeout]),
      ...(to.dispatcher === undefined ? {} : { dispatcher: to.dispatcher }),
    });
    const text = await readText(body, call.operation);
    const failed = statusCode < 200 || statusCode >= 300;
    return { status: statusCode, headers, text: failed ? withoutKey(text, to.apiKey) : text };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LonghaulError) throw error;
    const context = { operation: call.operation };
    const { host } = call.url;
    if (timeout.aborted) {
      const message = `${host} did not answer ${call.operation} within ${call.timeoutMs / 1000} s`;
      throw new LonghaulError('ApiUnreachable', message, context);
    }
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
    const message = `${host} cannot be reached for ${call.operation}: ${code}`;
    throw new LonghaulError('ApiUnreachable', message, context, { cause: error });
  }
};
