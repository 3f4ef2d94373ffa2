/** `longhaul dlq` as its users run it, over a real queue of SQS and a real topic of Pub/Sub. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { PubSub } from '@google-cloud/pubsub';
import { createDeadLetterQueue } from '../../src/bridge/create-dlq';
import { childEnv } from '../../src/config/environment';
import { REPOSITORY_ROOT } from '../../src/dev/tools';
import {
  type DlqEnvelope,
  replayCommand,
  type TransferEvent,
  transferWorkflowId,
} from '../../src/model/transfer-event';
import { runScript, type ScriptResult } from '../support/run-script';
import { freshFolder, sharedStack, uniqueName } from '../support/shared-stack';
import { BridgeRig } from './support/bridge-rig';
import { newEvent } from './support/events';
import type { PubSubServer } from '../../src/dev/pubsub-server';
import type { SqsServer } from '../../src/dev/sqs-server';
import { describeWithTools } from '../support/tools';
import { type Owned, startPubsub, startSqs } from './support/queues';
import { SqsQueues } from './support/sqs-queues';

const PROJECT = 'test-project';
const folder = freshFolder('dlq');
const signal = new AbortController().signal;

describeWithTools(['elasticmq', 'pubsub-emulator'])('dead letters', () => {
  let sqs: Owned<SqsServer>;
  let pubsub: Owned<PubSubServer>;
  let queues: SqsQueues;
  let google: PubSub;
  let rig: BridgeRig;

  beforeAll(async () => {
    [sqs, pubsub] = await Promise.all([startSqs(), startPubsub()]);
    queues = new SqsQueues(sqs.server.endpoint);
    google = new PubSub({ projectId: PROJECT });
    rig = await BridgeRig.start();
  }, 90_000);
  afterAll(async () => {
    await rig.stop();
    queues.close();
    await google.close();
    await Promise.all([sqs.stop(), pubsub.stop()]);
    folder.remove();
  });

  type Variables = Record<string, string>;

  const sqsDlq = async (): Promise<Variables> => ({ LONGHAUL_DLQ: await queues.create('dead') });

  const pubsubDlq = async (): Promise<Variables> => {
    const name = uniqueName('dead');
    const [topic] = await google.createTopic(name);
    await topic.createSubscription(name);
    return {
      LONGHAUL_DLQ: `projects/${PROJECT}/topics/${name}`,
      LONGHAUL_DLQ_SUBSCRIPTION: `projects/${PROJECT}/subscriptions/${name}`,
    };
  };

  const dlq = (variables: Variables, ...argv: string[]): Promise<ScriptResult> =>
    runScript(
      [path.join(REPOSITORY_ROOT, 'bin', 'longhaul.js'), 'dlq', ...argv],
      childEnv({
        TEMPORAL_ADDRESS: sharedStack().temporal.address,
        TEMPORAL_NAMESPACE: rig.namespace,
        ...variables,
      }),
    );

  interface Listed {
    readonly letters: readonly { id: string; eventId: string | null; error: { code: string } | null }[];
    readonly more: boolean;
  }

  const list = async (variables: Variables, ...argv: string[]): Promise<Listed> => {
    const { stdout, stderr, exitCode } = await dlq(variables, 'list', '--json', ...argv);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    return JSON.parse(stdout) as Listed;
  };

  const envelopeOf = (content: { event: TransferEvent } | { body: string }): DlqEnvelope => ({
    schemaVersion: '1.0.0',
    ...content,
    error: { code: 'SourceNotFound', message: 's3://source-data-bucket/data/file.parquet is not there.' },
    attempts: 1,
    workflowId: 'event' in content ? transferWorkflowId(content.event.eventId) : null,
    runId: null,
    failedAt: '2026-01-31T09:30:00.000Z',
    replay: replayCommand('event' in content ? content.event.eventId : null),
  });

  const publish = async (variables: Variables, ...contents: Parameters<typeof envelopeOf>[0][]): Promise<void> => {
    const { LONGHAUL_DLQ: target = '' } = variables;
    const queue = createDeadLetterQueue({
      target: target.startsWith('projects/')
        ? { kind: 'pubsub', topic: target }
        : { kind: 'sqs', queueUrl: target, region: 'us-east-1' },
      subscription: null,
    });
    for (const content of contents) await queue.publish(envelopeOf(content), signal);
    await queue.close();
  };

  describe.each([
    ['SQS', sqsDlq],
    ['Pub/Sub', pubsubDlq],
  ])('longhaul dlq over %s', (_name, create) => {
    it('lists and shows without taking anything out, and lists less where it is told to', async () => {
      const variables = await create();
      const events = [newEvent(), newEvent(), newEvent()];
      await publish(variables, ...events.map((event) => ({ event })));
      const first = await list(variables);
      expect(first.letters.map(({ eventId }) => eventId).sort()).toEqual(events.map(({ eventId }) => eventId).sort());
      expect(first.more).toBe(false);
      expect(await list(variables, '--limit', '2')).toMatchObject({ more: true, letters: [{}, {}] });
      const shown = await dlq(variables, 'show', events[1]!.eventId, '--json');
      expect(JSON.parse(shown.stdout)).toMatchObject({ message: { event: events[1], attempts: 1 } });
      expect((await list(variables)).letters).toHaveLength(3);
      expect((await dlq(variables, 'list')).stdout).toContain('SourceNotFound');
    }, 90_000);

    it('replays one event and deletes its message; a dry run does neither', async () => {
      const variables = await create();
      const [wanted, other] = [newEvent(), newEvent()];
      await publish(variables, { event: wanted }, { event: other });
      const dry = await dlq(variables, 'replay', '--event-id', wanted.eventId, '--dry-run', '--json');
      expect(JSON.parse(dry.stdout)).toMatchObject({ replayed: [{ outcome: 'would be started' }] });
      expect(await rig.transfers()).not.toContain(transferWorkflowId(wanted.eventId));
      const real = await dlq(variables, 'replay', '--event-id', wanted.eventId, '--json');
      expect(JSON.parse(real.stdout)).toMatchObject({
        replayed: [{ eventId: wanted.eventId, outcome: 'started' }],
        left: [],
      });
      expect((await list(variables)).letters.map(({ eventId }) => eventId)).toEqual([other.eventId]);
      await expect(rig.client.workflow.getHandle(transferWorkflowId(wanted.eventId)).describe()).resolves.toBeDefined();
    }, 90_000);

    it('replays what can be replayed, keeps what holds no event, and takes a corrected one for it', async () => {
      const variables = await create();
      const good = newEvent();
      await publish(variables, { body: JSON.stringify(good) }, { body: 'no event' });
      const all = await dlq(variables, 'replay', '--all', '--json');
      expect(all.exitCode).toBe(2);
      expect(JSON.parse(all.stdout)).toMatchObject({
        replayed: [{ eventId: good.eventId, outcome: 'started' }],
        left: [{ problems: [expect.stringMatching(/not JSON/) as string] }],
      });
      const { letters } = await list(variables);
      expect(letters).toHaveLength(1);
      const corrected = newEvent();
      const file = path.join(folder.path, `${corrected.eventId}.json`);
      writeFileSync(file, JSON.stringify(corrected));
      const fixed = await dlq(variables, 'replay', '--id', letters[0]!.id, '--event', file, '--json');
      expect(JSON.parse(fixed.stdout)).toMatchObject({
        replayed: [{ eventId: corrected.eventId, outcome: 'started' }],
      });
      expect((await list(variables)).letters).toEqual([]);
    }, 90_000);

    it('purges only with --yes, and says what it would purge', async () => {
      const variables = await create();
      await publish(variables, { body: 'one' }, { body: 'two' });
      const refused = await dlq(variables, 'purge', '--all');
      expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
      expect(refused.stderr).toContain('--yes');
      expect((await dlq(variables, 'purge', '--all', '--dry-run')).stdout).toContain('2 messages would be deleted');
      expect((await list(variables)).letters).toHaveLength(2);
      expect((await dlq(variables, 'purge', '--all', '--yes')).stdout).toContain('2 messages deleted');
      expect((await list(variables)).letters).toEqual([]);
    }, 90_000);
  });

  describe('longhaul dlq', () => {
    it('says what is missing, and which message is not there', async () => {
      const none = await dlq({ LONGHAUL_DLQ: '' }, 'list');
      expect(none.exitCode).toBe(3);
      expect(none.stderr).toMatch(/LONGHAUL_DLQ is not set: set it to/);
      const unread = await dlq({ LONGHAUL_DLQ: `projects/${PROJECT}/topics/t` }, 'list');
      expect(unread.stderr).toMatch(/LONGHAUL_DLQ_SUBSCRIPTION/);
      const absent = await dlq(await sqsDlq(), 'replay', '--id', randomUUID());
      expect(absent.stderr).toMatch(/holds no message of/);
      expect((await dlq({}, 'replay')).stderr).toMatch(/Give one of --id, --event-id or --all/);
    }, 60_000);
  });
});
