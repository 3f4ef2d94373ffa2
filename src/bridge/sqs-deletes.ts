/** Deletes messages from an SQS queue, up to ten by one request: the handlers of one answer end at about the same time. */
import { DeleteMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** SQS's own limit of one request. */
const MOST = 10;
/** What ends within this time of each other goes together; a message is hidden for a minute, so the wait costs nothing. */
const GATHER_MS = 20;

interface Waiting {
  readonly receiptHandle: string;
  readonly done: () => void;
  readonly fail: (error: Error) => void;
}

export class SqsDeletes {
  readonly #client: SQSClient;
  readonly #queueUrl: string;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(client: SQSClient, queueUrl: string) {
    this.#client = client;
    this.#queueUrl = queueUrl;
  }

  /** Resolves when the queue has said that the message is gone. Throws what it says instead; the message comes again then. */
  delete(receiptHandle: string): Promise<void> {
    return new Promise((done, fail) => {
      this.#waiting.push({ receiptHandle, done, fail });
      if (this.#waiting.length === MOST) this.#send();
      else this.#timer ??= setTimeout(() => this.#send(), GATHER_MS);
    });
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#waiting;
    this.#waiting = [];
    void this.#deleteAll(batch);
  }

  async #deleteAll(batch: readonly Waiting[]): Promise<void> {
    const Entries = batch.map(({ receiptHandle: ReceiptHandle }, n) => ({ Id: String(n), ReceiptHandle }));
    try {
      const answer = await this.#client.send(new DeleteMessageBatchCommand({ QueueUrl: this.#queueUrl, Entries }));
      // Each has its own outcome, whatever the status of the whole.
      const refused = new Map((answer.Failed ?? []).map(({ Id, Code, Message }) => [Id, Message ?? Code ?? 'refused']));
      batch.forEach(({ done, fail }, n) => {
        const reason = refused.get(String(n));
        if (reason === undefined) done();
        else fail(new Error(`The message was not deleted: ${reason}`));
      });
    } catch (error) {
      for (const { fail } of batch) fail(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
