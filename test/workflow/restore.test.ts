/** What `restoreFiles` itself decides: tries, thawing, its time limit, long histories. Activities are scripted. */
import { restoreHoldId, restoreSlotId } from '../../src/model/restore-settings';
import { MESSAGES, type JobProgress } from '../../src/model/run';
import { failureOf } from '../support/run-outcome';
import { failWith } from '../support/scripted-activities';
import { ScriptedRestore } from '../support/scripted-restore';
import type { ScriptedRuns } from '../support/scripted-run';
import { startShortHistories, type ShortHistories } from '../support/short-histories';
import { until } from '../support/until';

jest.setTimeout(120_000);

let server: ShortHistories;
let runs: ScriptedRuns;
beforeAll(async () => {
  server = await startShortHistories('restore-workflow');
  ({ runs } = server);
});
afterAll(() => server.stop());

const sorted = (list: readonly number[]): number[] => [...list].sort((a, b) => a - b);
const restoreOf = { projectId: 'PRID001', rawFileId: 'RAW001' };
const once = { ...restoreOf, retries: 0, retryIntervalMs: 20, thaw: null };
const HOLDS = [restoreHoldId({ host: 'host-1', restore: once }), restoreSlotId('host-1', 0)];

/** States of all executions of a workflow. */
const executionsOf = async (workflowId: string): Promise<string[]> => {
  const found: string[] = [];
  for await (const { status } of runs.client.workflow.list({ query: `WorkflowId = '${workflowId}'` }))
    found.push(status.name);
  return found;
};

it('a long restore continues as new: each file once, one hold and one slot all the time', async () => {
  const restore = new ScriptedRestore(runs);
  restore.files = 24;
  restore.pageRecords = 1;
  await restore.with(async () => {
    const handle = await restore.start();
    await expect(handle.result()).resolves.toMatchObject({
      status: 'SUCCESS',
      restores: [{ total_files: 24, successful: 24, downloaded: 24, bytes: 240 }],
    });
    expect((await executionsOf(handle.workflowId)).length).toBeGreaterThan(1);
    expect(sorted(restore.tries)).toEqual(Array.from({ length: 24 }, (_, n) => n));
    expect(restore.finished).toMatchObject({ outcome: 'succeeded', settings: { restore: restoreOf } });
    // One execution each: never let go in between, when another run could take them.
    for (const id of HOLDS) expect({ id, runs: await executionsOf(id) }).toEqual({ id, runs: ['COMPLETED'] });
  });
});

it('cancelled after it has continued as new, it files its report and lets hold and slot go', async () => {
  const restore = new ScriptedRestore(runs);
  restore.files = 40;
  restore.pageRecords = 1;
  let isContinued = false;
  restore.onRestore = () => (isContinued ? new Promise(() => undefined) : Promise.resolve());
  await restore.with(async () => {
    const handle = await restore.start();
    await until(
      async () => {
        const { runId } = await runs.client.workflow.getHandle(handle.workflowId).describe();
        isContinued = runId !== handle.firstExecutionRunId;
        return isContinued || null;
      },
      { what: 'the run has continued as new', timeoutMs: 60_000 },
    );
    await until(() => restore.tries.length < 40 || null, { what: 'files are left', timeoutMs: 1_000 });
    await handle.cancel();
    expect((await failureOf(handle)).code).toBe('Cancelled');
    for (const id of HOLDS) await until(async () => isClosed(id), { what: `${id} is let go`, timeoutMs: 20_000 });
  });
  expect(restore.finished?.outcome).toBe('cancelled');
});

const isClosed = async (id: string): Promise<true | null> => {
  const { status } = await runs.client.workflow.getHandle(id).describe();
  return status.name === 'RUNNING' ? null : true;
};

it('tries a file again after a durable pause where the table says that it may pass, and no other', async () => {
  const restore = new ScriptedRestore(runs);
  restore.settings = { restore: { ...once, retries: 2 } };
  restore.onRestore = ({ n }, attempt) => {
    if (n === 0 && attempt < 3) return Promise.reject(failWith('SourceUnavailable', '503'));
    return n === 1 ? Promise.reject(failWith('SourceNotFound', 'gone')) : Promise.resolve();
  };
  await restore.with(async () => {
    const handle = await restore.start();
    expect(await failureOf(handle)).toMatchObject({ code: 'RecordsFailed' });
  });
  const triesOf = (n: number): number => restore.tries.filter((each) => each === n).length;
  expect([0, 1, 2, 3].map(triesOf)).toEqual([3, 1, 1, 1]);
  // What failed has cleaned up beside its file; what succeeded has nothing to clean.
  expect(restore.cleared).toEqual([1]);
  expect(restore.finished?.totals).toMatchObject({ records: 4, failed: 1, transferred: 3 });
});

it('an archived file is thawed, polled for, and then restored', async () => {
  const restore = new ScriptedRestore(runs);
  restore.files = 1;
  restore.settings = { restore: { ...once, thaw: { pollIntervalMs: 20 } } };
  restore.onRestore = (_record, attempt) =>
    attempt === 1 ? Promise.reject(failWith('SourceArchived', 'in Glacier')) : Promise.resolve();
  await restore.with(async () => {
    await (await restore.start()).result();
  });
  expect({ tries: restore.tries, thawed: restore.thawed, polls: restore.thawPolls }).toEqual({
    tries: [0, 0],
    thawed: [0],
    polls: 2,
  });
});

it('a run whose time is up ends as failed with RunTimeout, its report says so', async () => {
  const restore = new ScriptedRestore(runs);
  restore.onPrepare = ({ startedMs }) => {
    restore.settings = { deadlineMs: startedMs + 3_000 };
    return Promise.resolve();
  };
  restore.onRestore = () => new Promise(() => undefined);
  await restore.with(async () => {
    const handle = await restore.start();
    expect(await failureOf(handle)).toMatchObject({ code: 'RunTimeout' });
  });
  expect(restore.finished).toMatchObject({ outcome: 'failed', failure: { code: 'RunTimeout' } });
});

it('paused, it starts no file; resumed, it goes on', async () => {
  const restore = new ScriptedRestore(runs);
  let open = (): void => undefined;
  const first = new Promise<void>((resolve) => (open = resolve));
  restore.settings = { maxWorkers: 1 };
  restore.onRestore = ({ n }) => (n === 0 ? first : Promise.resolve());
  await restore.with(async () => {
    const handle = await restore.start();
    await until(() => restore.tries.length === 1 || null, { what: 'the first file', timeoutMs: 20_000 });
    await handle.executeUpdate(MESSAGES.pause);
    // The run tells its batch: a file that ends before that has come may be followed by another one.
    const { run } = await handle.query<JobProgress>('progress');
    const batch = runs.client.workflow.getHandle(`${run}/batch/0`);
    const hasHeard = async (): Promise<true | null> => {
      const { events } = await batch.fetchHistory();
      return events?.some((event) => event.workflowExecutionSignaledEventAttributes?.signalName === 'control') || null;
    };
    await until(hasHeard, { what: 'the batch has heard of the pause', timeoutMs: 20_000 });
    open();
    const isIdle = async (): Promise<true | null> =>
      (await handle.query<JobProgress>('progress')).inFlight === 0 || null;
    await until(isIdle, { what: 'the first file is done', timeoutMs: 20_000 });
    expect(restore.tries).toEqual([0]);
    await handle.executeUpdate(MESSAGES.resume);
    await handle.result();
  });
  expect(sorted(restore.tries)).toEqual([0, 1, 2, 3]);
});
