/** Transactions of others that collide with the end of a load: a real deadlock, and a real serialization failure. */
import pg from 'pg';
import { finishLoad, prepareLoad, copyChunk, type Database, type FinishedLoad } from '../../src/load';
import { until } from '../support/until';
import { control, databaseAt, startRig, type Rig } from './engine-support';

let rig: Rig;
let other: pg.Client;
beforeAll(async () => {
  rig = await startRig();
  other = new pg.Client({ connectionString: rig.postgres.url });
  await other.connect();
}, 120_000);
afterAll(async () => {
  await other.end();
  await rig.stop();
});

/** A delta of the rows 1 and 2 that has come as far as its last transaction. */
async function deltaOf(table: string, database: Database): Promise<() => Promise<FinishedLoad>> {
  const { postgres, staging } = rig;
  await postgres.sql(`CREATE TABLE ${table} (id int PRIMARY KEY, name text);
    INSERT INTO ${table} VALUES (1, 'old'), (2, 'old')`);
  const options = { columns: ['id', 'name'], type: 'delta' as const, key: ['id'] };
  const target = await rig.target(table, options);
  const runId = `run-${table}`;
  const load = await prepareLoad(database, { runId, loadType: 'delta', target, key: ['id'] }, control);
  const staged = await rig.stage(await rig.put(`${table}/a.csv`, 'id,name\n1,new\n2,new\n'), target, options);
  for (const chunk of staged.chunks) await copyChunk(database, { runId, chunk, load, staging }, control);
  const request = { runId, loadType: 'delta' as const, target: { schema: 'public', table }, load, key: ['id'] };
  // No time for waiting: what is tried again is the transaction itself.
  return () => finishLoad(database, { ...request, columns: ['id', 'name'], stagedRows: 2, lockWaitMs: 0 }, control);
}

const untilItWaits = (): Promise<unknown> =>
  until(
    async () => {
      const waiting = await rig.postgres.sql(
        `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE 'longhaul%'`,
      );
      return waiting.length > 0 ? true : null;
    },
    { what: 'the load to wait for a lock', timeoutMs: 10_000 },
  );

const deadlocks = async (): Promise<number> => {
  const [row] = await rig.postgres.sql<{ n: number }>(
    `SELECT deadlocks::int AS n FROM pg_stat_database WHERE datname = 'postgres'`,
  );
  return row?.n ?? -1;
};

test('of a deadlock the load is the victim, and is tried again', async () => {
  const finish = await deltaOf('deadlocked', rig.database);
  const before = await deadlocks();
  // The server gives up whoever finds the deadlock: the load, not the other.
  await other.query(`SET deadlock_timeout = '60s'`);
  await other.query('BEGIN');
  await other.query(`UPDATE deadlocked SET name = 'other' WHERE id = 2`);
  const finishing = finish();
  await untilItWaits();
  await other.query(`UPDATE deadlocked SET name = 'other' WHERE id = 1`);
  await other.query('COMMIT');
  expect(await finishing).toMatchObject({ rows: 2, already: false });
  await until(async () => ((await deadlocks()) === before + 1 ? true : null), {
    what: 'the server to count its deadlock',
    timeoutMs: 15_000,
  });
  expect(await rig.postgres.sql('SELECT * FROM deadlocked ORDER BY id')).toEqual([
    { id: 1, name: 'new' },
    { id: 2, name: 'new' },
  ]);
});

test('a serialization failure is tried again', async () => {
  await rig.postgres.sql(`CREATE ROLE strict LOGIN SUPERUSER PASSWORD 'strict-secret';
    ALTER ROLE strict SET default_transaction_isolation = 'repeatable read'`);
  const database = databaseAt(rig.postgres.urlOf({ user: 'strict', password: 'strict-secret' }));
  try {
    const finish = await deltaOf('serialized', database);
    await other.query('BEGIN');
    await other.query(`UPDATE serialized SET name = 'other' WHERE id = 2`);
    const finishing = finish();
    await untilItWaits();
    // The load began with the rows as they were before: 40001 is what it gets now.
    await other.query('COMMIT');
    expect(await finishing).toMatchObject({ rows: 2, already: false });
    expect(await rig.postgres.sql('SELECT name FROM serialized')).toEqual([{ name: 'new' }, { name: 'new' }]);
  } finally {
    await database.close();
  }
});
