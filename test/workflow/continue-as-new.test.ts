/**
 * A run whose history has grown long hands itself over to a new one. The server is told to suggest that after a few
 * events instead of 4,096, so that small runs do it many times.
 */
import { WorkflowFailedError } from '@temporalio/client';
import { MESSAGES } from '../../src/model/run';
import { failWith, ScriptedWorld } from '../support/scripted-activities';
import type { ScriptedRuns } from '../support/scripted-run';
import { gate, progressOf, untilProgress, type RunHandle } from '../support/scripted-run';
import { SUGGESTED_AFTER_EVENTS, startShortHistories, type ShortHistories } from '../support/short-histories';
import { until } from '../support/until';

/** Some thirty small workflows in a test: 5 to 20 s, more where other tests share the cores. */
jest.setTimeout(120_000);

let server: ShortHistories;
let runs: ScriptedRuns;
beforeAll(async () => {
  server = await startShortHistories('continue-as-new');
  ({ runs } = server);
});
afterAll(() => server.stop());

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const sorted = (list: readonly number[]): number[] => [...list].sort((a, b) => a - b);
const latestRunId = async ({ workflowId }: RunHandle): Promise<string> =>
  (await runs.client.workflow.getHandle(workflowId).describe()).runId;

/** Run ids of a workflow, oldest first. */
const chainOf = async ({ workflowId }: RunHandle): Promise<string[]> => {
  const listed = runs.client.workflow.list({ query: `WorkflowId = '${workflowId}'` });
  const found: { runId: string; startTime: Date }[] = [];
  for await (const run of listed) found.push(run);
  return found.sort((a, b) => a.startTime.getTime() - b.startTime.getTime()).map(({ runId }) => runId);
};

/** Operator messages until the run's history is longer than the limit; the last one asks for `maxWorkers`. */
const growHistory = async (handle: RunHandle, maxWorkers: number): Promise<void> => {
  for (let events = 0; events <= SUGGESTED_AFTER_EVENTS + 20;) {
    await handle.executeUpdate(MESSAGES.setMaxWorkers, { args: [{ maxWorkers }] });
    events = (await runs.client.workflow.getHandle(handle.workflowId).describe()).historyLength;
  }
};

/**
 * A run that has moved records 0 to 2 but the end of the last, and starts no more because its history is too long. One
 * record a page and one worker: the page in flight, and two more to keep the slot busy, are what a run begins.
 */
const onTheBrink = async (world: ScriptedWorld): Promise<{ handle: RunHandle; letGo: () => void }> => {
  const first = gate();
  const last = gate();
  world.records = 8;
  world.pageRecords = 1;
  world.settings = { maxWorkers: 1, rate: { workflowId: 'itself' } };
  world.onOpen = async ({ n }) => {
    if (n === 0) await first.opened;
    if (n === 2) await last.opened;
  };
  const handle = await runs.start();
  await untilProgress(handle, 'a record in flight', ({ inFlight }) => inFlight === 1);
  await growHistory(handle, 1);
  first.open();
  await until(() => world.opened.includes(2), { timeoutMs: 30_000, what: 'the last record that had begun' });
  return { handle, letGo: last.open };
};

const untilContinued = (handle: RunHandle): Promise<string> =>
  until(
    async () => {
      const runId = await latestRunId(handle);
      return runId === handle.firstExecutionRunId ? null : runId;
    },
    { timeoutMs: 30_000, what: 'the run has continued as new' },
  );

