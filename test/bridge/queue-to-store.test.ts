/** From a message in a queue to an object in the other store, by one worker of all roles; and what fails, by `longhaul dlq`. */
import * as path from 'node:path';
import { childEnv } from '../../src/config/environment';
import type { SqsServer } from '../../src/dev/sqs-server';
import { REPOSITORY_ROOT } from '../../src/dev/tools';
import { transferWorkflowId } from '../../src/model/transfer-event';
import { EventRig, patterned, sha256Of } from '../support/event-rig';
import { runScript, type ScriptResult } from '../support/run-script';
import { describeWithTools } from '../support/tools';
import { until } from '../support/until';
import { type Owned, sqsVariables, startSqs } from './support/queues';
import { SqsQueues } from './support/sqs-queues';

describeWithTools(['elasticmq'])('events from a queue', () => {
  let sqs: Owned<SqsServer>;
  let queues: SqsQueues;
  let rig: EventRig;
  let input: string;
  let variables: Record<string, string>;

  beforeAll(async () => {
    sqs = await startSqs();
    queues = new SqsQueues(sqs.server.endpoint);
    input = await queues.create('events');
    variables = {
      AWS_ENDPOINT_URL_SQS: sqsVariables(sqs.server)['AWS_ENDPOINT_URL_SQS']!,
      LONGHAUL_BRIDGE_SQS_QUEUE_URL: input,
      LONGHAUL_DLQ: await queues.create('dead'),
    };
    rig = await EventRig.start(variables);
  }, 120_000);
  afterAll(async () => {
    await rig.stop();
    queues.close();
    await sqs.stop();
  });

  const dlq = (...argv: string[]): Promise<ScriptResult> =>
    runScript(
      [path.join(REPOSITORY_ROOT, 'bin', 'longhaul.js'), 'dlq', ...argv, '--json'],
      childEnv({ ...rig.harness.cliEnv(), ...sqsVariables(sqs.server), ...variables }),
    );

  it('are moved, verified and deleted; one that fails is found, mended and replayed', async () => {
    const body = patterned(300_000);
    const source = rig.at('aws_s3', 'in/there.bin');
    const target = rig.at('gcp_gcs', 'out/there.bin');
    await rig.put(source, body);
    const good = rig.event(source, target, { checksumSHA256: sha256Of(body) });
    const missing = rig.event(rig.at('gcp_gcs', 'in/late.bin'), rig.at('aws_s3', 'out/late.bin'));
    await queues.sendAll(input, [good, missing, good]);

    await until(async () => (await rig.read(target)) !== null, { what: 'the object', timeoutMs: 60_000 });
    expect((await rig.read(target))?.body.equals(body)).toBe(true);
    await until(() => queues.isEmpty(input), { what: 'the queue to be empty', timeoutMs: 30_000 });

    const failed = await until(
      async () => {
        const { stdout } = await dlq('show', missing.eventId);
        return stdout === '' ? null : (JSON.parse(stdout) as { message: unknown });
      },
      { what: 'the dead letter', timeoutMs: 60_000 },
    );
    expect(failed.message).toMatchObject({
      event: missing,
      error: { code: 'SourceNotFound' },
      workflowId: transferWorkflowId(missing.eventId),
      replay: `longhaul dlq replay --event-id ${missing.eventId}`,
    });
    await rig.put(missing.source, body);
    const replayed = await dlq('replay', '--event-id', missing.eventId);
    expect(JSON.parse(replayed.stdout)).toMatchObject({ replayed: [{ outcome: 'started' }], left: [] });
    await rig.harness.client.workflow.getHandle(transferWorkflowId(missing.eventId)).result();
    expect((await rig.read(missing.destination))?.body.equals(body)).toBe(true);
    expect(JSON.parse((await dlq('list')).stdout)).toMatchObject({ letters: [] });
  }, 180_000);
});
