/**
 * `POST /events` with a bearer token: the way in for senders that have no queue. Off unless it is configured. It speaks plain
 * HTTP: whatever ends TLS stands before it.
 */
import type { Client } from '@temporalio/client';
import type { IncomingMessage } from 'node:http';
import { LonghaulError } from '../model/errors';
import type { Secret } from '../model/secret';
import type { DeadLetterTarget } from '../model/transfer-event';
import { readBody } from '../ops/http-body';
import { BearerToken, fault, startJsonServer, type JsonAnswer } from '../ops/json-server';
import type { Logger } from '../ops/logging';
import type { BridgeMetrics } from './handle-message';
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

const MAX_CONNECTIONS = 256;
const RETRY_BUSY_SEC = 5;
const RETRY_DOWN_SEC = 15;

const later = (seconds: number, code: string, message: string): JsonAnswer =>
  fault(503, code, message, { 'retry-after': String(seconds) });

class EventsHandler {
  readonly #options: HttpEventsOptions;
  readonly #token: BearerToken;
  #stopping = false;

  constructor(options: HttpEventsOptions) {
    this.#options = options;
    this.#token = new BearerToken(options.token);
  }

  stop(): void {
    this.#stopping = true;
  }

  async answer(request: IncomingMessage): Promise<JsonAnswer> {
    if ((request.url ?? '/').split('?', 1)[0] !== '/events') return fault(404, 'NotFound', 'Try POST /events.');
    if (request.method !== 'POST') return fault(405, 'MethodNotAllowed', 'POST only.', { allow: 'POST' });
    const refused = this.#token.refusalOf(request);
    if (refused !== null) return refused;
    if (this.#stopping) return later(RETRY_BUSY_SEC, 'WorkerShutdown', 'This bridge is stopping.');
    const body = await readBody(request, MAX_EVENT_BYTES);
    if (body === null) return fault(413, 'EventInvalid', `An event has at most ${MAX_EVENT_BYTES} bytes.`);
    return this.#take(body);
  }

  async #take(body: Buffer): Promise<JsonAnswer> {
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

  #failure(error: unknown): JsonAnswer {
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
  const { server, address } = await startJsonServer({
    address: options.address,
    what: `The address ${options.address} of LONGHAUL_BRIDGE_HTTP_ADDRESS`,
    maxConnections: MAX_CONNECTIONS,
    answer: (request) => handler.answer(request),
    // The sender has gone away in the middle of its body: nobody reads this.
    onThrown: () => fault(400, 'InvalidInput', 'The request ended too soon.'),
    onLost: (error) => options.logger.error('bridge_http_failed', { error }),
  });
  return {
    address,
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
