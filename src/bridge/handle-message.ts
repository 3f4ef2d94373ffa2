/**
 * One message, whatever brought it: to a started workflow, to the dead-letter queue, or back to where it came from.
 * A message may be acknowledged only after `started`, `duplicate` or `dead-lettered`: by then it is in Temporal's database
 * or in the dead-letter queue.
 */
import type { Client } from '@temporalio/client';
import { LonghaulError } from '../model/errors';
import { type DeadLetterTarget, type DlqEnvelope, replayCommand } from '../model/transfer-event';
import type { Logger } from '../ops/logging';
import { bodyFields } from './dlq-text';
import { readMessage } from './read-message';
import type { StartGate } from './start-gate';
import { startTransfer } from './start-transfer';
import type { DeadLetterQueue } from './types';

export interface BridgeMessage {
  readonly body: Buffer;
  readonly attributes: Readonly<Record<string, string>>;
  /** Where it came from and its id there, for the logs. */
  readonly origin: string;
  readonly messageId: string;
  /** How often it was delivered, this time included; 1 where the queue does not say. */
  readonly deliveries: number;
}

export type MessageOutcome =
  | { readonly kind: 'started' | 'duplicate' | 'dead-lettered' }
  /** Not acknowledged: it is to come again, after `delayMs` at the earliest. */
  | { readonly kind: 'later'; readonly delayMs: number };

export interface MessageHandlerOptions {
  readonly client: Client;
  readonly gate: StartGate;
  readonly dlq: DeadLetterQueue;
  /** The same queue, as transfers are told where to put what fails. */
  readonly deadLetter: DeadLetterTarget;
  /** As in startTransfer. */
  readonly isEager?: boolean;
  readonly logger: Logger;
  readonly metrics: BridgeMetrics;
}

/** How a bridge ends. */
export interface EndSignals {
  /** Nothing new is begun, and what waits for a place is given back. */
  readonly stopping: AbortSignal;
  /** The time to drain is over: requests are cut off. */
  readonly abandon: AbortSignal;
}

/** What the handler counts; src/ops/event-metrics.ts has it. */
export interface BridgeMetrics {
  duplicate(): void;
  deadLettered(code: string): void;
}

/** A place may take as long as transfers do. After this the message is given back, so that its lease never ends by itself. */
const MAX_WAIT_MS = 30 * 60_000;
/** A dead-letter queue that does not answer by then is tried again with the next delivery. */
const DLQ_TIMEOUT_MS = 30_000;
/** Of messages that come again: doubled with each delivery. */
const FIRST_DELAY_MS = 2_000;
const MAX_DELAY_MS = 300_000;

const delayFor = (deliveries: number): number =>
  Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(Math.max(deliveries - 1, 0), 20));

export class MessageHandler {
  readonly #options: MessageHandlerOptions;

  constructor(options: MessageHandlerOptions) {
    this.#options = options;
  }

  /** Never throws. */
  async handle(message: BridgeMessage, end: EndSignals): Promise<MessageOutcome> {
    const { logger } = this.#options;
    const log = logger.child({ origin: message.origin, message_id: message.messageId });
    try {
      return await this.#handle(message, end, log);
    } catch (error) {
      const isEnding = end.stopping.aborted;
      if (!isEnding) log.warning('bridge_message_later', { error, deliveries: message.deliveries });
      return { kind: 'later', delayMs: isEnding ? 0 : delayFor(message.deliveries) };
    }
  }

  async #handle(message: BridgeMessage, { stopping, abandon }: EndSignals, log: Logger): Promise<MessageOutcome> {
    const read = readMessage(message.body, message.attributes);
    if (!read.ok) {
      const text = `The message is not a transfer event: ${read.problems.join('; ')}.`;
      return this.#bury(message, new LonghaulError('EventInvalid', text), read.eventId, abandon, log);
    }
    const { event } = read;
    const { client, gate, deadLetter, isEager, metrics } = this.#options;
    const place = gate.tryEnter() ?? (await gate.enter(AbortSignal.any([stopping, AbortSignal.timeout(MAX_WAIT_MS)])));
    try {
      const { outcome, workflowId, runId } = await startTransfer(client, event, deadLetter, isEager);
      const ids = { event_id: event.eventId, correlation_id: event.correlationId, workflowId };
      if (outcome === 'started') {
        place.started();
        log.info('bridge_event_started', { ...ids, runId });
      } else {
        metrics.duplicate();
        log.info('bridge_event_duplicate', ids);
      }
      return { kind: outcome };
    } catch (error) {
      if (!(error instanceof LonghaulError)) throw error;
      if (error.code === 'EventInvalid') return await this.#bury(message, error, event.eventId, abandon, log);
      gate.lost(error.message);
      throw error;
    } finally {
      place.free();
    }
  }

  /** Into the dead-letter queue. Throws where that does not answer. */
  async #bury(
    message: BridgeMessage,
    error: LonghaulError,
    eventId: string | null,
    abandon: AbortSignal,
    log: Logger,
  ): Promise<MessageOutcome> {
    const { dlq, metrics } = this.#options;
    const envelope: DlqEnvelope = {
      schemaVersion: '1.0.0',
      ...bodyFields(message.body),
      error: { code: error.code, message: error.message },
      attempts: 0,
      workflowId: null,
      runId: null,
      failedAt: new Date().toISOString(),
      replay: replayCommand(eventId),
    };
    await dlq.publish(envelope, AbortSignal.any([abandon, AbortSignal.timeout(DLQ_TIMEOUT_MS)]));
    metrics.deadLettered(error.code);
    log.warning('bridge_message_dead_lettered', {
      code: error.code,
      message: error.message,
      ...(eventId === null ? {} : { event_id: eventId }),
    });
    return { kind: 'dead-lettered' };
  }
}
