/** Queues of one SQS server, as an ordinary AWS client sees them. */
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { uniqueName } from '../../support/shared-stack';

export interface QueueCounts {
  readonly visible: number;
  readonly hidden: number;
}

export class SqsQueues {
  readonly client: SQSClient;

  constructor(endpoint: string) {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    this.client = new SQSClient({ endpoint, region: 'us-east-1', credentials });
  }

  async create(purpose: string): Promise<string> {
    const { QueueUrl: url } = await this.client.send(new CreateQueueCommand({ QueueName: uniqueName(purpose) }));
    return url!;
  }

  async send(queueUrl: string, body: unknown): Promise<void> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    await this.client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: text }));
  }

  /** Ten at a time. */
  async sendAll(queueUrl: string, bodies: readonly unknown[]): Promise<void> {
    for (let at = 0; at < bodies.length; at += 10) {
      const Entries = bodies
        .slice(at, at + 10)
        .map((body, index) => ({ Id: String(index), MessageBody: JSON.stringify(body) }));
      await this.client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    }
  }

  async counts(queueUrl: string): Promise<QueueCounts> {
    const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...AttributeNames] });
    const { Attributes: attributes } = await this.client.send(command);
    return {
      visible: Number(attributes?.ApproximateNumberOfMessages),
      hidden: Number(attributes?.ApproximateNumberOfMessagesNotVisible),
    };
  }

  /** True once nothing is in the queue, hidden or not. */
  async isEmpty(queueUrl: string): Promise<boolean> {
    const { visible, hidden } = await this.counts(queueUrl);
    return visible + hidden === 0;
  }

  /** Takes all messages that are there. */
  async take(queueUrl: string): Promise<string[]> {
    const bodies: string[] = [];
    for (;;) {
      const { Messages: messages = [] } = await this.client.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
      );
      if (messages.length === 0) return bodies;
      for (const { Body: body, ReceiptHandle: handle } of messages) {
        bodies.push(body!);
        await this.client.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: handle }));
      }
    }
  }

  close(): void {
    this.client.destroy();
  }
}