describe('a run with a long history', () => {
  it('moves every record once, publishes every page, and holds its target in each of its runs', async () => {
    const world = new ScriptedWorld();
    world.records = 40;
    world.pageRecords = 2;
    world.polls = [{ state: 'succeeded', status: 'SUCCEEDED', recordCount: 40 }];
    await runs.with(world, async () => {
      const handle = await runs.start();
      await expect(handle.result()).resolves.toMatchObject({ records: 40, transferred: 40, bytes: 400 });
      const chain = await chainOf(handle);
      expect(chain.length).toBeGreaterThan(2);
      expect(sorted(world.opened)).toEqual(numbers(40));
      expect(sorted(world.published)).toEqual(numbers(20));
      expect(world.finished).toMatchObject({ outcome: 'succeeded', pages: 20, exportId: 'export-1' });
      // One run name in all of them: ids, keys and reports derive from it.
      expect(world.finished?.settings.run).toContain(handle.firstExecutionRunId.slice(0, 8));

      const lockId = `longhaul-target/bucket/prefix-${world.finished?.settings.run ?? ''}`;
      const holds = await chainOf({ workflowId: lockId } as RunHandle);
      // One for all of them: it is never let go in between, when another run could take the target.
      expect(holds).toHaveLength(1);
      const states = await Promise.all(
        holds.map(async (runId) => (await runs.client.workflow.getHandle(lockId, runId).describe()).status.name),
      );
      expect(new Set(states)).toEqual(new Set(['COMPLETED']));
    });
  });

  it('stays paused, keeps its number of workers and its limit of bytes per second, and goes on showing what is done', async () => {
    const world = new ScriptedWorld();
    await runs.with(world, async () => {
      const { handle, letGo } = await onTheBrink(world);
      await handle.executeUpdate(MESSAGES.setMaxWorkers, { args: [{ maxWorkers: 3 }] });
      await handle.executeUpdate(MESSAGES.setMaxBytesPerSec, { args: [{ maxBytesPerSec: 5000 }] });
      await handle.executeUpdate(MESSAGES.pause);
      letGo();
      await untilContinued(handle);
      await expect(progressOf(handle)).resolves.toMatchObject({
        paused: true,
        maxWorkers: 3,
        maxBytesPerSec: 5000,
        recordsTotal: 8,
        totals: { records: 3, bytes: 30 },
      });
      // What workers look at, whichever execution it is.
      const { memo } = await runs.client.workflow.getHandle(handle.workflowId).describe();
      expect(memo?.['longhaulRate']).toMatchObject({ bytesPerSec: 5000 });
      expect(sorted(world.opened)).toEqual([0, 1, 2]);
      await handle.executeUpdate(MESSAGES.resume);
      await expect(handle.result()).resolves.toMatchObject({ records: 8, transferred: 8 });
      expect(sorted(world.opened)).toEqual(numbers(8));
    });
  });

  it('takes back what its earlier runs have staged when it is aborted', async () => {
    const world = new ScriptedWorld();
    await runs.with(world, async () => {
      const { handle, letGo } = await onTheBrink(world);
      await handle.executeUpdate(MESSAGES.pause);
      letGo();
      await untilContinued(handle);
      await handle.executeUpdate(MESSAGES.abort, { args: [{ reason: 'test' }] });
      await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
      expect(sorted(world.undone)).toEqual([0, 1, 2]);
      expect(world.published).toEqual([]);
      expect(world.finished).toMatchObject({ outcome: 'failed', cleanup: { abortedUploads: 3 } });
    });
  });

  it('keeps its target from other runs all the time, and lets it go when it is cancelled right after', async () => {
    const world = new ScriptedWorld();
    await runs.with(world, async () => {
      const { handle, letGo } = await onTheBrink(world);
      const { run } = await progressOf(handle);
      await handle.executeUpdate(MESSAGES.pause);
      letGo();
      await untilContinued(handle);
      const hold = runs.client.workflow.getHandle(`longhaul-target/bucket/prefix-${run}`);
      await expect(hold.describe()).resolves.toMatchObject({ status: { name: 'RUNNING' } });
      await handle.cancel();
      await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
      await hold.result();
      expect(sorted(world.undone)).toEqual([0, 1, 2]);
      expect(world.finished).toMatchObject({ outcome: 'cancelled', cleanup: { abortedUploads: 3 } });
    });
  });

  it('says that it is parked when only an operator can end what keeps it from continuing', async () => {
    const world = new ScriptedWorld();
    await runs.with(world, async () => {
      const second = gate();
      world.records = 6;
      world.pageRecords = 1;
      world.settings = { maxWorkers: 1, onError: 'wait' };
      world.onOpen = ({ n }) => {
        if (n === 0) return Promise.reject(failWith('SourceNotFound', 'gone'));
        return n === 1 ? second.opened : Promise.resolve();
      };
      const handle = await runs.start();
      await untilProgress(handle, 'one failed, one in flight', (p) => p.inFlight === 1 && p.failures.length === 1);
      await growHistory(handle, 1);
      second.open();
      await untilProgress(handle, 'the run is parked', ({ stage }) => stage === 'parked');
      await handle.executeUpdate(MESSAGES.skipRecord, { args: [{ record: 0 }] });
      await expect(handle.result()).resolves.toMatchObject({ records: 6, transferred: 5, skipped: 1 });
      expect(await latestRunId(handle)).not.toBe(handle.firstExecutionRunId);
    });
  });
});
