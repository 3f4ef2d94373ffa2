/** Cancel, abort and pause in the stages of a load: the table is as before, and nothing is left. */
import { MESSAGES, type OperatorReply } from '../../src/model/run';
import { csvOf, type LoadHandle, type TestSet } from '../support/load-rig';
import { StoppableRig, type LoadStage } from '../support/load-stages';
import { failureOf, untilProgress } from '../support/run-outcome';
import { until } from '../support/until';

let stoppable: StoppableRig;
beforeAll(async () => {
  stoppable = await StoppableRig.start();
}, 120_000);
afterAll(() => stoppable.stop());
afterEach(() => stoppable.pass());

/** A run that is held in the stage, on a table that holds one old row. */
const heldRun = async (stage: LoadStage, load_type: 'full' | 'delta' = 'full') => {
  const set = await stoppable.rig.dataSet({ config: { chunk_mb: 0.02 } });
  await stoppable.rig.sql(`INSERT INTO ${set.table} VALUES (99999, 'old', 1)`);
  await set.put('a.csv', csvOf(2_000));
  await set.put('b.csv', csvOf(2_000, 2_001));
  const held = stoppable.hold(stage);
  const handle = await set.start({ load_type });
  await held.reached;
  return { set, handle, held };
};

const expectAsBefore = async (set: TestSet): Promise<void> => {
  expect(await set.rows()).toEqual([{ id: '99999', name: 'old', amount: '1.00' }]);
  expect(await set.staged()).toEqual([]);
  expect(await set.leftTables()).toEqual([]);
};

const update = (handle: LoadHandle, name: string, args: object = {}): Promise<OperatorReply> =>
  handle.executeUpdate<OperatorReply, [object]>(name, { args: [args] });

it.each(['planning', 'staging', 'copying', 'completing'] as const)(
  'leaves the table as it was after a cancel while %s',
  async (stage) => {
    const { set, handle, held } = await heldRun(stage);
    await handle.cancel();
    const failure = await failureOf(handle);
    held.release();
    expect(failure.code).toBe('Cancelled');
    await expectAsBefore(set);
  },
);

it('leaves the table as it was after a cancel while a file is staged of which chunks are committed', async () => {
  const set = await stoppable.rig.dataSet({ config: { chunk_mb: 0.02 } });
  await stoppable.rig.sql(`INSERT INTO ${set.table} VALUES (99999, 'old', 1)`);
  await set.put('a.csv', csvOf(8_000));
  const held = stoppable.hold('meanwhile');
  const handle = await set.start();
  await held.reached;
  await until(async () => (await set.copiedChunks()) > 0, { what: 'the first chunk', timeoutMs: 20_000 });
  await handle.cancel();
  expect((await failureOf(handle)).code).toBe('Cancelled');
  held.release();
  await expectAsBefore(set);
});

it('leaves the table as it was after a cancel while rows are upserted', async () => {
  const { set, handle, held } = await heldRun('completing', 'delta');
  await handle.cancel();
  expect((await failureOf(handle)).code).toBe('Cancelled');
  held.release();
  await expectAsBefore(set);
});

it.each(['tidying', 'reporting'] as const)('succeeds where a cancel comes while %s: the rows are in', async (stage) => {
  const { set, handle, held } = await heldRun(stage);
  await handle.cancel();
  held.release();
  expect((await handle.result()).rows).toBe(4_000);
  expect(await set.count()).toBe(4_000);
  expect(await set.staged()).toEqual([]);
});

it('ends by abort with the reason of the operator, and says where its report is', async () => {
  const { set, handle, held } = await heldRun('copying');
  await update(handle, MESSAGES.abort, { reason: 'wrong files' });
  const failure = await failureOf(handle);
  held.release();
  expect(failure).toMatchObject({ code: 'RunAborted', message: expect.stringContaining('wrong files') as unknown });
  expect(failure.details.report).toMatch(`s3://${set.bucket}/_longhaul/load/`);
  expect(await set.report(failure.details.run ?? '')).toMatchObject({
    outcome: 'failed',
    failure: { code: 'RunAborted' },
  });
  await expectAsBefore(set);
});

it('starts no more files while it is paused, and goes on when it is resumed', async () => {
  const { set, handle, held } = await heldRun('staging');
  expect(await update(handle, MESSAGES.pause)).toMatchObject({ paused: true });
  held.release();
  await untilProgress(handle, 'the files in flight to end', ({ inFlight }) => inFlight === 0);
  expect(await set.count()).toBe(1);
  await update(handle, MESSAGES.resume);
  expect((await handle.result()).rows).toBe(4_000);
});

it('lets one load at a time have a table: the second names the first', async () => {
  const { set, handle, held } = await heldRun('copying');
  const second = await failureOf(await set.start());
  expect(second).toMatchObject({
    code: 'TargetBusy',
    message: expect.stringContaining(`public.${set.table} is being written by the run ${handle.workflowId}`) as unknown,
  });
  held.release();
  expect((await handle.result()).rows).toBe(4_000);
  await until(async () => (await set.staged()).length === 0, { what: 'no staging', timeoutMs: 5_000 });
});
