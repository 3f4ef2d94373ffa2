/** GET for sources: our own connections, the address guard at every hop, no decompression, no timeouts but the engine's. */
import { request } from 'undici';
import { LonghaulError } from '../../model/errors';
import { asError } from '../lib/abort';
import { createAgent, DEFAULT_CONNECT_TIMEOUT_MS, KEEP_ALIVE_MS } from '../lib/agent';
import { beginSourceRequest, endWithBody } from '../lib/request-spans';
import { faultText, networkFault } from '../lib/network-errors';
import type { SourceUrl } from '../source-url';
import type { AddressGuard } from './address-guard';
import { DirectPool } from './direct/pool';
import type { HttpReply } from './http-reply';
import { followRedirect, headersFor, isRedirect, MAX_REDIRECTS } from './redirect';

export interface HttpClientOptions {
  readonly guard: AddressGuard;
  /** Connections at most to one origin; requests beyond them wait. */
  readonly connections?: number;
  readonly connectTimeoutMs?: number;
  readonly userAgent?: string;
  /** How much of a body may be read ahead of its reader before the connection is held back; 64 KiB where absent. */
  readonly readChunkBytes?: number;
}

export interface HttpClient {
  /**
   * The reply after redirects, whatever its status; its body must be read or destroyed. Throws AddressRefused,
   * RedirectRefused, SourceUnreachable, SourceProtocol, or the signal's reason.
   */
  get(url: SourceUrl, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<HttpReply>;
  /**
   * The same over connections whose bodies can be read straight into memory (DirectBody), for the large ones. `signal` counts until
   * the reply is there.
   */
  readonly getDirect?: (
    url: SourceUrl,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ) => Promise<HttpReply>;
  /** Closes all connections, also those in use. */
  close(): Promise<void>;
}

const DEFAULT_CONNECTIONS = 64;

/** One request, without redirects. */
type Send = (target: URL, headers: Record<string, string>, signal: AbortSignal) => Promise<HttpReply>;

export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { guard } = options;
  const agent = createAgent({
    connections: options.connections ?? DEFAULT_CONNECTIONS,
    connectTimeoutMs: options.connectTimeoutMs,
    connector: (connect) => guard.connector(connect),
  });

  const pool = new DirectPool({
    connections: options.connections ?? DEFAULT_CONNECTIONS,
    keepAliveMs: KEEP_ALIVE_MS,
    connector: (socketOptions) =>
      guard.connector({ timeoutMs: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS, ...socketOptions }),
  });
  const byAgent: Send = async (target, headers, signal) => {
    const reply = await request(target, {
      dispatcher: agent,
      headers,
      signal,
      ...(options.readChunkBytes === undefined ? {} : { highWaterMark: options.readChunkBytes }),
    });
    return { status: reply.statusCode, headers: flatten(reply.headers), body: reply.body };
  };
  const byPool: Send = (target, headers, signal) => pool.get(target, headers, signal);

  const once = async (
    send: Send,
    url: SourceUrl,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<HttpReply> => {
    const target = url.reveal();
    guard.checkHost(target.hostname, target.port || (target.protocol === 'https:' ? '443' : '80'));
    const { username, password } = target;
    target.username = target.password = '';
    const span = beginSourceRequest(target, url.display);
    const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
    try {
      const own = username === '' ? headers : { authorization: `Basic ${login}`, ...headers };
      const reply = await send(target, own, signal);
      endWithBody(span, reply.status, reply.body);
      return reply;
    } catch (error) {
      span?.end({ error });
      if (signal.aborted) throw asError(signal.reason);
      throw mapFault(error, url);
    }
  };

  const follow = async (
    send: Send,
    url: SourceUrl,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<HttpReply> => {
    const first = url.reveal();
    const own = {
      'user-agent': options.userAgent ?? 'longhaul',
      accept: '*/*',
      // A compressed body has other offsets than the file.
      'accept-encoding': 'identity',
      ...headers,
    };
    let current = url;
    for (let hops = 0; ; hops += 1) {
      const reply = await once(send, current, headersFor(current.reveal(), first, own), signal);
      const { location } = reply.headers;
      if (!isRedirect(reply.status, location)) return reply;
      reply.body.on('error', () => undefined).destroy();
      if (hops === MAX_REDIRECTS) {
        throw new LonghaulError('RedirectRefused', `${url.display} redirects more than ${MAX_REDIRECTS} times`, {
          source: url.display,
        });
      }
      current = followRedirect(current, location);
    }
  };

  return {
    get: (url, headers, signal) => follow(byAgent, url, headers, signal),
    getDirect: (url, headers, signal) => follow(byPool, url, headers, signal),
    async close() {
      pool.close();
      await agent.destroy();
    },
  };
}

const flatten = (
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );

/** An error before the headers. The guard's own refusal comes through undici as it is. */
function mapFault(error: unknown, url: SourceUrl): LonghaulError {
  if (error instanceof LonghaulError) return error;
  const isProtocol = networkFault(error) === 'protocol';
  return new LonghaulError(
    isProtocol ? 'SourceProtocol' : 'SourceUnreachable',
    `${url.display} cannot be reached: ${faultText(error)}`,
    { source: url.display, operation: 'connect' },
    { cause: error },
  );
}
