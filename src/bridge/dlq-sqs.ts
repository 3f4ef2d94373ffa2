/** A dead-letter queue in SQS: writing it, and reading it without taking anything out. */
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { createHash } from 'node:crypto';
import type { DlqEnvelope } from '../model/transfer-event';
import { type DlqReader, type HeldLetter, letterOf } from './dlq-letter';
import { envelopeText } from './dlq-text';
import { isTooLarge, queueError } from './queue-errors';
import { createSqsClient, queueName, type SqsQueue } from './sqs-client';
import type { DeadLetterQueue } from './types';

/**
 * SQS takes 1 MiB; a queue may be set to less, and other services take 256 KiB. What is refused for its size is cut to the
 * next one, down to what any queue takes: a letter that is cut is better than one that is never delivered.
 */
const SIZE_LIMITS_BYTES = [1_048_576, 262_144, 65_536, 4_096, 1_024];
/** Attributes count too. */
const ATTRIBUTES_BYTES = 200;
/** Most that SQS gives at a time. */
const BATCH = 10;
/** How long a letter is hidden from others while a command looks at it. */
const HOLD_SEC = 60;
/** A long poll asks all servers of the queue, a short one some of them: an empty answer of it proves nothing. */
const WAIT_SEC = 1;

const isFifo = (queueUrl: string): boolean => queueUrl.endsWith('.fifo');

/** Of a FIFO queue: the same failure of the same run is one message, however often its answer was lost. */
const fifoFields = ({ event, body, runId, error }: DlqEnvelope): Record<string, string> => ({
  MessageGroupId: 'longhaul-dead-letters',
  MessageDeduplicationId: createHash('sha256')
    .update(JSON.stringify([event?.eventId ?? body ?? '', runId, error.code]))
    .digest('hex'),
});

export class SqsDeadLetterQueue implements DeadLetterQueue, DlqReader {
  readonly kind = 'sqs';
  readonly display: string;
  readonly #queueUrl: string;
  readonly #client: SQSClient;

  constructor({ queueUrl, region }: SqsQueue) {
    this.#queueUrl = queueUrl;
    this.#client = createSqsClient({ queueUrl, region });
    this.display = `SQS queue ${queueName(queueUrl)}`;
  }

  async publish(envelope: DlqEnvelope, signal: AbortSignal): Promise<void> {
    const last = SIZE_LIMITS_BYTES.length - 1;
    for (const [index, limitBytes] of SIZE_LIMITS_BYTES.entries()) {
      try {
        await this.#send(envelope, limitBytes, signal);
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (index < last && isTooLarge(error)) continue;
        throw queueError(error, `The dead-letter ${this.display} does not take a message`);
      }
    }
  }

  async #send(envelope: DlqEnvelope, limitBytes: number, signal: AbortSignal): Promise<void> {
    const attribute = (value: string) => ({ DataType: 'String', StringValue: value });
    const command = new SendMessageCommand({
      QueueUrl: this.#queueUrl,
      MessageBody: envelopeText(envelope, limitBytes - ATTRIBUTES_BYTES),
      MessageAttributes: {
        error_code: attribute(envelope.error.code),
        ...(envelope.event === undefined ? {} : { event_id: attribute(envelope.event.eventId) }),
      },
      ...(isFifo(this.#queueUrl) ? fifoFields(envelope) : {}),
    });
    await this.#client.send(command, { abortSignal: signal });
  }

  async hold(max: number): Promise<HeldLetter[]> {
    const { Messages: messages = [] } = await this.#ask('reading', () =>
      this.#client.send(
        new ReceiveMessageCommand({
          QueueUrl: this.#queueUrl,
          MaxNumberOfMessages: Math.min(max, BATCH),
          VisibilityTimeout: HOLD_SEC,
          WaitTimeSeconds: WAIT_SEC,
          MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
        }),
      ),
    );
    return messages.map(
      ({ MessageId: id = '', ReceiptHandle: handle = '', Body: body = '', Attributes: attributes }) => {
        const sentMs = Number(attributes?.SentTimestamp ?? NaN);
        return { ...letterOf(id, body, Number.isNaN(sentMs) ? null : new Date(sentMs)), handle };
      },
    );
  }

  async release(letters: readonly HeldLetter[]): Promise<void> {
    for (let at = 0; at < letters.length; at += BATCH) {
      const Entries = letters
        .slice(at, at + BATCH)
        .map(({ handle }, index) => ({ Id: String(index), ReceiptHandle: handle, VisibilityTimeout: 0 }));
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.#queueUrl, Entries });
      await this.#ask('giving a message back', () => this.#client.send(command));
    }
  }

  async remove({ handle }: HeldLetter): Promise<void> {
    const command = new DeleteMessageCommand({ QueueUrl: this.#queueUrl, ReceiptHandle: handle });
    await this.#ask('deleting a message', () => this.#client.send(command));
  }

  async depth(): Promise<number> {
    const command = new GetQueueAttributesCommand({
      QueueUrl: this.#queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    });
    const { Attributes: attributes } = await this.#ask('counting', () => this.#client.send(command));
    const count = (text: string | undefined): number => Number(text ?? 0);
    return count(attributes?.ApproximateNumberOfMessages) + count(attributes?.ApproximateNumberOfMessagesNotVisible);
  }

  close(): Promise<void> {
    this.#client.destroy();
    return Promise.resolve();
  }

  async #ask<T>(doing: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw queueError(error, `The dead-letter ${this.display} fails (${doing})`);
    }
  }
}
