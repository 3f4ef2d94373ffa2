/** A Postgres that goes away, or whose answers are lost, while a load goes on. */
import { csvOf } from '../support/load-rig';
import { StoppableRig } from '../support/load-stages';
import { failureOf } from '../support/run-outcome';

let stoppable: StoppableRig;
beforeAll(async () => {
  stoppable = await StoppableRig.start();
}, 120_000);
afterAll(() => stoppable.stop());
afterEach(() => stoppable.pass());

it('fails soon where Postgres is down at the start, and says so', async () => {
  const { rig, database } = stoppable;
  const set = await rig.dataSet();
  await set.put('a.csv', csvOf(3));
  database.down();
  expect(await failureOf(await set.start())).toMatchObject({ code: 'PostgresUnreachable' });
  expect(await set.staged()).toEqual([]);
});

it('goes on after Postgres has been killed in the middle of a COPY', async () => {
  const { rig } = stoppable;
  const set = await rig.dataSet({ config: { chunk_mb: 0.05 } });
  await set.put('a.csv', csvOf(5_000));
  const held = stoppable.hold('copying');
  const handle = await set.start();
  await held.reached;
  await rig.postgres.kill();
  held.release();
  await rig.postgres.restart();
  expect((await handle.result()).rows).toBe(5_000);
  expect(await set.count()).toBe(5_000);
  expect(await set.leftTables()).toEqual([]);
});

it.each(['full', 'delta'] as const)(
  'loads every chunk once where the answers to commits of a %s load are lost',
  async (load_type) => {
    const { rig, database } = stoppable;
    const set = await rig.dataSet({ config: { chunk_mb: 0.02 } });
    await rig.sql(`INSERT INTO ${set.table} VALUES (1, 'old', 1)`);
    await set.put('a.csv', csvOf(3_000));
    let [commits, isCopying] = [0, false];
    database.script = (text) => {
      isCopying ||= /\bCOPY\b/.test(text);
      // Every other commit from the first chunk on: those of chunks, and that of the whole load.
      if (!isCopying || !/\bCOMMIT\b/i.test(text)) return 'pass';
      commits += 1;
      return commits % 2 === 1 ? 'loseAnswer' : 'pass';
    };
    const result = await set.run({ load_type });
    expect(commits).toBeGreaterThan(5);
    expect(result).toMatchObject({ rows: 3_000 });
    expect(
      await rig.sql(`SELECT count(*) AS n, count(DISTINCT id) AS ids, sum(amount) AS sum FROM ${set.table}`),
    ).toEqual([{ n: '3000', ids: '3000', sum: '4500000.00' }]);
    expect(await set.staged()).toEqual([]);
    expect(await set.leftTables()).toEqual([]);
  },
);

it('fails where Postgres stays away, says what it could not remove, and the next load removes it', async () => {
  const { rig, database } = stoppable;
  const set = await rig.dataSet({ config: { retry_for_sec: 1 } });
  await rig.sql(`INSERT INTO ${set.table} VALUES (99999, 'old', 1)`);
  await set.put('a.csv', csvOf(100));
  const held = stoppable.hold('copying');
  const handle = await set.start();
  await held.reached;
  database.down();
  held.release();
  const failure = await failureOf(handle);
  expect(failure).toMatchObject({
    code: 'PostgresUnreachable',
    details: { cleanup: { problems: [expect.any(String)] } },
  });
  expect(failure.details.cleanup?.problems[0]).toContain(set.name);
  expect(await set.count()).toBe(1);
  expect(await set.staged()).toEqual([]);
});

it('stops a statement that takes longer than it may', async () => {
  const { rig } = stoppable;
  const set = await rig.dataSet({ config: { statement_timeout_sec: 0.5, retry_for_sec: 2 } });
  await rig.sql(
    `CREATE FUNCTION ${set.table}_slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(5); RETURN NEW; END';
     CREATE TRIGGER slow BEFORE INSERT ON ${set.table} FOR EACH ROW EXECUTE FUNCTION ${set.table}_slow()`,
  );
  await set.put('a.csv', csvOf(3));
  expect(await failureOf(await set.start({ load_type: 'delta' }))).toMatchObject({ code: 'StatementTimeout' });
  expect(await set.count()).toBe(0);
});
