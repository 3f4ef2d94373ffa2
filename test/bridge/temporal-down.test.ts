/** Temporal goes away for a while: events stay in their queue, `/ready` says so, and all goes on by itself. */
import type { LoggedProcess } from '../../src/dev/process';
import { freePort } from '../../src/dev/ports';
import { startTemporalServer } from '../../src/dev/temporal-server';
import type { TemporalServer } from '../../src/dev/types';
import { startWorkerProcess } from '../../src/dev/worker-process';
import { freshFolder } from '../support/shared-stack';
import { until } from '../support/until';
import { BridgeRig } from './support/bridge-rig';
import { newEvent } from './support/events';
import type { SqsServer } from '../../src/dev/sqs-server';
import { describeWithTools } from '../support/tools';
import { type Owned, sqsVariables, startSqs } from './support/queues';
import { SqsQueues } from './support/sqs-queues';

const TOKEN = 'a-token-of-this-test-alone';
const folder = freshFolder('bridge-down');

describeWithTools(['elasticmq'])('a bridge without Temporal', () => {
  let temporal: TemporalServer;
  let sqs: Owned<SqsServer>;
  let queues: SqsQueues;
  let rig: BridgeRig;
  let bridge: LoggedProcess;

  beforeAll(async () => {
    [temporal, sqs] = await Promise.all([
      startTemporalServer({ dataDir: folder.path, logDir: folder.path }),
      startSqs(),
    ]);
    queues = new SqsQueues(sqs.server.endpoint);
    rig = await BridgeRig.start(temporal.address);
  }, 120_000);
  afterAll(async () => {
    await bridge.kill();
    await rig.stop();
    queues.close();
    await Promise.all([temporal.stop(), sqs.stop()]);
    folder.remove();
  });

  it('keeps messages in the queue while Temporal is down, answers 503, and recovers by itself', async () => {
    const input = await queues.create('events');
    const health = `127.0.0.1:${await freePort()}`;
    const http = `127.0.0.1:${await freePort()}`;
    bridge = await startWorkerProcess({
      name: 'bridge',
      temporalAddress: temporal.address,
      namespace: rig.namespace,
      configDir: folder.path,
      logDir: folder.path,
      roles: ['bridge'],
      env: {
        ...sqsVariables(sqs.server),
        LONGHAUL_BRIDGE_SQS_QUEUE_URL: input,
        LONGHAUL_BRIDGE_VISIBILITY_SEC: '5',
        LONGHAUL_BRIDGE_HTTP_ADDRESS: http,
        LONGHAUL_BRIDGE_HTTP_TOKEN_ENV: 'TEST_BRIDGE_TOKEN',
        TEST_BRIDGE_TOKEN: TOKEN,
        LONGHAUL_DLQ: await queues.create('dead'),
        LONGHAUL_HEALTH_ADDRESS: health,
      },
    });
    const ready = async (): Promise<number> => (await fetch(`http://${health}/ready`)).status;
    const post = (body: unknown): Promise<Response> =>
      fetch(`http://${http}/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}` },
        body: JSON.stringify(body),
      });
    expect(await ready()).toBe(200);
    await queues.send(input, newEvent());
    await rig.untilTransfers(1);

    await temporal.kill();
    const waiting = Array.from({ length: 12 }, () => newEvent());
    await queues.sendAll(input, waiting);
    await until(async () => (await ready()) === 503, { what: '/ready to say 503', timeoutMs: 60_000, intervalMs: 100 });
    const refused = await post(newEvent());
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await fetch(`http://${health}/health`)).status).toBe(200);
    // At most one batch was taken before it was known, and each of it is given back.
    await until(async () => (await queues.counts(input)).visible >= 12, {
      what: 'all messages to be in the queue, visible',
      timeoutMs: 60_000,
      intervalMs: 100,
    });

    await temporal.restart();
    await until(async () => (await ready()) === 200, { what: '/ready to say 200', timeoutMs: 90_000, intervalMs: 100 });
    await rig.untilTransfers(13, 60_000);
    await until(() => queues.isEmpty(input), { what: 'the queue to be empty', timeoutMs: 60_000 });
    expect((await post(newEvent())).status).toBe(202);
  }, 240_000);
});
