/** Events from Pub/Sub: a real server, an ordinary client, a bridge in this process. */
import { type Message, PubSub, type Subscription, type Topic } from '@google-cloud/pubsub';
import type { DlqEnvelope } from '../../src/model/transfer-event';
import { transferWorkflowId } from '../../src/model/transfer-event';
import { uniqueName } from '../support/shared-stack';
import { until } from '../support/until';
import { BridgeRig } from './support/bridge-rig';
import { newEvent } from './support/events';
import type { PubSubServer } from '../../src/dev/pubsub-server';
import { describeWithTools } from '../support/tools';
import { type Owned, startPubsub } from './support/queues';

const PROJECT = 'test-project';

describeWithTools(['pubsub-emulator'])('Pub/Sub', () => {
  let owned: Owned<PubSubServer>;
  let pubsub: PubSub;
  let rig: BridgeRig;
  let input: Topic;
  let subscription: string;
  let deadTopic: string;
  let letters: DlqEnvelope[];
  let dead: Subscription;

  beforeAll(async () => {
    owned = await startPubsub();
    pubsub = new PubSub({ projectId: PROJECT });
  }, 90_000);
  afterAll(async () => {
    await pubsub.close();
    await owned.stop();
  });

  beforeEach(async () => {
    rig = await BridgeRig.start();
    const name = uniqueName('events');
    [input] = await pubsub.createTopic(name);
    await input.createSubscription(name, { ackDeadlineSeconds: 10 });
    subscription = `projects/${PROJECT}/subscriptions/${name}`;
    deadTopic = `projects/${PROJECT}/topics/${name}-dead`;
    const [topic] = await pubsub.createTopic(deadTopic);
    [dead] = await topic.createSubscription(`${name}-dead`);
    letters = [];
    dead.on('message', (message: Message) => {
      letters.push(JSON.parse(message.data.toString()) as DlqEnvelope);
      message.ack();
    });
  });
  afterEach(async () => {
    await rig.stop();
    await dead.close();
  });

  const settings = (more: Record<string, string> = {}): Record<string, string> => ({
    LONGHAUL_BRIDGE_PUBSUB_SUBSCRIPTION: subscription,
    LONGHAUL_DLQ: deadTopic,
    ...more,
  });

  const send = (body: unknown, attributes: Record<string, string> = {}): Promise<string> => {
    const data = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    return input.publishMessage({ data, attributes });
  };

  describe('a bridge that reads Pub/Sub', () => {
    it('starts one transfer for each event, however often it comes', async () => {
      const events = Array.from({ length: 5 }, () => newEvent());
      for (const event of events) for (let copy = 0; copy < 10; copy += 1) await send(event);
      const bridge = await rig.bridge(settings());
      await until(() => rig.logged('bridge_event_duplicate').length === 45, { what: 'duplicates', timeoutMs: 30_000 });
      expect((await rig.untilTransfers(5)).sort()).toEqual(
        events.map(({ eventId }) => transferWorkflowId(eventId)).sort(),
      );
      expect(bridge.isReady()).toBe(true);
    });

    it('puts what is no event into the topic of dead letters, ten megabytes too, with as much of it as fits', async () => {
      await send('poison');
      await send('{}', {
        notificationConfig: 'projects/_/buckets/b/notificationConfigs/1',
        eventType: 'OBJECT_FINALIZE',
      });
      await send(Buffer.from([0xff, 0xfe, 0x00]));
      await send(Buffer.alloc(9_999_000, 'x'));
      await rig.bridge(settings());
      await until(() => letters.length >= 4, { what: 'four dead letters', timeoutMs: 60_000 });
      const byBytes = new Map(letters.map((letter) => [letter.bodyInfo?.bytes, letter]));
      expect(byBytes.get(6)).toMatchObject({ body: 'poison', error: { code: 'EventInvalid' } });
      expect(byBytes.get(2)?.error.message).toMatch(/Cloud Storage notification/);
      expect(byBytes.get(3)).toMatchObject({ body: '//4A', bodyInfo: { encoding: 'base64', truncated: false } });
      const large = byBytes.get(9_999_000);
      expect(large?.bodyInfo?.truncated).toBe(true);
      expect(large?.body?.length).toBeGreaterThan(9_000_000);
      expect(large?.error.message).toMatch(/9999000 bytes/);
      expect(await rig.transfers()).toEqual([]);
    }, 90_000);

    it('holds what it has beyond its lease while as many transfers are open as may be, and goes on by itself', async () => {
      const events = Array.from({ length: 40 }, () => newEvent());
      for (const event of events) await send(event);
      await rig.bridge(settings({ LONGHAUL_BRIDGE_MAX_OPEN_TRANSFERS: '10', LONGHAUL_BRIDGE_VISIBILITY_SEC: '10' }));
      await rig.untilTransfers(10);
      const heldMs = performance.now();
      await until(
        async () => {
          expect(await rig.transfers()).toHaveLength(10);
          return performance.now() - heldMs > 12_000;
        },
        { what: 'longer than the ack deadline', timeoutMs: 30_000, intervalMs: 500 },
      );
      await until(
        async () => {
          await rig.closeAll();
          return (await rig.transfers()).length === 40;
        },
        { what: 'all events to be started', timeoutMs: 60_000, intervalMs: 200 },
      );
      // A lease that had run out would have brought a message twice.
      expect(rig.logged('bridge_event_duplicate')).toEqual([]);
    }, 120_000);

    it('gives back what waits when it is stopped, and another bridge takes it', async () => {
      const events = Array.from({ length: 6 }, () => newEvent());
      for (const event of events) await send(event);
      const first = await rig.bridge(settings({ LONGHAUL_BRIDGE_MAX_OPEN_TRANSFERS: '2' }));
      await rig.untilTransfers(2);
      await first.stop();
      expect(await rig.transfers()).toHaveLength(2);
      await rig.bridge(settings());
      await rig.untilTransfers(6, 60_000);
      expect(new Set(await rig.transfers()).size).toBe(6);
    }, 90_000);

    it('acknowledges for certain where the subscription delivers exactly once', async () => {
      const name = uniqueName('once');
      await input.createSubscription(name, { ackDeadlineSeconds: 10, enableExactlyOnceDelivery: true });
      const event = newEvent();
      await send(event);
      const env = settings({ LONGHAUL_BRIDGE_PUBSUB_SUBSCRIPTION: `projects/${PROJECT}/subscriptions/${name}` });
      const first = await rig.bridge(env);
      await rig.untilTransfers(1);
      await first.stop();
      // What was acknowledged does not come again: the next one gets only what is sent after it.
      await rig.bridge(env);
      await send(newEvent());
      await rig.untilTransfers(2);
      expect(rig.logged('bridge_event_duplicate')).toEqual([]);
      expect(rig.logged('bridge_acknowledge_failed')).toEqual([]);
    }, 60_000);

    it('says that the subscription is missing, is not ready, and reads it once it is there', async () => {
      const name = uniqueName('later');
      const bridge = await rig.bridge(
        settings({ LONGHAUL_BRIDGE_PUBSUB_SUBSCRIPTION: `projects/${PROJECT}/subscriptions/${name}` }),
      );
      await until(() => rig.logged('bridge_queue_lost').length > 0, { what: 'the fault', timeoutMs: 30_000 });
      expect(rig.logged('bridge_queue_lost')[0]!.error).toMatchObject({ code: 'QueueNotFound' });
      expect(bridge.isReady()).toBe(false);
      await input.createSubscription(name);
      await send(newEvent());
      await rig.untilTransfers(1, 60_000);
      expect(bridge.isReady()).toBe(true);
    }, 90_000);
  });
});
