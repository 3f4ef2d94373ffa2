/** A load among its surroundings: a bucket that may not be written, a disk that is full, the command, schedules, terminated runs. */
import { CopyObjectCommand, DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { LoadResult } from '../../src/model/load-run';
import { csvOf, STAGING_ROOT, type TestSet } from '../support/load-rig';
import { StoppableRig } from '../support/load-stages';
import { longhaul, errorOf } from '../support/longhaul-command';
import { failureOf } from '../support/run-outcome';
import { errorXml } from '../support/s3-proxy';
import { uniqueName } from '../support/shared-stack';
import { until } from '../support/until';

let stoppable: StoppableRig;
beforeAll(async () => {
  stoppable = await StoppableRig.start();
}, 120_000);
afterAll(() => stoppable.stop());
afterEach(() => stoppable.pass());

const HOURS_MS = 2 * 3_600_000;

it('fails where the staging bucket may not be written, and says which', async () => {
  const { rig, store } = stoppable;
  const set = await rig.dataSet();
  await set.put('a.csv', csvOf(3));
  store.script = ({ operation, url }) =>
    operation === 'put' && url.pathname.includes('/part-') ? { status: 403, body: errorXml('AccessDenied') } : 'pass';
  const failure = await failureOf(await set.start());
  expect(failure).toMatchObject({ code: 'StagingDenied', message: expect.stringContaining(set.bucket) as string });
  stoppable.pass();
  expect(await set.staged()).toEqual([]);
  expect(await set.leftTables()).toEqual([]);
  expect(await set.count()).toBe(0);
});

it('ends at once where the disk of the database is full, and leaves the table as it was', async () => {
  const { rig } = stoppable;
  const set = await rig.dataSet({ config: { chunk_mb: 0.02 } });
  // What the server says where it cannot extend a file (mdextend): the same code, at the same place of a COPY.
  await rig.sql(
    `INSERT INTO ${set.table} VALUES (99999, 'old', 1);
     CREATE FUNCTION ${set.table}_room(id bigint) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
       IF id BETWEEN 2000 AND 90000 THEN
         RAISE EXCEPTION 'could not extend file "base/5/16400": No space left on device' USING ERRCODE = 'disk_full';
       END IF;
       RETURN true;
     END $$;
     ALTER TABLE ${set.table} ADD CHECK (${set.table}_room(id))`,
  );
  await set.put('a.csv', csvOf(5_000));
  expect(await failureOf(await set.start())).toMatchObject({ code: 'PostgresDiskFull' });
  expect(await set.rows()).toEqual([{ id: '99999', name: 'old', amount: '1.00' }]);
  expect(await set.staged()).toEqual([]);
  expect(await set.leftTables()).toEqual([]);
});

it('leaves many chunks to activities of their own, and each row is there once', async () => {
  const { rig, database } = stoppable;
  const set = await rig.dataSet({ config: { chunk_mb: 0.01, parallelism: 1 } });
  await set.put('a.csv', csvOf(20_000));
  let release = (): void => undefined;
  const isStaged = new Promise<void>((resolve) => (release = resolve));
  database.script = (text) => (/\bCOPY\b[^;]*\bFROM STDIN\b/i.test(text) ? { holdUntil: isStaged } : 'pass');
  const runId = uniqueName('many');
  const handle = await set.start({ runId });
  const list = `/_longhaul/load/${runId}/staged/`;
  await until(
    () =>
      Promise.resolve(
        stoppable.store.seen.some(({ url, operation }) => operation === 'put' && url.pathname.includes(list)) || null,
      ),
    { what: 'the list of staged chunks', timeoutMs: 60_000 },
  );
  release();
  const result = await handle.result();
  expect(result.chunks).toBeGreaterThan(20);
  const record = rig.harness.client.workflow.getHandle(`${runId}/record/0`);
  const { events } = await record.fetchHistory();
  const names = (events ?? []).map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name);
  expect(names.filter((name) => name === 'copyChunks').length).toBeGreaterThan(10);
  expect(await rig.sql(`SELECT count(*) AS n, count(DISTINCT id) AS ids FROM ${set.table}`)).toEqual([
    { n: '20000', ids: '20000' },
  ]);
});

