/** SIGKILL of the worker in each stage of a load: another one ends it, every row is there once, and nothing is left. */
import { csvOf } from '../support/load-rig';
import { LOAD_STAGES, StoppableRig } from '../support/load-stages';
import { failureOf } from '../support/run-outcome';
import { until } from '../support/until';

let stoppable: StoppableRig;
beforeAll(async () => {
  stoppable = await StoppableRig.start();
}, 120_000);
afterAll(() => stoppable.stop());

it.each(LOAD_STAGES)(
  'goes on after a kill while %s',
  async (stage) => {
    const { rig } = stoppable;
    const set = await rig.dataSet({ config: { chunk_mb: 0.02 } });
    await rig.sql(`INSERT INTO ${set.table} VALUES (99999, 'old', 1)`);
    await set.put('a.csv', csvOf(2_000));
    await set.put('b.csv', csvOf(2_000, 2_001));
    const held = stoppable.hold(stage);
    const handle = await set.start();
    await held.reached;
    await rig.harness.workers.at(-1)?.kill();
    held.release();
    await rig.startWorker();
    const result = await handle.result();

    expect(result.rows).toBe(4_000);
    expect(await rig.sql(`SELECT count(*) AS n, count(DISTINCT id) AS ids FROM ${set.table}`)).toEqual([
      { n: '4000', ids: '4000' },
    ]);
    expect(await set.staged()).toEqual([]);
    expect(await set.leftTables()).toEqual([]);
  },
  60_000,
);

describe('a kill while a file is staged, of which chunks are committed already', () => {
  const killed = async () => {
    const { rig } = stoppable;
    const set = await rig.dataSet({ config: { chunk_mb: 0.02 } });
    await rig.sql(`INSERT INTO ${set.table} VALUES (99999, 'old', 1)`);
    await set.put('a.csv', csvOf(8_000));
    const held = stoppable.hold('meanwhile');
    const handle = await set.start();
    await held.reached;
    await until(async () => (await set.copiedChunks()) > 0, { what: 'the first chunk', timeoutMs: 20_000 });
    await rig.harness.workers.at(-1)?.kill();
    held.release();
    return { rig, set, handle };
  };

  it('stages the file again and copies each chunk once', async () => {
    const { rig, set, handle } = await killed();
    await rig.startWorker();
    expect((await handle.result()).rows).toBe(8_000);
    expect(await rig.sql(`SELECT count(*) AS n, count(DISTINCT id) AS ids FROM ${set.table}`)).toEqual([
      { n: '8000', ids: '8000' },
    ]);
    expect(await set.staged()).toEqual([]);
    expect(await set.leftTables()).toEqual([]);
  }, 60_000);

  it('ends the run where the file has become another one, and keeps nothing of either', async () => {
    const { rig, set, handle } = await killed();
    await set.put('a.csv', csvOf(8_000, 20_001));
    await rig.startWorker();
    expect(await failureOf(handle)).toMatchObject({ code: 'SourceChanged' });
    expect(await set.rows()).toEqual([{ id: '99999', name: 'old', amount: '1.00' }]);
    expect(await set.staged()).toEqual([]);
    expect(await set.leftTables()).toEqual([]);
  }, 60_000);
});
