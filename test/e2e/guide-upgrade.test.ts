/**
 * docs/guide-upgrade.md, followed as printed, with two builds whose workflow code differs in processes of their own: a long run
 * goes on with its build while the other becomes current, one is taken along, the old build drains and is stopped, and runs that
 * are moved by force to a build that cannot replay them say so and go on when they are moved back. Then versions are turned off.
 */
import type { WorkflowHandle } from '@temporalio/client';
import { generatedFile } from '../../src/dev/export-api';
import type { LoggedProcess } from '../../src/dev/process';
import type { Stack } from '../../src/dev/stack';
import { GuideShell, linesOfGuide } from '../support/guide-shell';
import { errorOf, longhaul } from '../support/longhaul-command';
import { otherBuild, type OtherBuild } from '../support/other-build';
import { RunHarness } from '../support/run-harness';
import { untilProgress, type RunHandle } from '../support/run-outcome';
import { ownStack } from '../support/shared-stack';
import type { TestProject } from '../support/test-project';
import { until } from '../support/until';

/** Five starts of workers, and what the server does about versions by itself. */
jest.setTimeout(240_000);
const TIMEOUT_MS = 60_000;

const OLD = '2026.08.1';
const NEW = '2026.08.2';
/** A page each, one at a time: most of a run is still to come while its first record is held up. */
const CONFIG = { aws: { max_workers: 1 }, transfer: { page_records: 1 } };
const FILES = [0, 1, 2, 3, 4, 5].map((n) => generatedFile('asset', `part-${n}.parquet`, 20_000, n + 1));

let stack: Stack;
let harness: RunHarness;
let shell: GuideShell;
let newer: OtherBuild;
const left = linesOfGuide('guide-upgrade.md');

beforeAll(async () => {
  // Minutes by default: how long the server waits before it calls a version drained.
  const soon = { VersionDrainageStatusVisibilityGracePeriod: '1s', VersionDrainageStatusRefreshInterval: '1s' };
  const temporalDynamicConfig = Object.fromEntries(
    Object.entries(soon).map(([name, time]) => [`matching.wv.${name}`, time]),
  );
  stack = await ownStack({ temporalDynamicConfig });
  harness = await RunHarness.start({ servers: stack.describe(), worker: false });
  shell = await GuideShell.create();
  newer = otherBuild();
}, 120_000);
afterAll(async () => {
  await harness.stop();
  await stack.stop();
  shell.remove();
  newer.remove();
});

/** Runs the next line of the guide, which must begin so. */
const nextLine = async (beginning: string): Promise<string> => {
  const line = left.shift();
  expect(line).toMatch(new RegExp(`^${beginning}`));
  return shell.run(harness, line ?? '');
};

const startBuild = (buildId: string): Promise<LoggedProcess> => {
  const env = { LONGHAUL_BUILD_ID: buildId };
  return harness.startWorker(buildId === NEW ? { env, packageRoot: newer.packageRoot } : { env });
};

/** What the server knows a build to poll: it hears of one queue after the other, and late on a busy machine. */
const queuesOf = async (buildId: string): Promise<string[]> => {
  const { connection, options } = harness.client;
  const version = { namespace: options.namespace, deploymentVersion: { deploymentName: 'longhaul', buildId } };
  const { versionTaskQueues } = await connection.workflowService.describeWorkerDeploymentVersion(version);
  return versionTaskQueues.map(({ name, type }) => `${name} ${type}`);
};

/** A run that has begun and stays in its first file until `letGo`. */
const heldRun = async (workflowId: string): Promise<{ project: TestProject; handle: RunHandle; letGo: () => void }> => {
  const project = await harness.project({ files: FILES, config: CONFIG });
  project.api.faults.file({ path: 'part-0.parquet', stallAfterBytes: 5_000 });
  const handle = await project.start({ runId: workflowId }, workflowId);
  await untilProgress(handle, 'a record in flight', ({ inFlight }) => inFlight === 1, TIMEOUT_MS);
  return { project, handle, letGo: () => project.api.faults.clear() };
};

/** The build that a workflow belongs to. */
const buildOf = async (handle: Pick<WorkflowHandle, 'describe'>): Promise<string | null | undefined> =>
  (await handle.describe()).raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId;
const workflow = (workflowId: string, runId?: string): WorkflowHandle =>
  harness.client.workflow.getHandle(workflowId, runId);

const wholeRun = async ({ project, handle }: { project: TestProject; handle: RunHandle }): Promise<void> => {
  expect(await handle.result()).toMatchObject({ records: FILES.length, transferred: FILES.length });
  await project.expectByteExact();
};

const untilDrained = (describeLine: string): Promise<unknown> =>
  until(async () => /DrainageStatus +drained/.test(await shell.run(harness, describeLine)), {
    what: 'the old build to be drained',
    timeoutMs: TIMEOUT_MS,
    intervalMs: 500,
  });

