/**
 * Reads events from SQS. sqs-consumer polls and extends visibility; when, is decided here, and what is deleted:
 * - a poll waits until the gate is open, so that messages stay visible to others while Temporal is away or N transfers are
 *   open, and their receive count, which a redrive policy acts on, does not grow;
 * - a message is deleted only after its handler has said that it may go;
 * - what is to come again becomes visible after its delay.
 */
import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Consumer } from 'sqs-consumer';
import type { LonghaulError } from '../model/errors';
import type { Logger } from '../ops/logging';
import type { EndSignals, MessageHandler } from './handle-message';
import { queueError } from './queue-errors';
import { createSqsClient, queueName } from './sqs-client';
import { SqsDeletes } from './sqs-deletes';
import type { StartGate } from './start-gate';
import type { QueueConsumer } from './types';

export interface SqsConsumerOptions {
  readonly queueUrl: string;
  readonly region: string;
  readonly visibilityTimeoutMs: number;
  readonly handler: MessageHandler;
  readonly gate: StartGate;
  readonly logger: Logger;
  readonly end: EndSignals;
}

/** Most that SQS gives at a time, and its longest poll: an empty queue costs three requests a minute. */
const BATCH = 10;
const WAIT_SEC = 20;
/** After a failed poll, doubled up to the second: nothing is gained by asking a service that is away again and again. */
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
/** A third: one extension may be lost. */
const EXTENSIONS_IN_TIMEOUT = 3;
/** SQS's own limit for how long a message can be hidden. */
const MAX_VISIBILITY_SEC = 43_200;

/** Tells sqs-consumer not to delete. */
class ComeAgain extends Error {
  override readonly name = 'ComeAgain';
}

export class SqsConsumer implements QueueConsumer {
  readonly display: string;
  readonly #options: SqsConsumerOptions;
  readonly #client: SQSClient;
  readonly #consumer: Consumer;
  readonly #deletes: SqsDeletes;
  readonly #delaysMs = new Map<string, number>();
  /** True from the first message of an answer until the last one is deleted or given back. */
  #isBusy = false;
  #failures = 0;
  #fault: LonghaulError | null = null;

  constructor(options: SqsConsumerOptions) {
    this.#options = options;
    this.display = `SQS queue ${queueName(options.queueUrl)}`;
    this.#client = createSqsClient(options);
    this.#deletes = new SqsDeletes(this.#client, options.queueUrl);
    const visibilityTimeout = Math.round(options.visibilityTimeoutMs / 1_000);
    this.#consumer = Consumer.create({
      queueUrl: options.queueUrl,
      sqs: this.#client,
      batchSize: BATCH,
      waitTimeSeconds: WAIT_SEC,
      visibilityTimeout,
      heartbeatInterval: Math.max(1, Math.floor(visibilityTimeout / EXTENSIONS_IN_TIMEOUT)),
      messageAttributeNames: ['All'],
      messageSystemAttributeNames: ['ApproximateReceiveCount'],
      // Transfers of different events do not wait for each other: the order of a FIFO queue means nothing here.
      suppressFifoWarning: true,
      // Deleted by us, several at a time.
      shouldDeleteMessages: false,
      preReceiveMessageCallback: () => this.#mayPoll(),
      terminateVisibilityTimeout: ([message]) => this.#delaySec(message),
      handleMessage: (message) => this.#handle(message),
    });
    this.#consumer.on('empty', () => this.#answered());
    this.#consumer.on('message_received', () => {
      this.#isBusy = true;
      this.#answered();
    });
    this.#consumer.on('response_processed', () => (this.#isBusy = false));
    this.#consumer.on('error', (error, message) => this.#failed(error, message !== undefined));
    this.#consumer.on('processing_error', (error) => {
      // A message that is to come again is no error, and nothing else is thrown.
      if (!(error.cause instanceof ComeAgain))
        options.logger.warning('bridge_message_failed', { queue: this.display, error });
    });
  }

  get fault(): LonghaulError | null {
    return this.#fault;
  }

  start(): void {
    this.#consumer.start();
  }

  /** Polls no more; resolves when what is in hand is deleted or given back. */
  async stop(): Promise<void> {
    // Aborting ends the poll that waits for messages at once, but would also cut off deletes.
    this.#consumer.stop({ abort: !this.#isBusy });
    while (this.#consumer.status.isPolling && !this.#options.end.abandon.aborted) await sleep(20);
    this.#client.destroy();
  }

  async #mayPoll(): Promise<void> {
    const { gate, end } = this.#options;
    if (this.#failures > 0) {
      const delayMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures - 1, 10));
      await sleep(delayMs, undefined, { signal: end.stopping });
    }
    await gate.whenOpen(end.stopping);
  }

  async #handle(message: Message): Promise<Message> {
    const { handler, end } = this.#options;
    const { MessageId: messageId = '', Body: body = '', Attributes: attributes, ReceiptHandle: handle = '' } = message;
    const outcome = await handler.handle(
      {
        body: Buffer.from(body, 'utf8'),
        attributes: textAttributes(message),
        origin: this.display,
        messageId,
        deliveries: Number(attributes?.ApproximateReceiveCount ?? 1),
      },
      end,
    );
    if (outcome.kind !== 'later') {
      await this.#delete(handle);
      return message;
    }
    this.#delaysMs.set(messageId, outcome.delayMs);
    throw new ComeAgain(messageId);
  }

  /** What is not deleted comes again when its visibility ends, and is a duplicate then. */
  async #delete(receiptHandle: string): Promise<void> {
    try {
      await this.#deletes.delete(receiptHandle);
    } catch (error) {
      this.#options.logger.warning('bridge_acknowledge_failed', { queue: this.display, error });
    }
  }

  /** For how long a message stays hidden that is not deleted. */
  #delaySec(message: Message | undefined): number {
    const id = message?.MessageId ?? '';
    const delayMs = this.#delaysMs.get(id) ?? 0;
    this.#delaysMs.delete(id);
    return Math.min(MAX_VISIBILITY_SEC, Math.ceil(delayMs / 1_000));
  }

  #answered(): void {
    if (this.#fault !== null) this.#options.logger.info('bridge_queue_back', { queue: this.display });
    this.#fault = null;
    this.#failures = 0;
  }

  #failed(error: Error, isOfMessage: boolean): void {
    const { logger, end } = this.#options;
    if (end.stopping.aborted) return; // a poll that was cut off on purpose
    const fault = queueError(error.cause ?? error, `The ${this.display} fails`);
    if (isOfMessage) {
      // Its visibility could not be changed: at worst it comes again while it is worked on, and is a duplicate then.
      logger.warning('bridge_visibility_failed', { queue: this.display, error: fault });
      return;
    }
    if (this.#fault?.code !== fault.code) logger.error('bridge_queue_lost', { queue: this.display, error: fault });
    this.#fault = fault;
    this.#failures += 1;
  }
}

const textAttributes = ({ MessageAttributes: attributes = {} }: Message): Record<string, string> =>
  Object.fromEntries(
    Object.entries(attributes).flatMap(([name, { StringValue: value }]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
