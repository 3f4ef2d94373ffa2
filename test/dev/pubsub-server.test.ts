/** The Pub/Sub server, through Google's ordinary client, and notifications of the Cloud Storage double. */
import type { Message, Subscription } from '@google-cloud/pubsub';
import { startGcsServer } from '../../src/dev/gcs-server';
import { startPubSubServer, type PubSubServer } from '../../src/dev/pubsub-server';
import { freshFolder } from '../support/shared-stack';
import { describeWithTools } from '../support/tools';

/** The next message, acknowledged. */
const nextMessage = (subscription: Subscription): Promise<Message> =>
  new Promise((resolve, reject) => {
    subscription.once('error', reject);
    subscription.once('message', (message: Message) => {
      message.ack();
      void subscription.close().then(() => resolve(message), reject);
    });
  });

describeWithTools(['pubsub-emulator'])('the Pub/Sub server', () => {
  const folder = freshFolder('pubsub');
  let pubsub: PubSubServer;
  beforeAll(async () => {
    pubsub = await startPubSubServer({ logDir: folder.path });
  });
  afterAll(async () => {
    await pubsub.stop();
    folder.remove();
  });

  it('delivers what is published', async () => {
    expect(await pubsub.createTopic('events')).toBe('projects/longhaul-dev/topics/events');
    expect(await pubsub.createSubscription('events', 'mine')).toBe('projects/longhaul-dev/subscriptions/mine');
    const client = await pubsub.client();
    const received = nextMessage(client.subscription('mine'));
    await client.topic('events').publishMessage({ json: { hello: 1 }, attributes: { key: 'value' } });
    const message = await received;
    expect([message.data.toString(), message.attributes]).toEqual(['{"hello":1}', { key: 'value' }]);
  });

  it('gets notifications of objects as Cloud Storage writes them', async () => {
    const topic = await pubsub.createTopic('objects');
    await pubsub.createSubscription('objects', 'objects-mine');
    const notifications = [{ bucket: 'box', topic, emulatorHost: pubsub.host, objectNamePrefix: 'in/' }];
    const gcs = await startGcsServer({ buckets: ['box'], notifications });
    try {
      const received = nextMessage((await pubsub.client()).subscription('objects-mine'));
      await gcs.putObject('box', 'out/not-told', Buffer.from('x'));
      const object = await gcs.putObject('box', 'in/told', Buffer.from('xyz'));
      const { attributes, data } = await received;
      expect(attributes).toMatchObject({
        eventType: 'OBJECT_FINALIZE',
        payloadFormat: 'JSON_API_V1',
        bucketId: 'box',
        objectId: 'in/told',
        objectGeneration: String(object.generation),
      });
      expect(JSON.parse(data.toString())).toMatchObject({ kind: 'storage#object', name: 'in/told', size: '3' });
    } finally {
      await gcs.stop();
    }
  });
});