it('is true line by line', async () => {
  // Begun before there were versions, and on its way when they are turned on.
  const plain = await harness.startWorker();
  const early = await heldRun('export-early');
  const old = await startBuild(OLD);
  await nextLine('temporal worker deployment set-current-version');
  await plain.stop();
  early.letGo();
  await wholeRun(early);
  expect(await buildOf(early.handle)).toBe(OLD);
  const weekly = await heldRun('export-weekly');
  const nightly = await heldRun('export-nightly');

  await startBuild(NEW);
  const queues = await queuesOf(OLD);
  expect(queues).toContain('longhaul 1');
  const untilKnown = { what: 'the queues of the new build', timeoutMs: TIMEOUT_MS };
  await until(async () => {
    const known = await queuesOf(NEW);
    return queues.every((queue) => known.includes(queue));
  }, untilKnown);
  await nextLine('temporal worker deployment set-ramping-version');
  const routing = await shell.run(harness, 'temporal worker deployment describe --name longhaul --output json');
  expect(JSON.parse(routing)).toMatchObject({
    routingConfig: { currentVersionBuildID: OLD, rampingVersionBuildID: NEW, rampingVersionPercentage: 10 },
  });
  await nextLine('temporal worker deployment set-current-version');

  // A new run is of the new build, one that is under way ends on its own, with all that it starts later.
  const daily = { project: await harness.project({ files: FILES, config: CONFIG }) };
  const started = await daily.project.start({ runId: 'export-daily' }, 'export-daily');
  await wholeRun({ ...daily, handle: started });
  weekly.letGo();
  await wholeRun(weekly);
  for (const [run, build] of [
    ['export-weekly', OLD],
    ['export-daily', NEW],
  ] as const) {
    const ids = [run, `${run}/batch/0`, `${run}/batch/${FILES.length - 1}`];
    const builds = await Promise.all(ids.map((id) => buildOf(workflow(id))));
    expect({ run, builds }).toEqual({ run, builds: ids.map(() => build) });
  }

  // One that is asked to goes on with the new build, and its hold with it; the pages that it had begun end on the old one.
  expect(await nextLine('longhaul upgrade')).toContain('Upgrades while transferring');
  nightly.letGo();
  const { firstExecutionRunId } = nightly.handle;
  await wholeRun({ ...nightly, handle: workflow('export-nightly') as RunHandle });
  const last = await workflow('export-nightly').describe();
  expect(last.runId).not.toBe(firstExecutionRunId);
  expect(await buildOf(workflow('export-nightly', firstExecutionRunId))).toBe(OLD);
  expect(await buildOf(workflow('export-nightly'))).toBe(NEW);
  expect(await buildOf(workflow('export-nightly/batch/0'))).toBe(OLD);
  expect(await buildOf(workflow(`export-nightly/batch/${FILES.length - 1}`))).toBe(NEW);
  const hold = workflow(`longhaul-target/${nightly.project.bucket}/${nightly.project.targetPrefix}`);
  expect(await buildOf(hold)).toBe(NEW);

  // The old build is drained by that.
  const describeOld = left.shift() ?? '';
  await untilDrained(describeOld);
  expect(await nextLine('temporal workflow list')).not.toContain('export-');
  await old.stop();

  // Back to the old build, and by force with what had begun on the new one: its code cannot replay that.
  const stuck = await heldRun('export-stuck');
  const again = await startBuild(OLD);
  await nextLine('temporal worker deployment set-current-version');
  expect(await nextLine('temporal worker deployment set-ramping-version')).not.toContain('rror');
  await nextLine('temporal workflow update-options');
  const status = await until(
    async () => {
      const answer = await longhaul(harness, 'status', 'export-stuck', '--json');
      return answer.exitCode === 0 ? null : answer;
    },
    { what: 'the run not to be replayed', timeoutMs: TIMEOUT_MS, intervalMs: 200 },
  );
  expect(errorOf(status)).toMatchObject({
    code: 'VersionMismatch',
    hint: expect.stringContaining('guide-upgrade') as string,
  });
  await until(() => again.output().includes('"event":"workflow_not_replayable"'), {
    what: "the worker's own word",
    timeoutMs: TIMEOUT_MS,
  });
  await nextLine('temporal workflow update-options');
  stuck.letGo();
  await wholeRun(stuck);

  // Versions are turned off: new runs have no build, one that is asked to leaves its own, one is moved when its workers are gone.
  const monthly = await heldRun('export-monthly');
  const yearly = await heldRun('export-yearly');
  await harness.startWorker();
  await nextLine('temporal worker deployment set-current-version');
  const hourly = { project: await harness.project({ files: FILES, config: CONFIG }) };
  await wholeRun({ ...hourly, handle: await hourly.project.start({ runId: 'export-hourly' }, 'export-hourly') });
  expect(await buildOf(workflow('export-hourly'))).toBeUndefined();
  expect(await nextLine('longhaul upgrade')).toContain('Upgrades while transferring');
  monthly.letGo();
  await wholeRun({ ...monthly, handle: workflow('export-monthly') as RunHandle });
  expect(await buildOf(workflow('export-monthly'))).toBeUndefined();
  expect(await buildOf(workflow('export-monthly/batch/0'))).toBe(OLD);
  expect(await buildOf(workflow(`export-monthly/batch/${FILES.length - 1}`))).toBeUndefined();
  expect(await buildOf(yearly.handle)).toBe(OLD);
  await again.stop();
  await nextLine('temporal workflow update-options');
  yearly.letGo();
  await wholeRun(yearly);
  expect(await buildOf(yearly.handle)).toBeUndefined();
  await untilDrained(describeOld);
  expect(left).toEqual([]);
});
