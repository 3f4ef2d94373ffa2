/** The janitor on what killed and terminated runs leave: orphans go, and nothing that is anybody else's. */
import { ListPartsCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { WorkflowNotFoundError } from '@temporalio/client';
import { generatedFile } from '../../src/dev/export-api';
import type { JanitorResult } from '../../src/model/janitor';
import { runCli } from '../unit/client/run-cli';
import { plantObject } from '../support/bucket-view';
import {
  ageRun,
  ageUpload,
  janitor,
  keptIn,
  plantRun,
  startJanitor,
  uploadOf,
  uploadsUnder,
} from '../support/janitor-world';
import { errorOf } from '../support/longhaul-command';
import { failureOf, progressOf, untilProgress, type RunHandle } from '../support/run-outcome';
import { RunHarness } from '../support/run-harness';
import { errorXml, startS3Proxy } from '../support/s3-proxy';
import { textOfAll } from '../support/secret-search';
import { sharedStack, uniqueName } from '../support/shared-stack';
import type { TestProject } from '../support/test-project';
import { until } from '../support/until';

const MIB = 2 ** 20;
const SMALL = generatedFile('asset', 'small.parquet', 30_000, 1);
const LARGE = generatedFile('asset', 'large.parquet', 12 * MIB, 2);
const YOUNG = generatedFile('asset', 'young.parquet', 12 * MIB, 3);
const HELD = { transfer: { page_records: 1, stall_timeout_sec: 120 } };

let harness: RunHarness;
beforeAll(async () => {
  harness = await RunHarness.start();
  Object.assign(process.env, harness.cliEnv());
}, 120_000);
afterAll(() => harness.stop());

const uploadsOf = async (project: TestProject): Promise<Record<string, string>> =>
  Object.fromEntries((await project.snapshot()).uploads.map((one) => one.split(' ').toReversed() as [string, string]));

/** A run of which the small file is staged and the large ones are held up in their last part. Answers its uploads: id → key. */
async function heldRun(project: TestProject): Promise<{ handle: RunHandle; run: string; ids: Record<string, string> }> {
  const before = await uploadsOf(project);
  for (const { path } of [LARGE, YOUNG])
    project.api.faults.file({ path, atByte: 11 * MIB, stallAfterBytes: 100_000, always: true });
  const handle = await project.start();
  const { run } = await untilProgress(handle, 'the small file', ({ totals }) => totals.records === 1, 60_000);
  const ids = await until(
    async () => {
      const now = Object.entries(await uploadsOf(project)).filter(
        ([id, key]) => before[id] === undefined && !key.endsWith('/run.json'),
      );
      const staged = Object.keys(await project.controlFiles()).some((key) => key.includes(`/${run}/staged/`));
      return staged && now.length === 3 ? Object.fromEntries(now) : undefined;
    },
    { what: 'three uploads and a list of staged ones', timeoutMs: 60_000 },
  );
  for (const [n, { path }] of [LARGE, YOUNG].entries()) {
    const id = Object.keys(ids).find((one) => ids[one]?.endsWith(path.split('/').at(-1) ?? '')) ?? '';
    // A page has one record, whose batch begins its upload.
    const batch = harness.client.workflow.getHandle(`${run}/batch/${n + 1}`);
    await until(async () => textOfAll((await batch.fetchHistory()).events).includes(id), {
      what: `${path} in the history`,
      timeoutMs: 30_000,
    });
    // All but the last part: this server dates an upload by the last one that came.
    const parts = new ListPartsCommand({ Bucket: project.bucket, Key: ids[id] ?? '', UploadId: id });
    await until(async () => (await harness.s3.send(parts)).Parts?.length === 2, {
      what: `two parts of ${path}`,
      timeoutMs: 60_000,
    });
  }
  return { handle, run, ids };
}

/** The same, after SIGKILL of its worker and the end of all its workflows: nobody has taken anything back. */
async function killedRun(project: TestProject): ReturnType<typeof heldRun> {
  const held = await heldRun(project);
  await harness.workers.at(-1)?.kill();
  const { run, handle } = held;
  await handle.terminate('test');
  for (const id of [0, 1, 2].flatMap((n) => [`${run}/batch/${n}`, `${run}/record/${n}`])) {
    await harness.client.workflow
      .getHandle(id)
      .terminate('test')
      .catch((error: unknown) => {
        // Those of the small file have ended.
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      });
  }
  await harness.startWorker();
  return held;
}

const idOf = (ids: Record<string, string>, { path }: { path: string }): string =>
  Object.keys(ids).find((id) => ids[id]?.endsWith(path.split('/').at(-1) ?? '')) ?? '';

describe('uploads of a run whose worker was killed and that was terminated', () => {
  it('are found, and go where asked; those of others, of a running run and young ones stay', async () => {
    const project = await harness.project({ files: [SMALL, LARGE, YOUNG], config: HELD });
    const dead = await killedRun(project);
    await ageRun(project, dead.run, 9);
    for (const file of [SMALL, LARGE]) ageUpload(project, idOf(dead.ids, file), 8.8);
    const foreign = await uploadOf(project, `${project.targetPrefix}/asset/foreign.csv`, 8.8);
    const sameKey = await uploadOf(project, project.keyOf(LARGE), 8.7);

    const open = await heldRun(project);
    await ageRun(project, open.run, 8.5);
    for (const id of Object.keys(open.ids)) ageUpload(project, id, 8.2);
    const before = await uploadsOf(project);

    const dry = await runCli('janitor', project.name);
    expect([dry.exitCode, await uploadsOf(project)]).toEqual([0, before]);
    expect(dry.stdout).toContain('found      2 orphaned uploads\n');
    expect(dry.stdout).toMatch(/\nNothing was deleted: that was a dry run\. Delete with: --delete\n$/);
    expect(dry.stdout.match(/^ {2}would go upload .*$/gm)).toHaveLength(2);
    expect(dry.stdout).toContain(`/asset/foreign.csv (`);

    const done = await runCli('janitor', project.name, '--delete', '--json');
    const result = JSON.parse(done.stdout) as JanitorResult & { workflowId: string };
    expect([done.exitCode, done.stderr]).toEqual([0, '']);
    expect(result).toMatchObject({
      delete: true,
      olderThanDays: 7,
      retentionDays: null,
      uploads: 8,
      kinds: { upload: { found: 2, deleted: 2, failed: 0 } },
      // The list of uploads of the running run, and that of the other, which names one that is young.
      kept: { young: 1, runOpen: 3 + 1, notNamed: 1, otherUpload: 1, hasUploads: 1 },
    });
    const gone = [SMALL, LARGE].map((file) => idOf(dead.ids, file));
    const left = Object.entries(before).filter(([id]) => !gone.includes(id));
    expect(await uploadsOf(project)).toEqual(Object.fromEntries(left));
    expect(Object.keys(await uploadsOf(project))).toEqual(
      expect.arrayContaining([foreign, sameKey, idOf(dead.ids, YOUNG)]),
    );

    // The running run is none the worse for it.
    project.api.faults.clear();
    expect((await progressOf(open.handle)).stage).toBe('transferring');
    await open.handle.cancel();
    expect(await failureOf(open.handle)).toMatchObject({ code: 'Cancelled' });
  }, 240_000);
});

it('what cannot be told stays: other namespaces, runs without an owner, the young that Temporal forgot, broken lists', async () => {
  const project = await harness.project({ files: [SMALL] });
  const at = (name: string): string => `${project.targetPrefix}/asset/${name}`;
  const cases = { forgotten: {}, elsewhere: { owner: { namespace: 'other' } }, unowned: { owner: null } };
  for (const [name, planted] of Object.entries(cases)) {
    await plantRun(project, { days: 20, keys: [at(name)], ...planted });
    await uploadOf(project, at(name), 19);
  }
  // Begun before any run that names it.
  await plantRun(project, { days: 20, keys: [at('early')] });
  await uploadOf(project, at('early'), 21);
  // In a run's own folder, so its own; but the run is younger than the limit, and Temporal does not know it.
  const young = await plantRun(project, { days: 1, keys: [] });
  await uploadOf(project, `${project.controlPrefix}/${young}/ledger.ndjson`, 10);
  const found = await janitor(harness, { project: project.name });
  expect(found.kinds.upload).toEqual({ found: 1, deleted: 0, failed: 0 });
  expect(keptIn(found)).toEqual({
    elsewhere: 'runUnknown',
    unowned: 'runUnknown',
    early: 'notNamed',
    'ledger.ndjson': 'runUnknown',
  });
  // A list that is no list may name all that was begun in its run's time.
  await plantRun(project, { days: 20, keys: 'no JSON\n' });
  expect(await janitor(harness, { project: project.name, delete: true })).toMatchObject({
    kinds: { upload: { found: 0, deleted: 0 } },
    kept: { runUnknown: 4, notNamed: 1 },
  });
}, 120_000);

it('retention takes files of old runs, but not those that _SUCCESS names, of open runs, of others', async () => {
  const project = await harness.project({ files: [SMALL, LARGE, YOUNG], config: HELD });
  await harness.s3.send(
    new PutBucketVersioningCommand({ Bucket: project.bucket, VersioningConfiguration: { Status: 'Enabled' } }),
  );
  const old = (await project.run()).runId;
  const named = (await project.run()).runId;
  const open = await heldRun(project);
  const other = `${project.controlPrefix}/somebody/notes.txt`;
  await plantObject(harness.s3, project.bucket, other);
  const state = `${project.controlPrefix}/${old}/kept-by-somebody.txt`;
  await plantObject(harness.s3, project.bucket, state);
  for (const run of [old, named, open.run, 'somebody']) await ageRun(project, run, 100);
  const before = await project.controlFiles();

  // Off unless asked for; the list of staged uploads of the open run is looked at all the same.
  const without = await janitor(harness, { project: project.name, delete: true });
  expect(without).toMatchObject({ kinds: { run: { found: 0 } }, kept: { runOpen: 1 }, objects: 0 });
  expect(await project.controlFiles()).toEqual(before);

  const dry = await runCli('janitor', project.name, '--retention-days');
  expect(dry.stdout).toContain('files of runs after 90 days');
  expect(await project.controlFiles()).toEqual(before);

  const result = await janitor(harness, { project: project.name, retentionDays: 90, delete: true });
  expect(result).toMatchObject({ kinds: { run: { found: 1, deleted: 1, failed: 0 } }, isVersioned: true });
  expect(result.kept).toMatchObject({ namedBySuccess: 1, runOpen: 1, runUnknown: 1 });
  const left = Object.entries(before).filter(([key]) => !key.includes(`/${old}/`) || key === state);
  expect(await project.controlFiles()).toEqual(Object.fromEntries(left));

  project.api.faults.clear();
  await open.handle.terminate('test');
}, 240_000);

it('lists of uploads of a terminated run go once these are gone', async () => {
  const project = await harness.project({ files: [SMALL, LARGE, YOUNG], config: HELD });
  const dead = await killedRun(project);
  for (const id of Object.keys(dead.ids)) ageUpload(project, id, 9);
  await ageRun(project, dead.run, 10);
  const dry = await janitor(harness, { project: project.name });
  expect(dry).toMatchObject({
    kinds: { upload: { found: 3 }, staged: { found: 0 } },
    kept: { hasUploads: 1 },
  });
  const done = await janitor(harness, { project: project.name, delete: true });
  expect(done).toMatchObject({ kinds: { upload: { deleted: 3 }, staged: { deleted: 1 } }, objects: 1 });
  expect(await uploadsOf(project)).toEqual({});
  expect(Object.keys(await project.controlFiles()).filter((key) => key.includes('/staged/'))).toEqual([]);
}, 180_000);

it('thousands of uploads: page by page, a short history, and a result of bounded size', async () => {
  const project = await harness.project({ files: [SMALL] });
  const keys = Array.from({ length: 1_200 }, (_, n) => `${project.targetPrefix}/many/${n}`);
  await plantRun(project, { days: 20, keys });
  await uploadsUnder(project, keys, 10);
  const handle = await startJanitor(harness, { project: project.name, delete: true });
  const result = await handle.result();
  expect(result).toMatchObject({ uploads: 1_200, kinds: { upload: { found: 1_200, deleted: 1_200, failed: 0 } } });
  expect([result.findings.length, result.moreFindings]).toEqual([200, 1_000]);
  const { historyLength } = await handle.describe();
  expect(historyLength).toBeLessThan(60);
  expect(await uploadsOf(project)).toEqual({});
  // It is followed as other runs are.
  const { workflowId } = handle;
  for (const command of ['status', 'watch']) {
    const { exitCode, stdout } = await runCli(command, workflowId);
    expect({ command, exitCode }).toEqual({ command, exitCode: 0 });
    expect(stdout).toMatch(/^place +s3:.*^found +1,?200 orphaned uploads: 1,?200 deleted/ms);
  }
  const row = new RegExp(`^${workflowId} +janitor `, 'm');
  await until(async () => row.test((await runCli('runs', '--job', 'janitor')).stdout), {
    what: 'it in the list of runs',
    timeoutMs: 20_000,
  });
}, 300_000);

describe('rights that are missing', () => {
  it('to list: an error that names the right; to abort: what stays is told, and the exit code says so', async () => {
    const proxy = await startS3Proxy(sharedStack().s3.endpoint);
    try {
      const project = await harness.project({ files: [SMALL], config: { aws: { endpoint: proxy.endpoint } } });
      const key = `${project.targetPrefix}/asset/orphan`;
      await plantRun(project, { days: 20, keys: [key] });
      await uploadOf(project, key, 10);
      const refused = { status: 403, body: errorXml('AccessDenied') };

      proxy.script = ({ operation }) => (operation === 'abort' ? refused : 'pass');
      const partly = await runCli('janitor', project.name, '--delete', '--json');
      expect([partly.exitCode, errorOf({ ...partly, elapsedMs: 0 }).code]).toEqual([9, 'CleanupIncomplete']);
      const result = JSON.parse(partly.stdout) as JanitorResult;
      expect(result.kinds.upload).toEqual({ found: 1, deleted: 0, failed: 1 });
      expect(result.findings[0]).toMatchObject({
        fate: 'failed',
        why: expect.stringMatching(/^AccessDenied: .* the janitor needs s3:AbortMultipartUpload and/) as string,
      });

      proxy.script = ({ operation }) => (operation === 'listUploads' ? refused : 'pass');
      const denied = await runCli('janitor', project.name, '--json');
      expect([denied.exitCode, denied.stdout]).toEqual([4, '']);
      expect(errorOf({ ...denied, elapsedMs: 0 })).toMatchObject({
        code: 'AccessDenied',
        message: expect.stringMatching(/the janitor needs s3:ListBucketMultipartUploads on the bucket$/) as string,
      });
    } finally {
      await proxy.close();
    }
  }, 120_000);
});

it('a schedule starts it', async () => {
  const project = await harness.project({ files: [SMALL] });
  const key = `${project.targetPrefix}/asset/orphan`;
  await plantRun(project, { days: 20, keys: [key] });
  await uploadOf(project, key, 10);
  const id = uniqueName('tidy');
  const every = ['--every', '1d', '--input', '{"delete":true}'];
  const created = await runCli('schedule', 'create', id, '--job', 'janitor', '--project', project.name, ...every);
  expect(created).toMatchObject({ exitCode: 0, stderr: '' });
  expect((await runCli('schedule', 'describe', id)).stdout).toMatch(/janitor/);
  expect((await runCli('schedule', 'trigger', id)).exitCode).toBe(0);
  await until(async () => Object.keys(await uploadsOf(project)).length === 0, {
    what: 'the orphan to be gone',
    timeoutMs: 60_000,
  });
  expect((await runCli('schedule', 'delete', id)).exitCode).toBe(0);
}, 120_000);

it.each([
  [['no-such-project'], 3, 'ConfigNotFound'],
  [['s3://bucket/prefix'], 2, 'InvalidInput'],
  [['project_01', '--older-than-days', '0'], 2, 'InvalidInput'],
  [['project_01', '--retention-days', '3'], 2, 'InvalidInput'],
  [['project_01', '--env', 'production'], 2, 'InvalidInput'],
])(
  '%j: exit code %d, %s',
  async (argv, exitCode, code) => {
    const ran = await runCli('janitor', ...argv, '--json');
    expect([ran.exitCode, errorOf({ ...ran, elapsedMs: 0 }).code]).toEqual([exitCode, code]);
  },
  60_000,
);
