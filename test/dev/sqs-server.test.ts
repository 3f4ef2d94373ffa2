/** The SQS server, through an ordinary client: queues, receive counts, dead letters, and its end. */
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { startSqsServer, type SqsServer } from '../../src/dev/sqs-server';
import { isFree } from '../../src/dev/ports';
import { freshFolder } from '../support/shared-stack';
import { describeWithTools } from '../support/tools';

describeWithTools(['elasticmq'])('the SQS server', () => {
  const folder = freshFolder('sqs');
  let sqs: SqsServer;
  beforeAll(async () => {
    sqs = await startSqsServer({ dataDir: folder.path, logDir: folder.path });
  }, 120_000);
  afterAll(async () => {
    await sqs.stop();
    folder.remove();
  });

  it('moves a message to the dead-letter queue that was received too often', async () => {
    const dead = await sqs.createQueue('dead');
    const queue = await sqs.createQueue('work', {
      visibilityTimeoutSec: 0,
      redrive: { queue: dead, maxReceiveCount: 2 },
    });
    expect(queue.arn).toMatch(/^arn:aws:sqs:us-east-1:\d+:work$/);
    await sqs.client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'again and again' }));
    const receive = async (QueueUrl: string) => {
      const command = new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ['All'], WaitTimeSeconds: 1 });
      return (await sqs.client.send(command)).Messages?.[0];
    };
    for (const count of ['1', '2']) {
      expect((await receive(queue.url))?.Attributes?.ApproximateReceiveCount).toBe(count);
    }
    expect(await receive(queue.url)).toBeUndefined();
    const letter = await receive(dead.url);
    expect(letter?.Body).toBe('again and again');
    expect(await sqs.depth(dead)).toEqual({ visible: 0, inFlight: 1 });
    await sqs.client.send(new DeleteMessageCommand({ QueueUrl: dead.url, ReceiptHandle: letter?.ReceiptHandle }));
    expect(await sqs.depth(dead)).toEqual({ visible: 0, inFlight: 0 });
  });

  it('frees its port when it is stopped', async () => {
    await sqs.stop();
    expect(await isFree(Number(new URL(sqs.endpoint).port))).toBe(true);
  });
});
