/**
 * The codec server: decrypts for people, in the Web UI and the `temporal` command, what workers and commands have encrypted. POST
 * /decode and /encode with Temporal's remote codec protocol. Nothing of a payload is logged. It speaks plain HTTP: whatever ends
 * TLS stands before it. Source: https://docs.temporal.io/codec-server
 */
import type { IncomingMessage } from 'node:http';
import type { PayloadCodec } from '@temporalio/common';
import { LonghaulError } from '../../../model/errors';
import type { Secret } from '../../../model/secret';
import { readBody } from '../../../ops/http-body';
import { bearerOf, BearerToken, fault, startJsonServer, unauthorized, type JsonAnswer } from '../../../ops/json-server';
import { closeNow } from '../../../ops/listen';
import type { Logger } from '../../../ops/logging';
import { LoginTokens, type LoginOptions } from '../../../ops/login-tokens';
import { withPayloads } from './payloads';

export interface CodecServerOptions {
  /** `host:port`; port 0: any free one. */
  readonly address: string;
  /** Web pages that may ask: `https://temporal.example.com`. */
  readonly origins: readonly string[];
  /** Null, and no login: whoever can connect may ask. */
  readonly token: Secret | null;
  /** Whose access tokens do as well: the Web UI passes those of its own login on. */
  readonly login?: LoginOptions;
  readonly codec: PayloadCodec;
  readonly logger: Logger;
}

export interface CodecServer {
  /** Where it listens: `host:port`. */
  readonly address: string;
  close(): Promise<void>;
}

/** The arguments of one call have at most 4 MiB (a gRPC message), in base64 a third more; a page of history holds several. */
export const MAX_CODEC_BODY_BYTES = 16 * 2 ** 20;
const MAX_CONNECTIONS = 64;
/** Browsers cap it at two hours; a changed --origin should not need longer than that either. */
const PREFLIGHT_SEC = 600;
const PATHS = ['/encode', '/decode'] as const;
type CodecPath = (typeof PATHS)[number];

/** A page that is asked for with credentials needs its own origin in the answer, never `*`. */
const corsHeaders = (origin: string): Record<string, string> => ({
  'access-control-allow-origin': origin,
  'access-control-allow-credentials': 'true',
  vary: 'origin',
});

const preflight = (request: IncomingMessage): JsonAnswer => ({
  status: 204,
  headers: {
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': 'authorization, content-type, x-namespace',
    'access-control-max-age': String(PREFLIGHT_SEC),
    // A page of the internet that asks a server of this machine or network: https://wicg.github.io/private-network-access
    ...(request.headers['access-control-request-private-network'] === 'true'
      ? { 'access-control-allow-private-network': 'true' }
      : {}),
  },
});

class CodecHandler {
  readonly #options: CodecServerOptions;
  readonly #token: BearerToken | null;
  readonly #login: LoginTokens | null;

  constructor(options: CodecServerOptions) {
    this.#options = options;
    this.#token = options.token === null ? null : new BearerToken(options.token);
    this.#login = options.login === undefined ? null : new LoginTokens(options.login);
  }

  async answer(request: IncomingMessage): Promise<JsonAnswer> {
    const { origin } = request.headers;
    if (origin === undefined) return this.#route(request);
    // Not left to the browser: it would send a request without preflight first, and hide only the answer.
    if (!this.#options.origins.includes(origin)) {
      return fault(
        403,
        'OriginRefused',
        'This web page may not ask here: start the server with --origin of the Web UI.',
      );
    }
    const answer = await this.#route(request);
    return { ...answer, headers: { ...answer.headers, ...corsHeaders(origin) } };
  }

  async #route(request: IncomingMessage): Promise<JsonAnswer> {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (path === '/health') return { status: 200, body: { status: 'ok' } };
    if (!PATHS.includes(path as CodecPath)) return fault(404, 'NotFound', 'Try POST /decode or /encode.');
    if (request.method === 'OPTIONS') return preflight(request);
    if (request.method !== 'POST') return fault(405, 'MethodNotAllowed', 'POST only.', { allow: 'POST, OPTIONS' });
    const refused = await this.#refusalOf(request);
    if (refused !== null) {
      const { status, why } = refused;
      this.#options.logger.warning('codec_request_refused', { status, path, ...(why === undefined ? {} : { why }) });
      return refused;
    }
    const body = await readBody(request, MAX_CODEC_BODY_BYTES);
    if (body === null) return fault(413, 'InvalidInput', `A body has at most ${MAX_CODEC_BODY_BYTES} bytes.`);
    return this.#convert(path as CodecPath, body);
  }

  /** `why`: for the log alone; whoever guesses is told nothing. */
  async #refusalOf(request: IncomingMessage): Promise<(JsonAnswer & { readonly why?: string }) | null> {
    if (this.#login === null) return this.#token?.refusalOf(request) ?? null;
    const given = bearerOf(request);
    if (given === null) return unauthorized();
    if (this.#token?.isRight(given) === true) return null;
    try {
      const why = await this.#login.refusalOf(given);
      return why === null ? null : { ...fault(403, 'Forbidden', 'The token is not one that may ask here.'), why };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { ...fault(503, 'Unavailable', 'The issuer of logins does not answer.'), why };
    }
  }

  async #convert(path: CodecPath, body: Buffer): Promise<JsonAnswer> {
    const { codec, logger } = this.#options;
    try {
      const change = path === '/encode' ? codec.encode.bind(codec) : codec.decode.bind(codec);
      return { status: 200, body: await withPayloads(body, (payloads) => change(payloads)) };
    } catch (error) {
      if (!(error instanceof LonghaulError)) throw error;
      const { code, message, hint } = error;
      logger.warning('codec_request_failed', { code, message, path });
      return { status: 400, body: { error: { code, message, hint } } };
    }
  }
}

/** Starts the server. Throws PortInUse where the address is taken, ConfigInvalid where it cannot be bound at all. */
export const startCodecServer = async (options: CodecServerOptions): Promise<CodecServer> => {
  const handler = new CodecHandler(options);
  const { server, address } = await startJsonServer({
    address: options.address,
    what: `The address ${options.address} of the codec server`,
    maxConnections: MAX_CONNECTIONS,
    answer: (request) => handler.answer(request),
    onThrown: (error, request) => {
      // Somebody who goes away in the middle of a body reads no answer and is no error of ours.
      if (request.complete) options.logger.error('codec_failed', { error });
      return fault(500, 'Internal', 'Something unexpected happened; see the logs.');
    },
    onLost: (error) => options.logger.error('codec_failed', { error }),
  });
  return { address, close: () => closeNow(server) };
};
