/** Loads that cannot succeed: each fails with its own code and a message that names the fault, and leaves nothing. */
import { gzipSync } from 'node:zlib';
import type { LoadInput } from '../../src/model/load-run';
import { csvOf, LoadRig, type DataSetOptions, type TestSet } from '../support/load-rig';
import { failureOf } from '../support/run-outcome';

let rig: LoadRig;
beforeAll(async () => {
  rig = await LoadRig.start();
}, 120_000);
afterAll(() => rig.stop());

interface Case {
  readonly options?: DataSetOptions;
  readonly files?: Readonly<Record<string, string | Buffer>>;
  readonly input?: Partial<LoadInput>;
  readonly code: string;
  /** What the message must name. */
  readonly message: RegExp;
}

const ROW = 'id,name,amount\n1,one,1\n';
const quoted = `id,name,amount\n1,"one,1\n${'2,two,2\n'.repeat(5)}`;

const CASES: Readonly<Record<string, Case>> = {
  'an unknown data set': {
    input: { data_set: 'no-such-set' },
    code: 'DataSetUnknown',
    message: /load\.json has no data set "no-such-set": it has "set-/,
  },
  'a table that is not there': { options: { table: false }, code: 'TableMissing', message: /public\.set_/ },
  'a column that the table has not': {
    options: { config: { columns: [{ name: 'id' }, { name: 'nmae' }] } },
    code: 'ColumnMissing',
    message: /nmae/,
  },
  'a column that the files have not': {
    files: { 'a.csv': 'id,amount\n1,1\n' },
    code: 'ColumnMissing',
    message: /name/,
  },
  'a column that nobody wants': {
    files: { 'a.csv': 'id,name,amount,extra\n1,one,1,x\n' },
    code: 'ColumnUnexpected',
    message: /extra/,
  },
  'a column of another type than configured': {
    options: { config: { columns: [{ name: 'id', type: 'integer' }, { name: 'name' }, { name: 'amount' }] } },
    code: 'TypeMismatch',
    message: /Column id of public\.set_\w+ is bigint, but the configuration says integer/,
  },
  'a delta without a key': {
    options: { config: { key: [] } },
    input: { load_type: 'delta' },
    code: 'KeyUnfit',
    message: /key names no column/,
  },
  'a delta whose key has no unique index': {
    options: { primaryKey: [], config: { key: ['id'] } },
    input: { load_type: 'delta' },
    code: 'KeyUnfit',
    message: /id/,
  },
  'a bad row': {
    files: { 'a.csv': ROW, 'b.csv': 'id,name,amount\n2,two,2\nthree,three,3\n' },
    code: 'BadRow',
    message: /22P02.*b\.csv.*line 3.*column id/s,
  },
  'a row with too many fields': {
    files: { 'a.csv': 'id,name,amount\n1,one,1,2\n' },
    code: 'BadRow',
    message: /a\.csv.*line 2/s,
  },
  'more bad rows than the limit': {
    files: { 'a.csv': 'id,name,amount\nx,a,1\ny,b,2\nz,c,3\n4,d,4\n' },
    input: { reject_limit: 2 },
    code: 'RejectLimit',
    message: /2/,
  },
  'a quote that is never closed': { files: { 'a.csv': quoted }, code: 'FileMalformed', message: /a\.csv.*line 2/s },
  'a gzip that ends too early': {
    files: { 'a.csv.gz': gzipSync(csvOf(5_000)).subarray(0, 4_000) },
    code: 'FileTruncated',
    message: /a\.csv\.gz/,
  },
  'a Parquet file that ends too early': {
    files: { 'a.parquet': Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(100)]) },
    code: 'FileTruncated',
    message: /a\.parquet/,
  },
  'files with different headers': {
    files: { 'a.csv': ROW, 'b.csv': 'id,amount,name,more\n1,1,x,y\n' },
    code: 'HeadersDiffer',
    message: /b\.csv/,
  },
  'a path without files': { files: {}, code: 'LoadPathEmpty', message: /s3:\/\/staging-\w+\/data\// },
  'files without rows': { files: { 'a.csv': 'id,name,amount\n' }, code: 'NothingToLoad', message: /hold no row/ },
  'nothing but an empty file': { files: { 'a.csv': '' }, code: 'LoadPathEmpty', message: /data\// },
  'a format that the name does not say': { files: { 'a.xyz': ROW }, code: 'FormatUnknown', message: /a\.xyz/ },
  'a staging bucket that is not there': {
    input: { s3_bucket: 'no-such-bucket-anywhere' },
    code: 'BucketNotFound',
    message: /no-such-bucket-anywhere/,
  },
  'a run of production that would fall to the bucket of development': {
    options: { environments: { development: { staging_bucket: 'bucket-of-development' } } },
    input: { env: 'production', s3_bucket: null as unknown as string },
    code: 'CrossEnvironment',
    message: /production must not stage in bucket-of-development.*environments\.production\.staging_bucket/s,
  },
  'no connection for the environment': {
    options: { config: { connection_env: { production: 'LOAD_TEST_DATABASE_URL' } } },
    code: 'DatabaseUrlMissing',
    message: /connection_env names no variable for development/,
  },
  'a variable that the worker has not': {
    options: { config: { connection_env: 'NOT_SET_ANYWHERE' } },
    code: 'DatabaseUrlMissing',
    message: /environment variable NOT_SET_ANYWHERE is not set/,
  },
  'a row whose key is there already': {
    files: { 'a.csv': 'id,name,amount\n1,one,1\n1,again,2\n' },
    code: 'BadRow',
    message: /23505.*a\.csv.*line 3/s,
  },
};

const rowsOf = (set: TestSet, { options }: Case): Promise<unknown> =>
  options?.table === false ? Promise.resolve(null) : set.rows();

it.each(Object.entries(CASES))('refuses %s', async (_, wanted) => {
  const set = await rig.dataSet(wanted.options);
  for (const [name, body] of Object.entries(wanted.files ?? { 'a.csv': ROW })) await set.put(name, body);
  if (wanted.options?.table !== false) await rig.sql(`INSERT INTO ${set.table} VALUES (77, 'old', 7)`);
  const before = await rowsOf(set, wanted);
  const failure = await failureOf(await set.start(wanted.input));

  expect(failure).toMatchObject({ code: wanted.code, message: expect.stringMatching(wanted.message) as unknown });
  expect(await rowsOf(set, wanted)).toEqual(before);
  expect(await set.staged()).toEqual([]);
  expect(await set.leftTables()).toEqual([]);
});

it('fails at once where the input is wrong, before a worker does anything', async () => {
  const set = await rig.dataSet();
  const failure = await failureOf(await set.start({ path: '/data' }));
  expect(failure).toMatchObject({
    code: 'InvalidInput',
    message: 'Input field "path" must be s3://bucket/prefix/ or s3://bucket/file, got the text "/data"',
  });
});
