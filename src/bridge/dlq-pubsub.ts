/** A dead-letter topic in Pub/Sub: writing it, and reading it through a subscription without taking anything out. */
import { type PubSub, type Topic, v1 } from '@google-cloud/pubsub';
import { LonghaulError } from '../model/errors';
import type { DlqEnvelope } from '../model/transfer-event';
import { type DlqReader, type HeldLetter, letterOf } from './dlq-letter';
import { envelopeText } from './dlq-text';
import { createPubsubClient, resourceName } from './pubsub-client';
import { isTooLarge, queueError } from './queue-errors';
import type { DeadLetterQueue } from './types';

/** Pub/Sub takes 10 MB a request (https://cloud.google.com/pubsub/quotas), attributes and names included. */
const SIZE_LIMITS_BYTES = [9_900_000, 1_000_000, 65_536];
/** Letters may be 10 MB each, and an answer of 20 MB is what the client takes at most. */
const BATCH = 100;
const HOLD_SEC = 60;
/** An empty subscription keeps a pull waiting; one that has messages answers within a second. */
const PULL_TIMEOUT_MS = 3_000;
const CALL_TIMEOUT_MS = 10_000;
const GRPC_DEADLINE_EXCEEDED = 4;
/** Ids of messages to acknowledge make a request of at most 512 KiB: some 2,500 of them. */
const ACK_BATCH = 1_000;

type ReaderOptions = NonNullable<ConstructorParameters<typeof v1.SubscriberClient>[0]>;

export interface PubsubQueue {
  readonly topic: string;
  /** Null: it can be written only. */
  readonly subscription: string | null;
}

export class PubsubDeadLetterQueue implements DeadLetterQueue, DlqReader {
  readonly kind = 'pubsub';
  readonly display: string;
  readonly #subscription: string | null;
  readonly #client: PubSub;
  readonly #topic: Topic;
  #reader: v1.SubscriberClient | null = null;

  constructor({ topic, subscription }: PubsubQueue) {
    this.#subscription = subscription;
    this.#client = createPubsubClient(topic);
    // Each failure is answered for by itself: nothing is gained by waiting for others.
    this.#topic = this.#client.topic(topic, { batching: { maxMessages: 1 } });
    this.display = `Pub/Sub topic ${resourceName(topic)}`;
  }

  async publish(envelope: DlqEnvelope, signal: AbortSignal): Promise<void> {
    const last = SIZE_LIMITS_BYTES.length - 1;
    for (const [index, limitBytes] of SIZE_LIMITS_BYTES.entries()) {
      try {
        await unlessAborted(this.#send(envelope, limitBytes), signal);
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (index < last && isTooLarge(error)) continue;
        throw queueError(error, `The dead-letter ${this.display} does not take a message`);
      }
    }
  }

  #send(envelope: DlqEnvelope, limitBytes: number): Promise<string> {
    return this.#topic.publishMessage({
      data: Buffer.from(envelopeText(envelope, limitBytes), 'utf8'),
      attributes: {
        error_code: envelope.error.code,
        ...(envelope.event === undefined ? {} : { event_id: envelope.event.eventId }),
      },
    });
  }

  async hold(max: number): Promise<HeldLetter[]> {
    const [reader, subscription] = await this.#reading();
    try {
      const request = { subscription, maxMessages: Math.min(max, BATCH) };
      // No retries of the client's own: an empty subscription would be asked for minutes.
      const [answer] = await reader.pull(request, { timeout: PULL_TIMEOUT_MS, retry: { retryCodes: [] } });
      const letters = (answer.receivedMessages ?? []).map(({ ackId, message }) => ({
        ...letterOf(message?.messageId ?? '', textOf(message?.data), dateOf(message?.publishTime)),
        handle: ackId ?? '',
      }));
      await this.#extend(letters, HOLD_SEC);
      return letters;
    } catch (error) {
      if ((error as { code?: unknown }).code === GRPC_DEADLINE_EXCEEDED) return [];
      throw queueError(error, `The dead-letter ${this.display} cannot be read`);
    }
  }

  async release(letters: readonly HeldLetter[]): Promise<void> {
    try {
      await this.#extend(letters, 0);
    } catch (error) {
      throw queueError(error, `The dead-letter ${this.display} does not take messages back`);
    }
  }

  async remove({ handle }: HeldLetter): Promise<void> {
    const [reader, subscription] = await this.#reading();
    try {
      await reader.acknowledge({ subscription, ackIds: [handle] }, { timeout: CALL_TIMEOUT_MS });
    } catch (error) {
      throw queueError(error, `The dead-letter ${this.display} does not delete a message`);
    }
  }

  /** Pub/Sub itself does not say: Cloud Monitoring has it as subscription/num_undelivered_messages. */
  depth(): Promise<null> {
    return Promise.resolve(null);
  }

  async close(): Promise<void> {
    await this.#reader?.close();
    await this.#client.close();
  }

  async #extend(letters: readonly HeldLetter[], ackDeadlineSeconds: number): Promise<void> {
    const [reader, subscription] = await this.#reading();
    for (let at = 0; at < letters.length; at += ACK_BATCH) {
      const ackIds = letters.slice(at, at + ACK_BATCH).map(({ handle }) => handle);
      await reader.modifyAckDeadline({ subscription, ackIds, ackDeadlineSeconds }, { timeout: CALL_TIMEOUT_MS });
    }
  }

  /** The low-level client, which asks once for some messages where the other one opens a stream. */
  async #reading(): Promise<readonly [v1.SubscriberClient, string]> {
    if (this.#subscription === null) {
      const fix = 'set LONGHAUL_DLQ_SUBSCRIPTION to a subscription of it, projects/<project>/subscriptions/<name>';
      throw new LonghaulError(
        'ConfigInvalid',
        `The dead-letter ${this.display} is read through a subscription: ${fix}.`,
      );
    }
    // getClientConfig has looked up the project and the emulator for us. (The two types differ in what undefined means.)
    this.#reader ??= new v1.SubscriberClient((await this.#client.getClientConfig()) as ReaderOptions);
    return [this.#reader, this.#subscription];
  }
}

const textOf = (data: Uint8Array | string | null | undefined): string =>
  typeof data === 'string' ? Buffer.from(data, 'base64').toString('utf8') : Buffer.from(data ?? []).toString('utf8');

const dateOf = (time: { seconds?: unknown; nanos?: unknown } | null | undefined): Date | null => {
  const seconds = Number(time?.seconds ?? NaN);
  return Number.isNaN(seconds) ? null : new Date(seconds * 1_000 + Math.floor(Number(time?.nanos ?? 0) / 1e6));
};

/** The client cannot be told to stop; what it still sends then is a second copy at worst. */
const unlessAborted = async <T>(work: Promise<T>, signal: AbortSignal): Promise<T> => {
  signal.throwIfAborted();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
    work.catch(() => undefined);
  }
};
