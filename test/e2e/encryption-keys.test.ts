/** Keys that change while a run is under way, that a worker lacks, and payloads that somebody has changed. */
import * as path from 'node:path';
import { Client, type DataConverter } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { childEnv } from '../../src/config/environment';
import { generatedFile } from '../../src/dev/export-api';
import { REPOSITORY_ROOT } from '../../src/dev/tools';
import { readPayloadKeys } from '../../src/config/payload-keys';
import { EncryptingCodec } from '../../src/ops/payload-codec';
import { bareClient, converterOf, keyIdsIn, newKey, plainPayloads } from '../support/encrypted';
import { errorOf } from '../support/longhaul-command';
import { RunHarness } from '../support/run-harness';
import { runScript, type ScriptResult } from '../support/run-script';
import { uniqueName } from '../support/shared-stack';
import { until } from '../support/until';

const [OLD, NEW] = [newKey('2026-08'), newKey('2026-11')];
const MIB = 2 ** 20;
const LARGE = generatedFile('asset', 'large.parquet', 12 * MIB, 1);

const open: RunHarness[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((harness) => harness.stop()));
}, 60_000);

const harnessWith = async (dataConverter: DataConverter): Promise<RunHarness> => {
  const harness = await RunHarness.start({ worker: false, dataConverter });
  open.push(harness);
  return harness;
};

const workerWith = (harness: RunHarness, keys: string | undefined) =>
  harness.startWorker({ env: { LONGHAUL_PAYLOAD_KEYS: keys } });

/** The run's result, as whoever has these keys reads it. */
const resultWith = ({ connection, namespace }: RunHarness, workflowId: string, keys: string): Promise<unknown> =>
  new Client({ connection, namespace, dataConverter: converterOf(keys) }).workflow.getHandle(workflowId).result();

const statusOf = (harness: RunHarness, workflowId: string, keys: string): Promise<ScriptResult> =>
  runScript(
    [path.join(REPOSITORY_ROOT, 'bin', 'longhaul.js'), 'status', workflowId, '--json'],
    childEnv({ ...harness.cliEnv(), LONGHAUL_PAYLOAD_KEYS: keys }),
  );

/** The first workflow task that a worker has given up, as somebody without keys reads it. */
const givenUp = (harness: RunHarness, workflowId: string): Promise<string> =>
  until(
    async () => {
      const { events } = await bareClient(harness).workflow.getHandle(workflowId).fetchHistory();
      const failed = events?.find((event) => event.workflowTaskFailedEventAttributes != null);
      return failed?.workflowTaskFailedEventAttributes?.failure?.message ?? null;
    },
    { what: 'a failed workflow task', timeoutMs: 60_000 },
  );

const logged = (harness: RunHarness): Record<string, unknown>[] =>
  harness
    .logs()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

it.each([
  ['turned on', undefined, OLD, ['2026-08']],
  ['rotated', OLD, `${NEW},${OLD}`, ['2026-08', '2026-11']],
  ['turned off', OLD, `plain,${OLD}`, ['2026-08']],
])(
  'a run goes on where encryption is %s in its middle',
  async (_, before, after, ids) => {
    const harness = await harnessWith(converterOf(before ?? 'plain'));
    const first = await workerWith(harness, before);
    const project = await harness.project({ files: [LARGE] });
    project.api.faults.file({ path: LARGE.path, bytesPerSec: MIB, always: true });
    const handle = await project.start();
    const path = project.api.urlPath('vulnerability', LARGE);
    await until(() => (project.api.requests[path]?.bytes ?? 0) > MIB, { what: 'the first MiB', timeoutMs: 60_000 });
    await first.stop();
    project.api.faults.clear();
    await workerWith(harness, after);
    expect(await resultWith(harness, handle.workflowId, after)).toMatchObject({ transferred: 1 });
    await project.expectByteExact();
    const { events } = await handle.fetchHistory();
    expect([...keyIdsIn(events)].sort()).toEqual(ids);
    expect(plainPayloads(events).length > 0).toBe(before === undefined || after.startsWith('plain'));
  },
  180_000,
);

it('a worker without the key says so in its log and in the history, and the run goes on once one has it', async () => {
  const harness = await harnessWith(converterOf(OLD));
  const first = await workerWith(harness, NEW);
  const project = await harness.project({ files: [generatedFile('asset', 'small.parquet', 1_000, 2)] });
  const handle = await project.start();
  expect(await givenUp(harness, handle.workflowId)).toMatch(
    /key "2026-08".*has "2026-11" alone.*LONGHAUL_PAYLOAD_KEYS/,
  );
  expect(logged(harness)).toContainEqual(
    expect.objectContaining({
      event: 'payload_undecodable',
      level: 'ERROR',
      code: 'PayloadKeyMissing',
      workflowId: handle.workflowId,
    }),
  );
  const status = await statusOf(harness, handle.workflowId, `${NEW},${OLD}`);
  expect([status.exitCode, errorOf(status).code]).toEqual([3, 'PayloadKeyMissing']);
  expect(errorOf(status).message).toMatch(/^A worker cannot read the run .*key "2026-08"/);
  await first.stop();
  await workerWith(harness, `${NEW},${OLD}`);
  expect(await resultWith(harness, handle.workflowId, `${NEW},${OLD}`)).toMatchObject({ transferred: 1 });
}, 180_000);

it('a payload that somebody has changed is named, and harms no other run', async () => {
  const codec = new EncryptingCodec(readPayloadKeys({ LONGHAUL_PAYLOAD_KEYS: OLD }));
  const changing = {
    encode: async (payloads: Payload[]) =>
      (await codec.encode(payloads)).map(({ metadata, data }) => {
        const changed = Buffer.from(data ?? []);
        changed.writeUInt8(changed.readUInt8(20) ^ 1, 20);
        return { ...(metadata == null ? {} : { metadata }), data: changed };
      }),
    decode: (payloads: Payload[]) => codec.decode(payloads),
  };
  const harness = await harnessWith(converterOf(OLD));
  await workerWith(harness, OLD);
  const project = await harness.project({ files: [generatedFile('asset', 'small.parquet', 1_000, 3)] });
  const { connection, namespace } = harness;
  const hostile = new Client({ connection, namespace, dataConverter: { payloadCodecs: [changing] } });
  const workflowId = uniqueName('tampered');
  const args = [{ project: project.name }];
  const damaged = await hostile.workflow.start('exportToS3', { taskQueue: 'longhaul', workflowId, args });
  expect(await givenUp(harness, workflowId)).toMatch(/key "2026-08" has been changed since/);
  expect(logged(harness)).toContainEqual(expect.objectContaining({ code: 'PayloadDamaged', workflowId }));
  expect(await project.run()).toMatchObject({ transferred: 1 });
  await damaged.terminate('the test has seen it');
}, 120_000);
