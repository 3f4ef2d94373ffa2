/**
 * `POST /events` with a bearer token: the way in for senders that have no queue. Off unless it is configured. It speaks plain
 * HTTP: whatever ends TLS stands before it.
 */
import type { Client } from '@temporalio/client';
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LonghaulError } from '../model/errors';
import type { Secret } from '../model/secret';
import type { DeadLetterTarget } from '../model/transfer-event';
import type { Logger } from '../ops/logging';
import type { BridgeMetrics } from './handle-message';
import { readBody } from './http-body';
import { MAX_EVENT_BYTES, readMessage } from './read-message';
import type { StartGate } from './start-gate';
import { runOf, startTransfer } from './start-transfer';

export interface HttpEventsOptions {
  /** `host:port`; port 0: any free one. */
  readonly address: string;
  readonly token: Secret;
  readonly client: Client;
  readonly gate: StartGate;
  readonly deadLetter: DeadLetterTarget | null;
  readonly logger: Logger;
  readonly metrics: BridgeMetrics;
}

export interface HttpEvents {
  /** Where it listens: `host:port`. */
  readonly address: string;
  /** Takes no more requests; resolves when those in hand are answered, or cut off by the signal. */
  stop(abandon: AbortSignal): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A body of 256 KiB takes less over any line worth the name; a sender that stalls must not hold a connection for ever. */
const REQUEST_TIMEOUT_MS = 30_000;
const MAX_CONNECTIONS = 256;
const RETRY_BUSY_SEC = 5;
const RETRY_DOWN_SEC = 15;

const fault = (status: number, code: string, message: string, headers: Record<string, string> = {}): Answer => ({
  status,
  body: { error: { code, message } },
  headers,
});

const later = (seconds: number, code: string, message: string): Answer =>
  fault(503, code, message, { 'retry-after': String(seconds) });

const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

/** 401 where no token came (RFC 6750 section 3), 403 where a wrong one did; null where it is right. */
const refuseToken = (request: IncomingMessage, expected: Buffer): Answer | null => {
  const match = /^Bearer +([^\s]+) *$/i.exec(request.headers.authorization ?? '');
  const challenge = { 'www-authenticate': 'Bearer realm="longhaul"' };
  if (match?.[1] === undefined) return fault(401, 'Unauthorized', 'A bearer token is needed.', challenge);
  // Hashes have one length, so that comparing takes the same time whatever was sent.
  return timingSafeEqual(digest(match[1]), expected) ? null : fault(403, 'Forbidden', 'The bearer token is wrong.');
};

class EventsHandler {
  readonly #options: HttpEventsOptions;
  readonly #tokenDigest: Buffer;
  #stopping = false;

  constructor(options: HttpEventsOptions) {
    this.#options = options;
    this.#tokenDigest = digest(options.token.reveal());
  }

  stop(): void {
    this.#stopping = true;
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    if ((request.url ?? '/').split('?', 1)[0] !== '/events') return fault(404, 'NotFound', 'Try POST /events.');
    if (request.method !== 'POST') return fault(405, 'MethodNotAllowed', 'POST only.', { allow: 'POST' });
    const refused = refuseToken(request, this.#tokenDigest);
    if (refused !== null) return refused;
    if (this.#stopping) return later(RETRY_BUSY_SEC, 'WorkerShutdown', 'This bridge is stopping.');
    const body = await readBody(request, MAX_EVENT_BYTES);
    if (body === null) return fault(413, 'EventInvalid', `An event has at most ${MAX_EVENT_BYTES} bytes.`);
    return this.#take(body);
  }

  async #take(body: Buffer): Promise<Answer> {
    const { client, gate, deadLetter, logger, metrics } = this.#options;
    const read = readMessage(body);
    if (!read.ok) {
      const message = `The body is not a transfer event: ${read.problems.join('; ')}.`;
      return { status: 400, body: { error: { code: 'EventInvalid', message, problems: read.problems } } };
    }
    const place = await gate.enterNow();
    if (place === null) {
      return gate.reachable === true
        ? later(RETRY_BUSY_SEC, 'BridgeBusy', 'As many transfers are open as this bridge may open.')
        : later(RETRY_DOWN_SEC, 'TemporalUnreachable', 'The Temporal server does not answer.');
    }
    const { event } = read;
    try {
      const { outcome, workflowId, runId } = await startTransfer(client, event, deadLetter);
      const duplicate = outcome === 'duplicate';
      if (duplicate) metrics.duplicate();
      else place.started();
      const ids = { event_id: event.eventId, correlation_id: event.correlationId, workflowId };
      logger.info(duplicate ? 'bridge_event_duplicate' : 'bridge_event_started', { ...ids, origin: 'HTTP' });
      const ran = runId ?? (await runOf(client, workflowId));
      return { status: 202, body: { eventId: event.eventId, workflowId, runId: ran, duplicate } };
    } catch (error) {
      return this.#failure(error);
    } finally {
      place.free();
    }
  }

  #failure(error: unknown): Answer {
    const { gate, logger } = this.#options;
    if (error instanceof LonghaulError && error.code === 'EventInvalid') {
      return { status: 400, body: { error: { code: error.code, message: error.message, problems: [error.message] } } };
    }
    logger.warning('bridge_http_failed', { error });
    if (!(error instanceof LonghaulError))
      return fault(500, 'Internal', 'Something unexpected happened; see the logs.');
    gate.lost(error.message);
    return later(RETRY_DOWN_SEC, error.code, 'The Temporal server does not answer.');
  }
}

/** Starts the server. Throws PortInUse where the address is taken, ConfigInvalid where it cannot be bound at all. */
export const startHttpEvents = async (options: HttpEventsOptions): Promise<HttpEvents> => {
  const handler = new EventsHandler(options);
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    handler
      .answer(request)
      // The sender has gone away in the middle of its body: nobody reads this.
      .catch(() => fault(400, 'InvalidInput', 'The request ended too soon.'))
      .then(({ status, body, headers }) => {
        // What is left of a refused body is not read, so nothing else can come over this connection.
        const close = request.complete ? {} : { connection: 'close' };
        response.writeHead(status, {
          'content-type': 'application/json',
          'cache-control': 'no-store',
          ...headers,
          ...close,
        });
        response.end(`${JSON.stringify(body)}\n`);
      })
      .catch((error: unknown) => options.logger.error('bridge_http_failed', { error }));
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, options.address);
  const bound = server.address() as AddressInfo;
  return {
    address: bound.family === 'IPv6' ? `[${bound.address}]:${bound.port}` : `${bound.address}:${bound.port}`,
    stop: (abandon) =>
      new Promise((resolve) => {
        handler.stop();
        server.close(() => resolve());
        server.closeIdleConnections();
        // A sender that stalls in the middle of its body must not outlive the drain time.
        abandon.addEventListener('abort', () => server.closeAllConnections(), { once: true });
      }),
  };
};

const listen = (server: Server, address: string): Promise<void> => {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      const text = isTaken ? 'is taken' : `cannot be bound (${error.code ?? error.message})`;
      const message = `The address ${address} of LONGHAUL_BRIDGE_HTTP_ADDRESS ${text}.`;
      reject(new LonghaulError(isTaken ? 'PortInUse' : 'ConfigInvalid', message, {}, { cause: error }));
    });
    server.listen(Number(address.slice(colon + 1)), host, resolve);
  });
};
