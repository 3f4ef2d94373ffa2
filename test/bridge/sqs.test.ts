/** Events from SQS: a real server, an ordinary client, a bridge in this process. */
import type { DlqEnvelope, TransferEvent } from '../../src/model/transfer-event';
import { transferWorkflowId } from '../../src/model/transfer-event';
import { until } from '../support/until';
import { BridgeRig } from './support/bridge-rig';
import { newEvent } from './support/events';
import type { SqsServer } from '../../src/dev/sqs-server';
import { describeWithTools } from '../support/tools';
import { type Owned, startSqs } from './support/queues';
import { SqsQueues } from './support/sqs-queues';

describeWithTools(['elasticmq'])('SQS', () => {
  let sqs: Owned<SqsServer>;
  let queues: SqsQueues;
  let rig: BridgeRig;
  let input: string;
  let dlq: string;

  beforeAll(async () => {
    sqs = await startSqs();
    queues = new SqsQueues(sqs.server.endpoint);
  }, 90_000);
  afterAll(async () => {
    queues.close();
    await sqs.stop();
  });

  beforeEach(async () => {
    rig = await BridgeRig.start();
    input = await queues.create('events');
    dlq = await queues.create('dead');
  });
  afterEach(() => rig.stop());

  const settings = (more: Record<string, string> = {}): Record<string, string> => ({
    LONGHAUL_BRIDGE_SQS_QUEUE_URL: input,
    LONGHAUL_DLQ: dlq,
    ...more,
  });

  const untilEmpty = (): Promise<true> =>
    until(() => queues.isEmpty(input), { what: 'the queue to be empty', timeoutMs: 30_000 });

  const deadLetters = async (count: number): Promise<DlqEnvelope[]> => {
    const envelopes: DlqEnvelope[] = [];
    await until(
      async () => {
        envelopes.push(...(await queues.take(dlq)).map((text) => JSON.parse(text) as DlqEnvelope));
        return envelopes.length >= count;
      },
      { what: `${count} dead letters`, timeoutMs: 30_000 },
    );
    return envelopes;
  };

  describe('a bridge that reads SQS', () => {
    it('starts the transfer of an event with the dead-letter queue it is to use, and deletes the message', async () => {
      const event = newEvent({ metadata: { priority: 'high' } });
      await queues.send(input, event);
      const bridge = await rig.bridge(settings());
      expect(bridge.isReady()).toBe(true);
      const [id] = await rig.untilTransfers(1);
      expect(id).toBe(transferWorkflowId(event.eventId));
      await untilEmpty();
      const history = await rig.client.workflow.getHandle(id!).fetchHistory();
      const started = history.events![0]!.workflowExecutionStartedEventAttributes!;
      const args = JSON.parse(Buffer.from(started.input!.payloads![0]!.data!).toString()) as unknown;
      expect(args).toEqual({ event, deadLetter: { kind: 'sqs', queueUrl: dlq, region: 'us-east-1' } });
      expect(started.priority?.priorityKey).toBe(1);
    });

    it('starts one transfer where the same event comes a hundred times at once', async () => {
      const event = newEvent();
      await queues.sendAll(
        input,
        Array.from({ length: 100 }, () => event),
      );
      await rig.bridge(settings());
      await untilEmpty();
      expect(await rig.untilTransfers(1)).toEqual([transferWorkflowId(event.eventId)]);
      expect(rig.logged('bridge_event_duplicate')).toHaveLength(99);
      expect(await rig.metrics.prometheus()).toContain('transfer_duplicates_total 99');
    });

    it('takes the message out of an SNS notification', async () => {
      const event = newEvent();
      const wrapped = { Type: 'Notification', TopicArn: 'arn:aws:sns:us-east-1:1:t', Message: JSON.stringify(event) };
      await queues.send(input, wrapped);
      await rig.bridge(settings());
      expect(await rig.untilTransfers(1)).toEqual([transferWorkflowId(event.eventId)]);
      await untilEmpty();
    });

    it('puts what is no event into the dead-letter queue as it came, says why, and deletes it', async () => {
      const incomplete = { ...newEvent(), correlationId: undefined };
      const version2 = { ...newEvent(), schemaVersion: '2.0.0' };
      const notification = { Records: [{ eventSource: 'aws:s3', s3: { object: { key: 'a' } } }] };
      const bodies = ['this is not JSON', incomplete, version2, notification];
      for (const body of bodies) await queues.send(input, body);
      await rig.bridge(settings());
      const envelopes = await deadLetters(4);
      await untilEmpty();
      expect(await rig.transfers()).toEqual([]);
      const byBody = new Map(envelopes.map((envelope) => [envelope.body, envelope]));
      const reasonOf = (body: unknown): string =>
        byBody.get(typeof body === 'string' ? body : JSON.stringify(body))?.error.message ?? 'not there';
      expect(reasonOf(bodies[0])).toMatch(/not JSON/);
      expect(reasonOf(incomplete)).toMatch(/correlationId is missing/);
      expect(reasonOf(version2)).toMatch(/schemaVersion must be 1\.x/);
      expect(reasonOf(notification)).toMatch(/S3 event notification.*send a transfer event/);
      expect(byBody.get(JSON.stringify(version2))).toMatchObject({
        error: { code: 'EventInvalid' },
        attempts: 0,
        replay: `longhaul dlq replay --event-id ${version2.eventId}`,
      });
      expect(await rig.metrics.prometheus()).toContain('dead_letters_total{error_code="EventInvalid"} 4');
    });

    it('cuts a body that the dead-letter queue does not take whole, and tells its length and hash', async () => {
      const body = 'ä"'.repeat(349_000); // 1,047,000 bytes: SQS takes it, but not with an envelope around it
      await queues.send(input, body);
      await rig.bridge(settings());
      const [envelope] = await deadLetters(1);
      await untilEmpty();
      expect(envelope!.bodyInfo).toMatchObject({ bytes: 1_047_000, truncated: true, encoding: 'utf8' });
      expect(envelope!.bodyInfo!.sha256).toHaveLength(64);
      expect(envelope!.body!.length).toBeGreaterThan(300_000);
      expect(body.startsWith(envelope!.body!)).toBe(true);
    });

    it('keeps a bad message while the dead-letter queue is not there, and buries it once it is', async () => {
      const missing = dlq.replace(/[^/]+$/, (name) => `${name}-later`);
      await queues.send(input, 'poison');
      const good = newEvent();
      await queues.send(input, good);
      await rig.bridge(settings({ LONGHAUL_DLQ: missing, LONGHAUL_BRIDGE_VISIBILITY_SEC: '3' }));
      await until(() => rig.logged('bridge_message_later').length > 0, { what: 'the first try', timeoutMs: 30_000 });
      // A good one is not held up by it.
      expect(await rig.untilTransfers(1)).toEqual([transferWorkflowId(good.eventId)]);
      expect(await queues.isEmpty(input)).toBe(false);
      expect(rig.logged('bridge_message_later')[0]!.error).toMatchObject({ code: 'QueueNotFound' });
      const { CreateQueueCommand } = await import('@aws-sdk/client-sqs');
      await queues.client.send(new CreateQueueCommand({ QueueName: missing.split('/').at(-1)! }));
      await untilEmpty();
      expect(await queues.take(missing)).toHaveLength(1);
    });

    it('stops pulling while as many transfers are open as may be, holds what it has, and goes on by itself', async () => {
      const events: TransferEvent[] = Array.from({ length: 25 }, () => newEvent());
      await queues.sendAll(input, events);
      const visibilitySec = 3;
      const bridge = await rig.bridge(
        settings({ LONGHAUL_BRIDGE_MAX_OPEN_TRANSFERS: '5', LONGHAUL_BRIDGE_VISIBILITY_SEC: String(visibilitySec) }),
      );
      await rig.untilTransfers(5);
      // Longer than the visibility timeout: what is held stays hidden, and nothing else is taken.
      const heldMs = performance.now();
      await until(
        async () => {
          expect(await rig.transfers()).toHaveLength(5);
          expect((await queues.counts(input)).visible).toBe(15);
          return performance.now() - heldMs > (visibilitySec + 2) * 1_000;
        },
        { what: 'more than the visibility timeout', timeoutMs: 30_000, intervalMs: 200 },
      );
      expect(bridge.isReady()).toBe(true);
      await until(
        async () => {
          const open = await rig.transfers(`AND ExecutionStatus = 'Running'`);
          expect(open.length).toBeLessThanOrEqual(5);
          await rig.closeAll();
          return queues.isEmpty(input);
        },
        { what: 'all events to be started', timeoutMs: 60_000, intervalMs: 100 },
      );
      const started = await rig.untilTransfers(25);
      expect(started.sort()).toEqual(events.map(({ eventId }) => transferWorkflowId(eventId)).sort());
      expect(rig.logged('bridge_event_duplicate')).toEqual([]);
    }, 90_000);

    it('keeps events in their queue where the namespace lacks the search attributes', async () => {
      await rig.stop();
      rig = await BridgeRig.startBare();
      await queues.send(input, newEvent());
      await rig.bridge(settings());
      await until(() => rig.logged('bridge_message_later').length > 0, { what: 'the first try', timeoutMs: 60_000 });
      expect(rig.logged('bridge_message_later')[0]!.error).toMatchObject({ code: 'SearchAttributesMissing' });
      expect(await queues.isEmpty(input)).toBe(false);
      expect(await queues.take(dlq)).toEqual([]);
    }, 90_000);

    it('says what is wrong with a queue that is not there, is not ready, and reads it once it is', async () => {
      const later = input.replace(/[^/]+$/, (name) => `${name}-later`);
      const bridge = await rig.bridge(settings({ LONGHAUL_BRIDGE_SQS_QUEUE_URL: later }));
      await until(() => rig.logged('bridge_queue_lost').length > 0, { what: 'the fault', timeoutMs: 30_000 });
      expect(rig.logged('bridge_queue_lost')[0]!.error).toMatchObject({ code: 'QueueNotFound' });
      expect(bridge.isReady()).toBe(false);
      const { CreateQueueCommand } = await import('@aws-sdk/client-sqs');
      await queues.client.send(new CreateQueueCommand({ QueueName: later.split('/').at(-1)! }));
      await queues.send(later, newEvent());
      await rig.untilTransfers(1, 60_000);
      await until(() => bridge.isReady(), { what: 'readiness', timeoutMs: 10_000 });
    }, 90_000);
  });
});
