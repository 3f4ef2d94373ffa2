/** Loads that succeed: what the table holds afterwards, what the result says, and that nothing is left. */
import { gzipSync } from 'node:zlib';
import { csvOf, LoadRig } from '../support/load-rig';
import { untilProgress } from '../support/run-outcome';

let rig: LoadRig;
beforeAll(async () => {
  rig = await LoadRig.start();
}, 120_000);
afterAll(() => rig.stop());

it('replaces the rows of the table with those of all files, whatever their format', async () => {
  const set = await rig.dataSet();
  await rig.sql(`INSERT INTO ${set.table} VALUES (900, 'old', 1)`);
  await set.put('a.csv', 'id,name,amount\n1,one,1.50\n2,"two, too",\n');
  await set.put('b.csv.gz', gzipSync('id,name,amount\n3,three,3.00\n'));
  await set.put('c.ndjson', '{"id": 4, "name": "four", "amount": 4}\n{"id": 5, "name": null, "amount": 5.25}\n');
  const handle = await set.start({ load_type: 'full' });
  const result = await handle.result();

  expect(await set.rows()).toEqual([
    { id: '1', name: 'one', amount: '1.50' },
    { id: '2', name: 'two, too', amount: null },
    { id: '3', name: 'three', amount: '3.00' },
    { id: '4', name: 'four', amount: '4.00' },
    { id: '5', name: null, amount: '5.25' },
  ]);
  expect(result).toMatchObject({
    rows: 5,
    chunks: 3,
    files: 3,
    rejected: 0,
    bucket: set.bucket,
    bucket_source: 'argument',
    table: `public.${set.table}`,
    load_type: 'full',
    data_set: set.name,
    env: 'development',
    rejects: null,
  });
  expect(result.bytes).toBeGreaterThan(0);
  expect(result.rows_per_sec).toBeGreaterThan(0);
  expect(await set.staged()).toEqual([]);
  expect(await set.leftTables()).toEqual([]);
  expect(await set.report(result.run_id)).toMatchObject({
    outcome: 'succeeded',
    result,
    totals: { records: 3, load: { rows: 5, stagedRows: 5, chunks: 3 } },
    load: { table: `public.${set.table}`, bucketFrom: 's3_bucket' },
  });
  expect(await untilProgress(handle, 'the end', ({ stage }) => stage === 'done')).toMatchObject({
    job: 'loadToPostgres',
    totals: { records: 3, load: { rows: 5, chunks: 3 } },
    load: { bucket: set.bucket, bucketSource: 'argument' },
  });
  const lines = rig.logs().filter(({ event, run }) => event === 'staging_bucket' && run === result.run_id);
  expect(lines).toMatchObject([{ bucket: set.bucket, source: 'argument', from: 's3_bucket', env: 'development' }]);
});

it('upserts a delta by its key, and loading it again changes nothing', async () => {
  const set = await rig.dataSet();
  await rig.sql(`INSERT INTO ${set.table} VALUES (1, 'old', 1), (2, 'stays', 2)`);
  await set.put('delta.csv', 'id,name,amount\n1,new,10\n3,third,30\n');
  const expected = [
    { id: '1', name: 'new', amount: '10.00' },
    { id: '2', name: 'stays', amount: '2.00' },
    { id: '3', name: 'third', amount: '30.00' },
  ];
  expect(await set.run({ load_type: 'delta' })).toMatchObject({ rows: 2 });
  expect(await set.rows()).toEqual(expected);
  expect(await set.run({ load_type: 'delta' })).toMatchObject({ rows: 2 });
  expect(await set.rows()).toEqual(expected);
  expect(await set.staged()).toEqual([]);
});

it('loads the first rows of a sample, over several files', async () => {
  const set = await rig.dataSet();
  await set.put('a.csv', csvOf(5));
  await set.put('b.csv', csvOf(5, 6));
  await set.put('c.csv', csvOf(5, 11));
  expect(await set.run({ load_type: 'sample', sample_rows: 7 })).toMatchObject({ rows: 7, load_type: 'sample' });
  expect((await set.rows()).map((row) => row['id'])).toEqual(['1', '2', '3', '4', '5', '6', '7']);
});

it('copies many chunks of one file at once, and each of its rows once', async () => {
  const set = await rig.dataSet({ config: { chunk_mb: 0.02 } });
  await set.put('large.csv', csvOf(20_000));
  const result = await set.run({ parallelism: 3 });
  expect(result.rows).toBe(20_000);
  expect(result.chunks).toBeGreaterThan(10);
  expect(await rig.sql(`SELECT count(*) AS n, count(DISTINCT id) AS ids FROM ${set.table}`)).toEqual([
    { n: '20000', ids: '20000' },
  ]);
});

it('maps, fills and leaves out columns as the data set says', async () => {
  const set = await rig.dataSet({
    config: {
      columns: [
        { name: 'id', from: 'key', type: 'int8' },
        { name: 'name', constant: 'fixed' },
        { name: 'amount', from: 'price', type: 'numeric' },
      ],
      drop: ['note'],
      csv: { delimiter: ';', null: 'NULL' },
    },
  });
  await set.put('a.csv', 'key;note;price\n1;x;2.50\n2;y;NULL\n');
  await set.run();
  expect(await set.rows()).toEqual([
    { id: '1', name: 'fixed', amount: '2.50' },
    { id: '2', name: 'fixed', amount: null },
  ]);
});

it('sets bad rows aside up to the limit, and says where they are', async () => {
  const set = await rig.dataSet();
  await set.put('a.csv', 'id,name,amount\n1,one,1\nx,bad,2\n3,three,none\n4,four,4\n');
  const result = await set.run({ reject_limit: 2 });
  expect(result).toMatchObject({ rows: 2, rejected: 2 });
  expect((await set.rows()).map((row) => row['id'])).toEqual(['1', '4']);
  expect(result.rejects).toBe(`s3://${set.bucket}/_longhaul/load/${result.run_id}/rejects/`);
  const rejects = await set.rejects(result.run_id);
  expect(rejects).toContain('"line":3');
  expect(rejects).toContain('"line":4');
});

it('answers the same result where a run id that has succeeded is used again, and loads nothing', async () => {
  const set = await rig.dataSet();
  await set.put('a.csv', csvOf(3));
  const first = await set.run({ runId: `${set.name}-named` });
  await rig.sql(`DELETE FROM ${set.table}`);
  expect(await set.run({ runId: `${set.name}-named` })).toEqual(first);
  expect(await set.count()).toBe(0);
});

it('keeps connection strings and keys out of history, reports and logs', async () => {
  const set = await rig.dataSet();
  await set.put('a.csv', csvOf(3));
  const handle = await set.start();
  const { run_id: runId } = await handle.result();
  expect(await rig.findSecrets(handle.workflowId, set.bucket, runId)).toEqual([]);
});
