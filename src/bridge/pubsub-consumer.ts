/**
 * Reads events from Pub/Sub. The client library streams, extends leases and batches acknowledgements; here is decided when a
 * message may go. At most MAX_MESSAGES are held: while the gate is shut they wait under extended leases, and flow control
 * stops the stream. They are not given back then: each return counts as a delivery attempt, on which a dead-letter policy of
 * the subscription acts.
 */
import {
  Duration,
  type Message,
  type PubSub,
  type Subscription,
  SubscriptionCloseBehaviors,
} from '@google-cloud/pubsub';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LonghaulError } from '../model/errors';
import type { Logger } from '../ops/logging';
import type { EndSignals, MessageHandler, MessageOutcome } from './handle-message';
import { createPubsubClient, resourceName } from './pubsub-client';
import { queueError } from './queue-errors';
import type { StartGate } from './start-gate';
import type { QueueConsumer } from './types';

export interface PubsubConsumerOptions {
  /** `projects/<project>/subscriptions/<name>` */
  readonly subscription: string;
  readonly visibilityTimeoutMs: number;
  readonly drainMs: number;
  readonly handler: MessageHandler;
  readonly gate: StartGate;
  readonly logger: Logger;
  readonly end: EndSignals;
}

const MAX_MESSAGES = 20;
/** A message may have 10 MB; three of them at most are in memory. */
const MAX_BYTES = 32 * 2 ** 20;
/** Pub/Sub takes ack deadlines from 10 to 600 s. */
const MIN_LEASE_SEC = 10;
const MAX_LEASE_SEC = 600;
/** After a stream that the library gave up: no subscription, no permission, no connection. */
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
/** A stream that has lasted this long is a good one, even where no message comes. */
const GOOD_STREAM_MS = 5_000;
/** A message that is to come again comes back at once: it is kept for its delay first, at most this long. */
const MAX_KEPT_MS = 60_000;

export class PubsubConsumer implements QueueConsumer {
  readonly display: string;
  readonly #options: PubsubConsumerOptions;
  readonly #client: PubSub;
  readonly #inHand = new Set<Promise<void>>();
  #running: Promise<void> = Promise.resolve();
  #subscription: Subscription | null = null;
  #fault: LonghaulError | null = null;
  #failures = 0;

  constructor(options: PubsubConsumerOptions) {
    this.#options = options;
    this.display = `Pub/Sub subscription ${resourceName(options.subscription)}`;
    this.#client = createPubsubClient(options.subscription);
  }

  get fault(): LonghaulError | null {
    return this.#fault;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Takes no more; resolves when what is in hand is acknowledged or given back. */
  async stop(): Promise<void> {
    const closing = this.#subscription?.close();
    await Promise.allSettled([closing, ...this.#inHand]);
    await this.#running;
    await this.#client.close();
  }

  /** Opens a stream, and another one whenever the library gives one up. */
  async #run(): Promise<void> {
    const { gate, end } = this.#options;
    try {
      for (;;) {
        await gate.whenOpen(end.stopping);
        const good = setTimeout(() => this.#answered(), GOOD_STREAM_MS);
        const error = await this.#stream().finally(() => clearTimeout(good));
        end.stopping.throwIfAborted();
        this.#lost(queueError(error, `The ${this.display} cannot be read`));
        const delayMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures - 1, 10));
        await sleep(delayMs, undefined, { signal: end.stopping });
      }
    } catch (error) {
      if (!end.stopping.aborted) throw error;
    }
  }

  #lost(fault: LonghaulError): void {
    const { logger } = this.#options;
    if (this.#fault?.code !== fault.code) logger.error('bridge_queue_lost', { queue: this.display, error: fault });
    this.#fault = fault;
    this.#failures += 1;
  }

  /** Resolves with the error that ended the stream, or when the bridge is stopping. */
  #stream(): Promise<unknown> {
    const { subscription: name, visibilityTimeoutMs, drainMs, end } = this.#options;
    const leaseSec = Math.min(MAX_LEASE_SEC, Math.max(MIN_LEASE_SEC, Math.round(visibilityTimeoutMs / 1_000)));
    const subscription = this.#client.subscription(name, {
      minAckDeadline: Duration.from({ seconds: leaseSec }),
      maxAckDeadline: Duration.from({ seconds: leaseSec }),
      // Excess messages would be held unseen, and two bridges would not share a queue.
      flowControl: { maxMessages: MAX_MESSAGES, maxBytes: MAX_BYTES, allowExcessMessages: false },
      // What has not been handed to us goes back; what has is worth its drain time.
      closeOptions: {
        behavior: SubscriptionCloseBehaviors.WaitForProcessing,
        timeout: Duration.from({ milliseconds: drainMs }),
      },
      streamingOptions: { maxStreams: 1 },
    });
    this.#subscription = subscription;
    subscription.on('message', (message: Message) => {
      this.#answered();
      const work = this.#handle(message).finally(() => this.#inHand.delete(work));
      this.#inHand.add(work);
    });
    return new Promise((resolve) => {
      const stopped = (): void => resolve(null);
      end.stopping.addEventListener('abort', stopped, { once: true });
      const ended = (error: unknown): void => {
        end.stopping.removeEventListener('abort', stopped);
        resolve(error);
      };
      // For good: an error that nobody listens for would end the process.
      subscription.on('error', ended);
      // A stream that closes by itself, without an error.
      subscription.on('close', () => ended(new Error('the stream was closed')));
    });
  }

  async #handle(message: Message): Promise<void> {
    const { handler, end, logger } = this.#options;
    const outcome = await handler.handle(
      {
        body: message.data,
        attributes: message.attributes,
        origin: this.display,
        messageId: message.id,
        // Only subscriptions with a dead-letter policy count deliveries; the others say 0.
        deliveries: Math.max(1, message.deliveryAttempt),
      },
      end,
    );
    try {
      await this.#settle(message, outcome);
    } catch (error) {
      // Exactly-once delivery: the acknowledgement did not hold, so it comes again and is a duplicate then.
      logger.warning('bridge_acknowledge_failed', { queue: this.display, message_id: message.id, error });
    }
  }

  async #settle(message: Message, outcome: MessageOutcome): Promise<void> {
    if (outcome.kind !== 'later') {
      await message.ackWithResponse();
      return;
    }
    const delayMs = Math.min(MAX_KEPT_MS, outcome.delayMs);
    await sleep(delayMs, undefined, { signal: this.#options.end.stopping }).catch(() => undefined);
    await message.nackWithResponse();
  }

  #answered(): void {
    if (this.#fault !== null) this.#options.logger.info('bridge_queue_back', { queue: this.display });
    this.#fault = null;
    this.#failures = 0;
  }
}
