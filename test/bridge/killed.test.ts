/** A bridge in a process of its own, killed or stopped at chosen points: nothing is lost, nothing is moved twice. */
import type { LoggedProcess } from '../../src/dev/process';
import { startWorkerProcess } from '../../src/dev/worker-process';
import { transferWorkflowId } from '../../src/model/transfer-event';
import { freshFolder, sharedStack } from '../support/shared-stack';
import { until } from '../support/until';
import { BridgeRig } from './support/bridge-rig';
import { newEvent } from './support/events';
import type { SqsServer } from '../../src/dev/sqs-server';
import { describeWithTools } from '../support/tools';
import { type Owned, sqsVariables, startSqs } from './support/queues';
import { type SqsProxy, startSqsProxy } from './support/sqs-proxy';
import { SqsQueues } from './support/sqs-queues';

const folder = freshFolder('bridge');
/** Short, so that what a dead bridge held comes again soon. */
const VISIBILITY_SEC = '3';

describeWithTools(['elasticmq'])('a bridge in a process of its own', () => {
  let sqs: Owned<SqsServer>;
  let proxy: SqsProxy;
  let queues: SqsQueues;
  let rig: BridgeRig;
  let input: string;
  let dlq: string;
  let processes: LoggedProcess[] = [];

  beforeAll(async () => {
    sqs = await startSqs();
    queues = new SqsQueues(sqs.server.endpoint);
  }, 90_000);
  afterAll(async () => {
    queues.close();
    await sqs.stop();
    folder.remove();
  });

  beforeEach(async () => {
    proxy = await startSqsProxy(sqs.server.endpoint);
    rig = await BridgeRig.start();
    input = await queues.create('events');
    dlq = await queues.create('dead');
  });
  afterEach(async () => {
    await Promise.all(processes.map((each) => each.kill()));
    processes = [];
    await rig.stop();
    await proxy.close();
  });

  const startBridgeProcess = async (env: Record<string, string> = {}): Promise<LoggedProcess> => {
    const child = await startWorkerProcess({
      name: `bridge-${rig.namespace}-${processes.length + 1}`,
      temporalAddress: sharedStack().temporal.address,
      namespace: rig.namespace,
      configDir: folder.path,
      logDir: folder.path,
      roles: ['bridge'],
      env: {
        ...sqsVariables(sqs.server),
        AWS_ENDPOINT_URL_SQS: proxy.endpoint,
        LONGHAUL_BRIDGE_SQS_QUEUE_URL: input,
        LONGHAUL_DLQ: dlq,
        LONGHAUL_BRIDGE_VISIBILITY_SEC: VISIBILITY_SEC,
        ...env,
      },
    });
    processes.push(child);
    return child;
  };

  const untilEmpty = (): Promise<true> =>
    until(() => queues.isEmpty(input), { what: 'the queue to be empty', timeoutMs: 60_000 });

  describe('a bridge that is killed', () => {
    it('between start and acknowledgement: the message comes again and is a duplicate', async () => {
      const event = newEvent();
      await queues.send(input, event);
      const held = proxy.hold('DeleteMessageBatch');
      const first = await startBridgeProcess();
      await held;
      expect(await rig.untilTransfers(1)).toEqual([transferWorkflowId(event.eventId)]);
      await first.kill();
      proxy.drop();
      expect(await queues.isEmpty(input)).toBe(false);
      const second = await startBridgeProcess();
      await untilEmpty();
      expect(second.output()).toContain('bridge_event_duplicate');
      expect(await rig.transfers()).toHaveLength(1);
    }, 120_000);

    it('before the start: the messages come again and are started by the next one', async () => {
      const events = Array.from({ length: 3 }, () => newEvent());
      await queues.sendAll(input, events);
      // One place: two of the three are in hand, and wait for it.
      const killed = await startBridgeProcess({ LONGHAUL_BRIDGE_MAX_OPEN_TRANSFERS: '1' });
      await rig.untilTransfers(1);
      await until(async () => (await queues.counts(input)).hidden === 2, {
        what: 'two messages in hand',
        timeoutMs: 30_000,
      });
      await killed.kill();
      expect(await rig.transfers()).toHaveLength(1);
      const next = await startBridgeProcess();
      const started = await rig.untilTransfers(3, 60_000);
      expect(started.sort()).toEqual(events.map(({ eventId }) => transferWorkflowId(eventId)).sort());
      await untilEmpty();
      expect(next.output()).not.toContain('bridge_event_duplicate');
    }, 120_000);
  });

  describe('a bridge that gets SIGTERM', () => {
    it('acknowledges what is in hand, takes nothing new, and exits with 0', async () => {
      const event = newEvent();
      await queues.send(input, event);
      const held = proxy.hold('DeleteMessageBatch');
      const bridge = await startBridgeProcess();
      await held;
      process.kill(bridge.pid, 'SIGTERM');
      await queues.send(input, newEvent());
      const polls = proxy.counts['ReceiveMessage'];
      proxy.release();
      expect(await bridge.exited).toEqual({ code: 0, signal: null });
      expect(proxy.counts['ReceiveMessage']).toBe(polls);
      expect(await queues.counts(input)).toEqual({ visible: 1, hidden: 0 });
      expect(await rig.transfers()).toHaveLength(1);
    }, 120_000);

    it('gives back at once what waits for a place', async () => {
      const events = Array.from({ length: 5 }, () => newEvent());
      await queues.sendAll(input, events);
      const bridge = await startBridgeProcess({
        LONGHAUL_BRIDGE_MAX_OPEN_TRANSFERS: '1',
        LONGHAUL_BRIDGE_VISIBILITY_SEC: '600',
      });
      await rig.untilTransfers(1);
      process.kill(bridge.pid, 'SIGTERM');
      expect(await bridge.exited).toEqual({ code: 0, signal: null });
      expect(await queues.counts(input)).toEqual({ visible: 4, hidden: 0 });
    }, 120_000);
  });

  describe('longhaul worker --roles bridge', () => {
    it('says what is missing where nothing is configured', async () => {
      const empty = { LONGHAUL_BRIDGE_SQS_QUEUE_URL: '', LONGHAUL_DLQ: '' };
      await expect(startBridgeProcess(empty)).rejects.toThrow(
        /LONGHAUL_BRIDGE_SQS_QUEUE_URL is not set.*nothing to read/,
      );
      await expect(startBridgeProcess({ LONGHAUL_DLQ: '' })).rejects.toThrow(/LONGHAUL_DLQ is missing/);
    }, 60_000);
  });
});
