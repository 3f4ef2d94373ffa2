/** The embedded stack with the servers of the bridge: what is there, what its workers are told, and its end. */
import { existsSync, readFileSync } from 'node:fs';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { bridgeWorkerEnv } from '../../src/dev/bridge-servers';
import { isFree } from '../../src/dev/ports';
import { s3ClientFor } from '../../src/dev/s3-client';
import { seedSampleEvents } from '../../src/dev/sample-events';
import type { Stack } from '../../src/dev/stack';
import { freshFolder, ownStack } from '../support/shared-stack';
import { describeWithTools } from '../support/tools';

interface SampleEvent {
  readonly source: { readonly provider: string; readonly bucket: string; readonly key: string };
  readonly metadata: { readonly checksumSHA256: string };
}

describeWithTools(['elasticmq', 'pubsub-emulator'])('the embedded stack with the bridge', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await ownStack({ bridge: true });
  }, 120_000);
  afterAll(() => stack.stop());

  it('describes a queue, its dead letters, a topic and a subscription, and tells its workers of them', async () => {
    const { bridge, pids } = stack.describe();
    expect(bridge).toMatchObject({
      gcs: { endpoint: stack.bridge?.gcs.endpoint },
      pubsub: {
        topic: 'projects/longhaul-dev/topics/longhaul-events',
        subscription: 'projects/longhaul-dev/subscriptions/longhaul-events',
      },
      sampleEvents: [],
    });
    expect(bridge?.sqs.queueUrl).toMatch(/\/longhaul-events$/);
    expect(Object.keys(pids)).toEqual(['dev', 'temporal', 's3', 'sqs', 'pubsub']);
    expect(bridgeWorkerEnv(stack.bridge!)).toMatchObject({
      STORAGE_EMULATOR_HOST: bridge?.gcs.endpoint,
      PUBSUB_EMULATOR_HOST: bridge?.pubsub.host,
      AWS_ENDPOINT_URL_SQS: bridge?.sqs.endpoint,
      LONGHAUL_BRIDGE_SQS_QUEUE_URL: bridge?.sqs.queueUrl,
      LONGHAUL_BRIDGE_PUBSUB_SUBSCRIPTION: bridge?.pubsub.subscription,
      LONGHAUL_DLQ: bridge?.sqs.deadLetterUrl,
    });
    expect(await stack.bridge!.sqs.depth(stack.bridge!.queue)).toEqual({ visible: 0, inFlight: 0 });
  });

  it('has a sample object and an event for each way', async () => {
    const folder = freshFolder('events');
    try {
      const files = await seedSampleEvents(stack.s3, stack.bridge!.gcs, folder.path);
      const events = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as SampleEvent);
      expect(events.map(({ source }) => source.provider)).toEqual(['aws_s3', 'gcp_gcs']);
      const [{ source: onS3 }, { source: onGcs }] = events as [SampleEvent, SampleEvent];
      const client = s3ClientFor(stack.s3, stack.s3);
      try {
        const { ContentLength } = await client.send(new HeadObjectCommand({ Bucket: onS3.bucket, Key: onS3.key }));
        expect(ContentLength).toBe(stack.bridge!.gcs.object(onGcs.bucket, onGcs.key)?.content.sizeBytes);
      } finally {
        client.destroy();
      }
    } finally {
      folder.remove();
    }
  });

  it('leaves nothing behind', async () => {
    const { bridge } = stack.describe();
    await stack.stop();
    expect(existsSync(stack.dataDir)).toBe(false);
    for (const url of [bridge!.gcs.endpoint, bridge!.sqs.endpoint, `http://${bridge!.pubsub.host}`]) {
      expect(await isFree(Number(new URL(url).port))).toBe(true);
    }
  });
});
