/** What operators ask of a run of `exportToS3` while it goes on, and what they are refused. */
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ScriptedWorld } from '../support/scripted-activities';
import { causeOf, gate, ScriptedRuns, untilProgress } from '../support/scripted-run';
import { until } from '../support/until';

let runs: ScriptedRuns;
beforeAll(async () => {
  runs = await ScriptedRuns.create();
});
afterAll(() => runs.close());

describe('operator', () => {
  it('pauses, resumes and changes the number of workers', async () => {
    const world = new ScriptedWorld();
    const held = gate();
    world.records = 40;
    world.pageRecords = 40;
    world.onOpen = () => held.opened;
    await runs.with(world, async () => {
      const handle = await runs.start();
      await untilProgress(handle, 'transfers', ({ stage }) => stage === 'transferring');
      await expect(handle.executeUpdate('setMaxWorkers', { args: [{ maxWorkers: 0 }] })).rejects.toThrow(
        WorkflowUpdateFailedError,
      );
      await expect(handle.executeUpdate('pause', { args: [] })).resolves.toMatchObject({ paused: true });
      await expect(handle.executeUpdate('setMaxWorkers', { args: [{ maxWorkers: 9 }] })).resolves.toMatchObject({
        maxWorkers: 9,
      });
      expect(world.opened.length).toBeLessThanOrEqual(4);
      held.open();
      await expect(handle.executeUpdate('resume', { args: [] })).resolves.toMatchObject({ paused: false });
      await expect(handle.result()).resolves.toMatchObject({ transferred: 40 });
      expect(world.maxInFlight).toBeLessThanOrEqual(9);
      await expect(handle.executeUpdate('retryFailed', { args: [] })).rejects.toThrow();
    });
  });

  it('tells the limit of bytes per second in its memo, and among how many records it is shared', async () => {
    const world = new ScriptedWorld();
    const held = gate();
    const last = gate();
    world.records = 12;
    world.pageRecords = 12;
    world.settings = { rate: { workflowId: 'itself', limit: { bytesPerSec: 5_000_000, among: 4 } } };
    world.onOpen = ({ n }) => (n === 11 ? last.opened : held.opened);
    await runs.with(world, async () => {
      const handle = await runs.start();
      const memo = async (): Promise<unknown> => (await handle.describe()).memo?.['longhaulRate'];
      const set = (maxBytesPerSec: unknown): Promise<unknown> =>
        handle.executeUpdate('setMaxBytesPerSec', { args: [{ maxBytesPerSec }] });
      await untilProgress(handle, 'transfers', ({ inFlight }) => inFlight === 4);
      await expect(memo()).resolves.toEqual({ bytesPerSec: 5_000_000, among: 4 });
      for (const wrong of [0, 1.5, '10', 2e12, undefined]) {
        await expect(set(wrong)).rejects.toMatchObject({
          cause: { type: 'InvalidInput', message: expect.stringContaining('Give {"maxBytesPerSec": n}') as string },
        });
      }
      await expect(set(1000)).resolves.toMatchObject({ maxBytesPerSec: 1000 });
      await expect(set(1000)).resolves.toMatchObject({ maxBytesPerSec: 1000 });
      await expect(memo()).resolves.toEqual({ bytesPerSec: 1000, among: 4 });
      await expect(handle.query('progress')).resolves.toMatchObject({ maxBytesPerSec: 1000 });
      held.open();
      // The last record has all of it.
      const isAlone = async (): Promise<boolean> => ((await memo()) as { among: number }).among === 1;
      await until(async () => (await isAlone()) || null, { what: 'the last share', timeoutMs: 20_000 });
      await expect(memo()).resolves.toEqual({ bytesPerSec: 1000, among: 1 });
      await expect(set(null)).resolves.toMatchObject({ maxBytesPerSec: null });
      await expect(memo()).resolves.toEqual({ bytesPerSec: null, among: 1 });
      last.open();
      await expect(handle.result()).resolves.toMatchObject({ transferred: 12 });
      const { events } = await handle.fetchHistory();
      // At its start, at each order that changed something, and when the number in flight had changed much.
      expect(events?.filter((event) => event.workflowPropertiesModifiedEventAttributes).length).toBeLessThanOrEqual(7);
    });
  });

  it('takes no limit for a run whose records were prepared before there was one', async () => {
    const world = new ScriptedWorld();
    const held = gate();
    world.onOpen = () => held.opened;
    await runs.with(world, async () => {
      const handle = await runs.start();
      await untilProgress(handle, 'transfers', ({ stage }) => stage === 'transferring');
      await expect(
        handle.executeUpdate('setMaxBytesPerSec', { args: [{ maxBytesPerSec: 1000 }] }),
      ).rejects.toMatchObject({ cause: { message: expect.stringContaining('begun by an older version') as string } });
      held.open();
      await handle.result();
      expect((await handle.describe()).memo).not.toHaveProperty('longhaulRate');
    });
  });

  it('lets one run at a time write to a target, and names the other', async () => {
    const world = new ScriptedWorld();
    const held = gate();
    world.settings = { targetPrefix: 'shared' };
    world.onOpen = () => held.opened;
    await runs.with(world, async () => {
      const first = await runs.start();
      await untilProgress(first, 'transfers', ({ stage }) => stage === 'transferring');
      const second = await causeOf(await runs.start());
      expect(second).toMatchObject({
        type: 'TargetBusy',
        message: expect.stringContaining(first.workflowId) as string,
      });
      held.open();
      await first.result();
      await (await runs.start()).result();
    });
  });
});