it('is run by the command, which prints its result, and fails with the code of its error', async () => {
  const { rig } = stoppable;
  const set = await rig.dataSet();
  await set.put('a.csv', csvOf(7));
  const place = ['--data-set', set.name, '--path', set.path, '--s3-bucket', set.bucket, '--json'];
  const done = await longhaul(rig.harness, 'load', '--load-type', 'full', ...place);
  expect([done.exitCode, done.stderr]).toEqual([0, expect.any(String)]);
  const result = JSON.parse(done.stdout) as { workflowId: string } & LoadResult;
  expect(result).toMatchObject({ rows: 7, bucket: set.bucket, bucket_source: 'argument' });
  expect(await set.count()).toBe(7);
  // Rows have no ledger that they could be compared with: whoever asks is told what to count.
  const verified = await longhaul(rig.harness, 'verify', result.workflowId, '--json');
  expect([verified.exitCode, errorOf(verified)]).toEqual([
    2,
    expect.objectContaining({
      code: 'RowsNotVerifiable',
      message: expect.stringContaining(`has loaded 7 rows into public.${set.table}`) as string,
      hint: expect.stringContaining('longhaul report <run>') as string,
    }),
  ]);
  const delta = await longhaul(rig.harness, 'load', '--load_type', 'delta', ...place);
  expect(delta.exitCode).toBe(0);
  expect(await set.count()).toBe(7);
  await set.put('a.csv', 'id,name,amount\nx,n,1\n');
  const bad = await longhaul(rig.harness, 'load', '--load-type', 'full', ...place);
  expect(errorOf(bad)).toMatchObject({ code: 'BadRow', message: expect.stringContaining('line 2') as string });
  expect(bad.exitCode).toBe(errorOf(bad).exitCode);
  expect(await set.count()).toBe(7);
});

it('is started by a schedule', async () => {
  const { rig } = stoppable;
  const set = await rig.dataSet();
  await set.put('a.csv', csvOf(5));
  const id = uniqueName('nightly-load');
  const input = JSON.stringify({ load_type: 'full', path: set.path, s3_bucket: set.bucket });
  const schedule = ['--job', 'load', '--data-set', set.name, '--cron', '0 6 * * *', '--input', input];
  expect(await longhaul(rig.harness, 'schedule', 'create', id, ...schedule)).toMatchObject({ exitCode: 0 });
  expect(await longhaul(rig.harness, 'schedule', 'trigger', id)).toMatchObject({ exitCode: 0 });
  await until(async () => ((await set.count()) === 5 ? true : null), { what: 'the rows', timeoutMs: 60_000 });
  expect(await longhaul(rig.harness, 'schedule', 'delete', id)).toMatchObject({ exitCode: 0 });
});

/** Gives the staging folder and the table of a run the age of `HOURS_MS`: only what is old is removed. */
async function makeOld(set: TestSet, table: string): Promise<void> {
  const { s3 } = set.rig.harness;
  const Bucket = set.bucket;
  for (const Key of await set.staged()) {
    const old = Key.replace(/-(\d{10})-/, (_, seconds: string) => `-${Number(seconds) - HOURS_MS / 1000}-`);
    if (Key.endsWith('run.json')) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      await s3.send(new PutObjectCommand({ Bucket, Key: old, Body: (await Body?.transformToString()) ?? '' }));
    } else await s3.send(new CopyObjectCommand({ Bucket, Key: old, CopySource: `${Bucket}/${Key}` }));
    await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  }
  const [row] = await set.rig.sql<{ comment: string }>(`SELECT obj_description($1::regclass, 'pg_class') AS comment`, [
    table,
  ]);
  const comment = (row?.comment ?? '').replace(/ (\d{13}) /, (_, ms: string) => ` ${Number(ms) - HOURS_MS} `);
  await set.rig.sql(`COMMENT ON TABLE ${table} IS '${comment}'`);
}

it('removes what a terminated run has left, by the next load', async () => {
  const { rig } = stoppable;
  const set = await rig.dataSet({ config: { chunk_mb: 0.05 } });
  await set.put('a.csv', csvOf(5_000));
  const held = stoppable.hold('copying');
  const handle = await set.start();
  await held.reached;
  await handle.terminate('by a test');
  held.release();
  const [left = ''] = await set.leftTables();
  expect(left).toMatch(/^longhaul_load_/);
  expect((await set.staged()).some((key) => key.endsWith('/run.json'))).toBe(true);
  // Its activity hears of the end by its next heartbeat, and writes no more.
  await until(
    async () => {
      const busy = await rig.sql(`SELECT 1 FROM pg_stat_activity WHERE application_name LIKE $1 AND state <> 'idle'`, [
        `longhaul ${set.name}%`,
      ]);
      return busy.length === 0 ? true : null;
    },
    { what: 'the terminated run to be quiet', timeoutMs: 30_000 },
  );
  await makeOld(set, left);
  expect(await set.run()).toMatchObject({ rows: 5_000 });
  expect(await set.count()).toBe(5_000);
  expect(await set.leftTables()).toEqual([]);
  expect((await set.staged()).filter((key) => key.startsWith(STAGING_ROOT))).toEqual([]);
});
