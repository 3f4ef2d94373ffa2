/** A dead-letter queue whose server is stopped: the failed event waits for it in its workflow, and is put there when it is back. */
import type { SqsServer } from '../../src/dev/sqs-server';
import type { DlqEnvelope } from '../../src/model/transfer-event';
import { EventRig } from '../support/event-rig';
import { failureOf } from '../support/run-outcome';
import { uniqueName } from '../support/shared-stack';
import { describeWithTools } from '../support/tools';
import { until } from '../support/until';
import { type Owned, startSqs } from './support/queues';
import { startSqsProxy, type SqsProxy } from './support/sqs-proxy';
import { SqsQueues } from './support/sqs-queues';

describeWithTools(['elasticmq'])('while the server of the dead-letter queue is stopped', () => {
  let sqs: Owned<SqsServer>;
  let queues: SqsQueues;
  let proxy: SqsProxy;
  let rig: EventRig;

  beforeAll(async () => {
    sqs = await startSqs();
    queues = new SqsQueues(sqs.server.endpoint);
    proxy = await startSqsProxy(sqs.server.endpoint);
    rig = await EventRig.start({ AWS_ENDPOINT_URL_SQS: proxy.endpoint });
  }, 120_000);
  afterAll(async () => {
    await rig.stop();
    await proxy.close();
    queues.close();
    await sqs.stop();
  });

  it('a failed event keeps its workflow open, over a restart of the worker too, and is delivered once', async () => {
    const queueUrl = await queues.create('dead');
    const deadLetter = { kind: 'sqs', queueUrl, region: 'us-east-1' } as const;
    const event = rig.event(rig.at('aws_s3', 'nowhere'), rig.at('aws_s3', uniqueName('never')));
    await proxy.goDown();
    const handle = await rig.start(event, deadLetter);
    const untilRefused = (attempt: number): Promise<true> =>
      until(
        async () => {
          const { status, raw } = await handle.describe();
          expect(status.name).toBe('RUNNING');
          const [pending] = raw.pendingActivities ?? [];
          return pending?.activityType?.name === 'deadLetter' && (pending.attempt ?? 0) >= attempt ? true : null;
        },
        { what: `try ${attempt} at the queue`, timeoutMs: 60_000 },
      );
    await untilRefused(3);
    const [worker] = rig.harness.workers;
    await worker?.stop();
    await rig.harness.startWorker({ env: rig.env });
    await untilRefused(4);
    expect(await handle.query('progress')).toMatchObject({
      stage: 'reporting',
      failures: [{ code: 'SourceNotFound' }],
    });

    await proxy.comeBack();
    const { code, message } = await failureOf(handle);
    expect(code).toBe('SourceNotFound');
    const letters = (await queues.take(queueUrl)).map((body) => JSON.parse(body) as DlqEnvelope);
    expect(letters).toMatchObject([
      {
        event,
        error: { code, message },
        attempts: 1,
        workflowId: handle.workflowId,
        runId: handle.firstExecutionRunId,
      },
    ]);
  }, 180_000);
});
