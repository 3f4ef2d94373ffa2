/** Small servers that speak JSON over plain HTTP, with a bearer token: whatever ends TLS stands before them. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Secret } from '../model/secret';
import { listenAt } from './listen';

export interface JsonAnswer {
  readonly status: number;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface JsonServerOptions {
  /** `host:port`; port 0: any free one. */
  readonly address: string;
  /** Names the address in errors. */
  readonly what: string;
  readonly maxConnections: number;
  readonly answer: (request: IncomingMessage) => Promise<JsonAnswer>;
  /** What is answered where `answer` has thrown. */
  readonly onThrown: (error: unknown, request: IncomingMessage) => JsonAnswer;
  /** An answer could not be written. */
  readonly onLost: (error: unknown) => void;
}

/** A small body takes less over any line worth the name; a sender that stalls must not hold a connection for ever. */
const REQUEST_TIMEOUT_MS = 30_000;

export const fault = (
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): JsonAnswer => ({ status, body: { error: { code, message } }, headers });

/** Starts it, and answers where it listens. Throws PortInUse where the address is taken, ConfigInvalid where it cannot be bound at all. */
export async function startJsonServer(
  options: JsonServerOptions,
): Promise<{ readonly server: Server; readonly address: string }> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    options
      .answer(request)
      .catch((error: unknown) => options.onThrown(error, request))
      .then(({ status, body, headers }) => {
        // What is left of a refused body is not read, so nothing else can come over this connection.
        const close = request.complete ? {} : { connection: 'close' };
        const type = body === undefined ? {} : { 'content-type': 'application/json' };
        response.writeHead(status, { 'cache-control': 'no-store', ...type, ...headers, ...close });
        response.end(body === undefined ? undefined : `${JSON.stringify(body)}\n`);
      })
      .catch(options.onLost);
  });
  server.maxConnections = options.maxConnections;
  return { server, address: await listenAt(server, options.address, options.what) };
}

/** The bearer token of a request (RFC 6750 section 2.1); null where there is none. */
export const bearerOf = ({ headers }: IncomingMessage): string | null =>
  /^Bearer +([^\s]+) *$/i.exec(headers.authorization ?? '')?.[1] ?? null;

export const unauthorized = (): JsonAnswer =>
  fault(401, 'Unauthorized', 'A bearer token is needed.', { 'www-authenticate': 'Bearer realm="longhaul"' });

const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

/** The one token that opens a server. */
export class BearerToken {
  readonly #digest: Buffer;

  constructor(token: Secret) {
    this.#digest = digest(token.reveal());
  }

  isRight(given: string): boolean {
    // Hashes have one length, so that comparing takes the same time whatever was sent.
    return timingSafeEqual(digest(given), this.#digest);
  }

  /** 401 where no token came (RFC 6750 section 3), 403 where a wrong one did; null where it is right. */
  refusalOf(request: IncomingMessage): JsonAnswer | null {
    const given = bearerOf(request);
    if (given === null) return unauthorized();
    return this.isRight(given) ? null : fault(403, 'Forbidden', 'The bearer token is wrong.');
  }
}
