/**
 * Requests to Google Cloud Storage, JSON and XML API: our own connections, tokens where there are any, and one more try with
 * a new token where one is refused. It retries nothing else (the engine does) and hashes nothing.
 */
import { isIP } from 'node:net';
import type { Readable } from 'node:stream';
import ipaddr from 'ipaddr.js';
import type { Dispatcher } from 'undici';
import type { GcsStoreConfig } from '../../config/types';
import { LonghaulError } from '../../model/errors';
import { createStorePool } from '../http/direct/store-pool';
import { AddressSpread } from '../lib/address-spread';
import { createAgent } from '../lib/agent';
import { countRequest } from '../s3/request-counter';
import { createTokenSource } from './credentials';

export interface GcsClientOptions extends Partial<GcsStoreConfig> {
  /** Connections at most; requests beyond them wait. */
  readonly connections?: number;
  readonly connectTimeoutMs?: number;
}

export interface GcsRequest {
  /** For counting: 'gcs_insert'. */
  readonly operation: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With its query, percent-encoded; or the URL of a session, which is its own proof of the right to write. */
  readonly path: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Called again for the second try. */
  readonly body?: () => Buffer | string | Readable;
  /** True, for a GET: the body can be read straight into memory (DirectBody), and the signal counts until the reply is there. */
  readonly isDirect?: boolean;
}

export interface GcsReply {
  readonly status: number;
  /** Names in lower case; repeated headers joined with a comma. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Readable;
}

export interface GcsClient {
  /** The reply, whatever its status; its body must be read or destroyed. Throws network errors as they are, and token errors. */
  send(request: GcsRequest, signal: AbortSignal): Promise<GcsReply>;
  /** Closes all connections, also those in use. */
  close(): Promise<void>;
}

const GOOGLE = 'https://storage.googleapis.com';
const DEFAULT_CONNECTIONS = 128;

/**
 * Without an endpoint Google's own; without credentials Application Default Credentials there, and none at another endpoint, as
 * the official libraries do for emulators. Throws ConfigInvalid for an endpoint that would see tokens without TLS.
 */
export function createGcsClient(options: GcsClientOptions = {}): GcsClient {
  const endpoint = endpointOf(options.endpoint ?? GOOGLE);
  const isGoogle = (options.endpoint ?? null) === null;
  const credentials = options.credentials ?? (isGoogle ? { kind: 'default' as const } : { kind: 'anonymous' as const });
  if (credentials.kind !== 'anonymous' && !isPrivateWay(endpoint)) {
    throw new LonghaulError('ConfigInvalid', `Tokens would be sent to ${endpoint.origin} without TLS`);
  }
  const tokens = createTokenSource(credentials);
  const project: Record<string, string> = options.userProject ? { 'x-goog-user-project': options.userProject } : {};
  const { connections = DEFAULT_CONNECTIONS, connectTimeoutMs } = options;
  const spread = new AddressSpread();
  const agent = createAgent({ connections, connectTimeoutMs, connector: (connect) => spread.connector(connect) });
  const pool = createStorePool({ connections, connectTimeoutMs, spread });
  const basePath = endpoint.pathname.replace(/\/$/, '');

  const dispatch = async (
    request: GcsRequest,
    auth: Record<string, string>,
    signal: AbortSignal,
  ): Promise<GcsReply> => {
    const { path, method } = request;
    const at = path instanceof URL ? { origin: path.origin, path: path.pathname + path.search } : undefined;
    countRequest(request.operation);
    const origin = at?.origin ?? endpoint.origin;
    const target = at?.path ?? `${basePath}${String(path)}`;
    const headers = { 'user-agent': 'longhaul', ...project, ...request.headers, ...auth };
    if (request.isDirect === true) return pool.get(new URL(`${origin}${target}`), headers, signal, target);
    const reply = await agent.request({
      origin,
      path: target,
      method,
      headers,
      body: request.body?.() ?? null,
      signal,
    });
    return { status: reply.statusCode, headers: flatten(reply.headers), body: reply.body };
  };

  return {
    async send(request, signal) {
      // The URL of a session needs no token; its host is whatever the store said.
      if (request.path instanceof URL) return dispatch(request, {}, signal);
      const auth = await tokens.headers();
      const reply = await dispatch(request, auth, signal);
      if (reply.status !== 401 || credentials.kind === 'anonymous') return reply;
      reply.body.on('error', () => undefined).destroy();
      tokens.refused(auth);
      return dispatch(request, await tokens.headers(), signal);
    },
    async close() {
      pool.close();
      await agent.destroy();
    },
  };
}

/** STORAGE_EMULATOR_HOST is often given without a scheme. */
function endpointOf(text: string): URL {
  const full = /^https?:\/\//i.test(text) ? text : `http://${text}`;
  if (URL.canParse(full)) return new URL(full);
  throw new LonghaulError('ConfigInvalid', `Not an endpoint of Google Cloud Storage: ${text}`);
}

function isPrivateWay(endpoint: URL): boolean {
  if (endpoint.protocol === 'https:') return true;
  const host = endpoint.hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || (isIP(host) !== 0 && ipaddr.process(host).range() === 'loopback');
}

const flatten = (headers: Dispatcher.ResponseData['headers']): GcsReply['headers'] =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
