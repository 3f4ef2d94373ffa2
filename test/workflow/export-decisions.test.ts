/** What `exportToS3` decides: order of stages, failure policies, cancel, operator messages. */
import { CancelledFailure, WorkflowUpdateFailedError } from '@temporalio/client';
import type { JobProgress } from '../../src/model/run';
import { failWith, ScriptedWorld } from '../support/scripted-activities';
import { causeOf, gate, progressOf, ScriptedRuns, untilProgress } from '../support/scripted-run';

let runs: ScriptedRuns;
beforeAll(async () => {
  runs = await ScriptedRuns.create();
});
afterAll(() => runs.close());

describe('a run that succeeds', () => {
  it('moves every record once, publishes every page after the last record, and reports', async () => {
    const world = new ScriptedWorld();
    await runs.with(world, async () => {
      const handle = await runs.start();
      await expect(handle.result()).resolves.toMatchObject({
        records: 10,
        transferred: 10,
        failed: 0,
        bytes: 100,
        exportId: 'export-1',
      });
      expect([...world.opened].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(world.maxInFlight).toBeLessThanOrEqual(4);
      expect([...world.published].sort()).toEqual([0, 1, 2]);
      expect(world.finished).toMatchObject({ outcome: 'succeeded', cleanup: null, failure: null });
      await expect(progressOf(handle)).resolves.toMatchObject({ stage: 'done', publishedObjects: 10, inFlight: 0 });
    });
  });

  it('publishes nothing in direct mode, because every object is visible already', async () => {
    const world = new ScriptedWorld();
    world.settings = { publish: 'direct' };
    await runs.with(world, async () => {
      await (await runs.start()).result();
      expect(world.published).toEqual([]);
      expect(world.undone).toEqual([]);
    });
  });
});

describe('waiting for the vendor', () => {
  it('polls until success, through words it does not know', async () => {
    const world = new ScriptedWorld();
    world.polls = [
      { state: 'running', status: 'PENDING', recordCount: 0 },
      { state: 'running', status: 'SHUFFLING', recordCount: 0 },
      { state: 'succeeded', status: 'SUCCEEDED', recordCount: 10 },
    ];
    await runs.with(world, async () => {
      const handle = await runs.start();
      await handle.result();
      await expect(progressOf(handle)).resolves.toMatchObject({ polls: 3, exportStatus: 'SUCCEEDED' });
    });
  });

  it.each([
    ['ExportFailed', { state: 'failed', status: 'CANCELED', recordCount: 0 }, {}],
    ['ExportTimeout', { state: 'running', status: 'PENDING', recordCount: 0 }, { exportTimeoutMs: 120 }],
    ['ExportEmpty', { state: 'succeeded', status: 'SUCCEEDED', recordCount: 0 }, {}],
  ] as const)('fails with %s', async (code, poll, settings) => {
    const world = new ScriptedWorld();
    world.polls = [poll];
    world.settings = settings;
    await runs.with(world, async () => {
      await expect(causeOf(await runs.start())).resolves.toMatchObject({ type: code, nonRetryable: true });
      expect(world.finished).toMatchObject({ outcome: 'failed', failure: { code } });
    });
  });
});

describe('a record whose upload is taken away', () => {
  it('starts again with a new upload', async () => {
    const world = new ScriptedWorld();
    world.records = 1;
    let lost = 2;
    world.onParts = () => (lost-- > 0 ? Promise.reject(failWith('UploadLost', 'gone')) : Promise.resolve());
    await runs.with(world, async () => {
      await expect((await runs.start()).result()).resolves.toMatchObject({ transferred: 1 });
      expect(world.opened).toEqual([0, 0, 0]);
    });
  });

  it('fails when that goes on', async () => {
    const world = new ScriptedWorld();
    world.onParts = () => Promise.reject(failWith('UploadLost', 'gone'));
    await runs.with(world, async () => {
      await expect(causeOf(await runs.start())).resolves.toMatchObject({ type: 'UploadLost' });
    });
  });
});

describe('on_error abort', () => {
  it('fails with the first record that failed, takes everything back and publishes nothing', async () => {
    const world = new ScriptedWorld();
    world.onOpen = ({ n }) =>
      n === 6 ? Promise.reject(failWith('SourceNotFound', 'record six is gone')) : Promise.resolve();
    await runs.with(world, async () => {
      const failure = await causeOf(await runs.start());
      expect(failure).toMatchObject({ type: 'SourceNotFound', nonRetryable: true });
      expect(failure.message).toBe('record six is gone (report: s3://bucket/report.json)');
      expect(world.published).toEqual([]);
      expect(world.undone).toEqual(expect.arrayContaining([0, 1]));
      expect(world.finished).toMatchObject({ outcome: 'failed', failure: { code: 'SourceNotFound' } });
      // Every record that was begun is in the books: staged ones by their pages, the others by what they did themselves.
      expect(world.takenBack).toContain(6);
      expect(world.finished?.cleanup).toMatchObject({ abortedUploads: world.stagedUploads + world.takenBack.length });
    });
  });

  it('says in the report what a record could not take back', async () => {
    const world = new ScriptedWorld();
    world.onOpen = ({ n }) => (n === 1 ? Promise.reject(failWith('SourceNotFound', 'gone')) : Promise.resolve());
    world.onTakeBack = ({ n }) => {
      if (n === 1) throw failWith('AccessDenied', 'no right to abort');
    };
    await runs.with(world, async () => {
      await causeOf(await runs.start());
      const problems = world.finished?.cleanup?.problems ?? [];
      expect(problems).toContain('record 1: no right to abort');
    });
  });
});

describe('on_error continue', () => {
  const failing = (tolerated: number): ScriptedWorld => {
    const world = new ScriptedWorld();
    world.settings = { onError: 'continue', toleratedFailures: { count: tolerated } };
    world.onOpen = ({ n }) =>
      n % 5 === 0 ? Promise.reject(failWith('SourceNotFound', `record ${n} is gone`)) : Promise.resolve();
    return world;
  };

  it('publishes the others where so many failures are tolerated', async () => {
    const world = failing(2);
    await runs.with(world, async () => {
      await expect((await runs.start()).result()).resolves.toMatchObject({ records: 10, transferred: 8, failed: 2 });
      expect(world.finished?.failures.map((f) => f.n).sort()).toEqual([0, 5]);
    });
  });

  it('publishes nothing where one more has failed', async () => {
    const world = failing(1);
    await runs.with(world, async () => {
      await expect(causeOf(await runs.start())).resolves.toMatchObject({
        type: 'RecordsFailed',
        message: expect.stringContaining('2 of 10 records failed') as string,
      });
      expect(world.published).toEqual([]);
      expect([...world.undone].sort()).toEqual([0, 1, 2]);
    });
  });
});

describe('on_error wait', () => {
  it('parks, takes orders, and moves nothing twice', async () => {
    const world = new ScriptedWorld();
    let broken = true;
    world.settings = { onError: 'wait' };
    world.onOpen = ({ n }) =>
      broken && (n === 2 || n === 7) ? Promise.reject(failWith('CredentialsExpired', 'expired')) : Promise.resolve();
    await runs.with(world, async () => {
      const handle = await runs.start();
      const parked = await untilProgress(handle, 'the run to park', ({ stage }) => stage === 'parked');
      expect(parked.failures.map((f) => f.n).sort()).toEqual([2, 7]);
      expect(parked.actions.join()).toContain('retryFailed');
      await expect(handle.executeUpdate('retryFailed', { args: [{ records: [3] }] })).rejects.toThrow(
        WorkflowUpdateFailedError,
      );
      broken = false;
      await expect(handle.executeUpdate('skipRecord', { args: [{ record: 7 }] })).resolves.toMatchObject({
        affected: 1,
      });
      await expect(handle.executeUpdate('retryFailed', { args: [] })).resolves.toMatchObject({ affected: 1 });
      await expect(handle.result()).resolves.toMatchObject({ records: 10, transferred: 9, skipped: 1, failed: 0 });
      expect(world.opened.filter((n) => n === 2)).toHaveLength(2);
      expect(world.opened.filter((n) => n !== 2)).toHaveLength(9);
    });
  });

  it('keeps orders about records that are still being taken back, and carries each out once', async () => {
    const world = new ScriptedWorld();
    const mended = gate();
    let broken = true;
    world.settings = { onError: 'wait', opensInBatch: true };
    world.onOpen = ({ n }) =>
      broken && (n === 2 || n === 7) ? Promise.reject(failWith('CredentialsExpired', 'expired')) : Promise.resolve();
    world.onTakeBack = () => mended.opened;
    await runs.with(world, async () => {
      const handle = await runs.start();
      const order = (name: string, args: object): Promise<unknown> => handle.executeUpdate(name, { args: [args] });
      const shown = async (): Promise<object> =>
        Object.fromEntries((await progressOf(handle)).failures.map(({ n, ordered }) => [n, ordered ?? 'none']));
      await untilProgress(handle, 'both to fail', ({ failures, inFlight }) => failures.length === 2 && inFlight === 2);
      await expect(shown()).resolves.toEqual({ 2: 'none', 7: 'none' });
      await expect(order('skipRecord', { record: 7 })).resolves.toMatchObject({ stage: 'transferring', affected: 1 });
      await expect(order('retryFailed', {})).resolves.toMatchObject({ affected: 1 });
      // Why they are in flight stays to be seen; a second order about them would be carried out twice.
      const areOrdered = ({ failures }: JobProgress): boolean => failures.filter(({ ordered }) => ordered).length === 2;
      await untilProgress(handle, 'the orders', areOrdered);
      await expect(shown()).resolves.toEqual({ 2: 'retry', 7: 'skip' });
      await expect(order('retryFailed', {})).rejects.toThrow(WorkflowUpdateFailedError);
      await expect(order('skipRecord', { record: 2 })).rejects.toThrow(WorkflowUpdateFailedError);
      mended.open();
      const parked = await untilProgress(handle, 'the run to park', ({ stage }) => stage === 'parked');
      // Tried again, failed again: that is another failure, for another order.
      await expect(shown()).resolves.toEqual({ 2: 'none' });
      expect(parked.totals).toMatchObject({ transferred: 8, skipped: 1 });
      expect(world.opened.filter((n) => n === 2)).toHaveLength(2);
      broken = false;
      await expect(order('retryFailed', {})).resolves.toMatchObject({ affected: 1 });
      await expect(handle.result()).resolves.toMatchObject({ records: 10, transferred: 9, skipped: 1, failed: 0 });
      expect(world.opened.filter((n) => n === 2)).toHaveLength(3);
      expect(world.opened.filter((n) => n !== 2)).toHaveLength(9);
      expect([...world.takenBack].sort()).toEqual([2, 2, 7]);
    });
  });

  it('ends with RunAborted when the operator gives up', async () => {
    const world = new ScriptedWorld();
    world.settings = { onError: 'wait' };
    world.onOpen = ({ n }) => (n === 2 ? Promise.reject(failWith('SourceNotFound', 'gone')) : Promise.resolve());
    await runs.with(world, async () => {
      const handle = await runs.start();
      await untilProgress(handle, 'the run to park', ({ stage }) => stage === 'parked');
      await handle.executeUpdate('abort', { args: [{ reason: 'not today' }] });
      await expect(causeOf(handle)).resolves.toMatchObject({
        type: 'RunAborted',
        message: expect.stringContaining('The run was aborted: not today') as string,
      });
      expect(world.published).toEqual([]);
      expect([...world.undone].sort()).toEqual([0, 1, 2]);
    });
  });
});

describe('cancel', () => {
  it('ends CANCELED after its records have taken their work back', async () => {
    const world = new ScriptedWorld();
    world.onOpen = ({ n }) => (n >= 4 ? gate().opened : Promise.resolve());
    await runs.with(world, async () => {
      const handle = await runs.start();
      await untilProgress(handle, 'records in flight', ({ inFlight, totals }) => inFlight > 0 && totals.records === 4);
      await handle.cancel();
      await expect(causeOf(handle)).resolves.toBeInstanceOf(CancelledFailure);
      expect((await handle.describe()).status.name).toBe('CANCELLED');
      expect(world.published).toEqual([]);
      expect(world.undone).toContain(0);
      expect(world.takenBack.length).toBeGreaterThan(0);
      expect(world.finished).toMatchObject({ outcome: 'cancelled' });
    });
  });

  it('ends CANCELED while the export is awaited', async () => {
    const world = new ScriptedWorld();
    world.polls = [{ state: 'running', status: 'PENDING', recordCount: 0 }];
    world.settings = { pollIntervalMs: 30_000 };
    await runs.with(world, async () => {
      const handle = await runs.start();
      await untilProgress(handle, 'a poll to be due', ({ nextPollAt }) => nextPollAt !== null);
      await handle.cancel();
      await expect(causeOf(handle)).resolves.toBeInstanceOf(CancelledFailure);
      expect(world.finished).toMatchObject({ outcome: 'cancelled' });
    });
  });
});

describe('bad input', () => {
  it.each([[null], [{}], [{ project: 'p', recrods: [] }], [{ project: 'p', export: 'all' }]])(
    '%j fails the run at once',
    async (input) => {
      await runs.with(new ScriptedWorld(), async () => {
        const handle = await runs.start(input);
        await expect(causeOf(handle)).resolves.toMatchObject({ type: 'InvalidInput', nonRetryable: true });
        const { events } = await handle.fetchHistory();
        expect(events?.some((event) => event.workflowTaskFailedEventAttributes)).toBe(false);
      });
    },
  );
});

describe('slots', () => {
  it('stay busy across the ends of pages', async () => {
    const world = new ScriptedWorld();
    world.records = 64;
    world.pageRecords = 16;
    world.settings = { maxWorkers: 8 };
    world.onOpen = () => new Promise((resolve) => setTimeout(resolve, 2_500));
    await runs.with(world, async () => {
      const handle = await runs.start();
      await handle.result();
      const { transferStarted, transferEnded } = world.busyWindow();
      expect(world.maxInFlight).toBeLessThanOrEqual(8);
      // Of 8. Starting a record costs its slot some time, the more of it the busier the machine is.
      expect(world.busySlotMs / (transferEnded - transferStarted)).toBeGreaterThan(5);
    });
  });
});
