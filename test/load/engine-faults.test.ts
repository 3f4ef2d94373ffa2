import { chmodSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import pg from 'pg';
import {
  copyChunk,
  findAbandonedStaging,
  iamToken,
  inspectTarget,
  prepareLoad,
  removeStaging,
  stagingPrefix,
} from '../../src/load';
import { until } from '../../src/dev/wait';
import { pooled } from '../../src/load/database/database';
import { createS3Destination, getSmall } from '../../src/transfer';
import { allTextOf } from '../catalogue/support';
import { freePort, startTestS3 } from '../support/versitygw';
import { control, databaseAt, failureOf, mappingOf, startRig, type Rig } from './engine-support';

let rig: Rig;
const sql = <T extends object>(text: string, values?: unknown[]): Promise<T[]> => rig.postgres.sql<T>(text, values);
const one = async (text: string): Promise<unknown> => Object.values((await sql(text))[0] ?? {})[0];

beforeAll(async () => {
  rig = await startRig();
  await sql('CREATE TABLE items (id int PRIMARY KEY, name varchar(40), at timestamptz)');
});
afterAll(async () => {
  await rig.stop();
});

const COLUMNS = ['id', 'name', 'at'];
const GOOD = Array.from({ length: 300 }, (_, n) => `${n},"two\nlines ${n}",2024-01-02 03:04:05+02\n`);
const withBad = (...rows: readonly [place: number, row: string][]): string => {
  const lines = [...GOOD];
  for (const [place, row] of rows) lines[place] = row;
  return `id,name,at\n${lines.join('')}`;
};

describe('a bad row is named by its line in the file', () => {
  test.each<[string, string, object]>([
    ['a value of another type', withBad([0, 'abc,x,\n']), { sqlState: '22P02', line: 2, column: 'id' }],
    ['after rows of two lines', withBad([7, '7,"a\nb",yesterdayish\n']), { sqlState: '22007', line: 16, column: 'at' }],
    ['too long', withBad([2, `2,${'x'.repeat(41)},\n`]), { sqlState: '22001', line: 6, column: 'name' }],
    ['a key that is there twice', withBad([5, '2,x,\n']), { sqlState: '23505', line: 12 }],
    ['no value where one must be', withBad([299, ',x,\n']), { sqlState: '23502', line: 600 }],
    ['too few fields', withBad([1, '1\n']), { sqlState: '22P04', line: 4 }],
    ['too many fields', withBad([1, '1,2,,4\n']), { sqlState: '22P04', line: 4 }],
    ['no UTF-8', withBad([3, '3,X,\n']).replace('X', '\uFFFF'), { sqlState: '22021', line: 8 }],
  ])('%s', async (name, csv, context) => {
    // Latin 1 where the text cannot be UTF-8.
    const body = name === 'no UTF-8' ? Buffer.from(csv.replace('\uFFFF', '\xE9'), 'latin1') : Buffer.from(csv);
    const file = await rig.put(`bad/${name}.csv`, body);
    const error = await failureOf(rig.load('items', [file], { columns: COLUMNS }));
    expect(error).toMatchObject({ code: 'BadRow', context });
    expect(error.retryable).toBe(false);
    const { sqlState, line } = error.context;
    expect(error.message).toMatch(new RegExp(`^${sqlState ?? ''} .*bad/${name}.csv line ${line ?? ''}`));
    expect(await one('SELECT count(*)::int FROM items')).toBe(0);
  });

  test('also where columns were mapped and blank lines left out, and in gzip and NDJSON', async () => {
    const mapping = { rename: { ID: 'id', NAME: 'name' }, drop: ['junk'], constants: { at: null } };
    const csv = `ID,junk,NAME\r\n\r\n1,"x\r\ny","a\r\nb"\r\n\r\n\r\n2,,b\r\nx,,c\r\n`;
    const file = await rig.put('bad/mapped.csv.gz', gzipSync(csv));
    const error = await failureOf(rig.load('items', [file], { columns: COLUMNS, mapping }));
    expect(error).toMatchObject({ code: 'BadRow', context: { line: 9, column: 'id' } });
    const json = await rig.put('bad/a.ndjson', '{"id":1,"name":"a\\nb"}\n\n{"id":2,"name":"c"}\n{"id":"zwei"}\n');
    const inJson = await failureOf(rig.load('items', [json], { columns: COLUMNS }));
    expect(inJson).toMatchObject({ code: 'BadRow', context: { line: 4, column: 'id' } });
  });
});

describe('reject_limit', () => {
  const csv = withBad([0, 'abc,x,\n'], [7, '7,"a\nb",yesterdayish\n'], [8, '2,again,\n'], [299, ',"q""q",\n']);

  test('bad rows go to a file, the others to the table', async () => {
    const file = await rig.put('rejects/a.csv', csv);
    const done = await rig.load('items', [file], { columns: COLUMNS, rejectLimit: 4 });
    expect(done).toMatchObject({ rows: 296, rejected: 4 });
    expect(await one('SELECT count(*)::int FROM items')).toBe(296);
    const [key] = await rig.keys(`rejects/${done.runId}/`);
    const text = (await getSmall(rig.staging, key!, control)).toString();
    const source = `s3://${rig.bucket}/rejects/a.csv`;
    const rejects = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(rejects).toMatchObject([
      { file: source, line: 2, column: 'id', sqlstate: '22P02', row: 'abc,x,' },
      { file: source, line: 15, column: 'at', sqlstate: '22007', row: '7,"a\nb",yesterdayish' },
      { file: source, line: 17, sqlstate: '23505', row: '2,again,' },
      { file: source, line: 598, sqlstate: '23502', row: ',"q""q",' },
    ]);
    await sql('DELETE FROM items');
  });

  test('one more, also spread over chunks and files, and nothing is kept', async () => {
    const files = [await rig.put('rejects/b.csv', csv), await rig.put('rejects/c.csv', 'id,name,at\n900,x,never\n')];
    const error = await failureOf(rig.load('items', files, { columns: COLUMNS, rejectLimit: 4 }));
    expect(error).toMatchObject({ code: 'RejectLimit' });
    const chunks = { columns: COLUMNS, rejectLimit: 3, chunkSizeBytes: 100 };
    expect(await failureOf(rig.load('items', files.slice(0, 1), chunks))).toMatchObject({ code: 'RejectLimit' });
    expect(await one('SELECT count(*)::int FROM items')).toBe(0);
  });
});

test('a COPY that is stopped leaves nothing, and the next attempt loads everything', async () => {
  const file = await rig.put('stop/a.csv', withBad());
  const target = await rig.target('items', { columns: COLUMNS });
  const load = await prepareLoad(rig.database, { runId: 'stopped', loadType: 'full', target, key: [] }, control);
  const { chunks } = await rig.stage(file, target, { columns: COLUMNS });
  const blocker = new pg.Client({ connectionString: rig.postgres.url });
  await blocker.connect();
  await blocker.query(`BEGIN; LOCK TABLE ${load.table} IN ACCESS EXCLUSIVE MODE`);
  const abort = new AbortController();
  const request = { runId: 'stopped', chunk: chunks[0]!, load, staging: rig.staging };
  const copying = copyChunk(rig.database, request, { signal: abort.signal });
  copying.catch(() => undefined);
  const waits = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'COPY%'`;
  await until(async () => (await sql(waits)).length > 0, { what: 'the COPY', timeoutMs: 10_000 });
  const reason = new Error('stop');
  abort.abort(reason);
  await expect(copying).rejects.toBe(reason);
  const slow = await failureOf(copyChunk(rig.database, { ...request, statementTimeoutMs: 200 }, control));
  expect(slow).toMatchObject({ code: 'StatementTimeout', context: { sqlState: '57014' } });
  await blocker.query('COMMIT');
  await blocker.end();
  expect(await copyChunk(rig.database, request, control)).toEqual({ rows: 300, rejected: 0, already: false });
  expect(await one(`SELECT count(*)::int FROM ${load.table}`)).toBe(300);
  await sql(`DROP TABLE ${load.table}`);
  expect(await failureOf(copyChunk(rig.database, { ...request, runId: 'other' }, control))).toMatchObject({
    code: 'TableMissing',
  });
});

test('a connection that is cut is an error that can be tried again', async () => {
  const file = await rig.put('cut/a.csv', withBad());
  const target = await rig.target('items', { columns: COLUMNS });
  const load = await prepareLoad(rig.database, { runId: 'cut', loadType: 'full', target, key: [] }, control);
  const { chunks } = await rig.stage(file, target, { columns: COLUMNS });
  const blocker = new pg.Client({ connectionString: rig.postgres.url });
  await blocker.connect();
  await blocker.query(`BEGIN; LOCK TABLE ${load.table} IN ACCESS EXCLUSIVE MODE`);
  const request = { runId: 'cut', chunk: chunks[0]!, load, staging: rig.staging };
  const copying = failureOf(copyChunk(rig.database, request, control));
  const kill = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'COPY%'`;
  await until(async () => (await sql(kill)).length > 0, { what: 'the COPY', timeoutMs: 10_000 });
  expect(await copying).toMatchObject({ code: 'PostgresUnreachable', retryable: true });
  await blocker.query('ROLLBACK');
  await blocker.end();
  expect(await copyChunk(rig.database, request, control)).toMatchObject({ rows: 300, already: false });
});

test('the server is told to look whether we are still there', async () => {
  const shown = `SELECT name, setting FROM pg_settings WHERE name LIKE 'tcp_keepalives%' ORDER BY name`;
  const database = databaseAt(rig.postgres.url, { maxConnections: 1 });
  try {
    const { rows } = await pooled(database).transaction({ what: 'Looking', signal: control.signal }, (client) =>
      client.query(shown),
    );
    expect(rows).toEqual([
      { name: 'tcp_keepalives_count', setting: '3' },
      { name: 'tcp_keepalives_idle', setting: '30' },
      { name: 'tcp_keepalives_interval', setting: '10' },
    ]);
  } finally {
    await database.close();
  }
});

describe('connections fail with a code, and nothing of the connection string', () => {
  const SECRET = 'the-very-secret';

  test.each<[string, string, () => Promise<string> | string]>([
    ['a wrong password', 'PostgresRefused', () => rig.postgres.urlOf({ password: SECRET })],
    ['an unknown user', 'PostgresRefused', () => rig.postgres.urlOf({ user: SECRET })],
    ['an unknown database', 'DatabaseUrlInvalid', () => rig.postgres.urlOf({ database: 'nothing' })],
    ['nobody there', 'PostgresUnreachable', async () => `postgres://u:${SECRET}@127.0.0.1:${await freePort()}/db`],
    ['TLS that the server has not', 'PostgresUnreachable', () => `${rig.postgres.url}?sslmode=require`],
    ['no URL', 'DatabaseUrlInvalid', () => `postgres://user:${SECRET}@[::bad/x`],
    ['another URL', 'DatabaseUrlInvalid', () => `https://user:${SECRET}@host/`],
    ['an unknown sslmode', 'DatabaseUrlInvalid', () => `postgres://user:${SECRET}@host/db?sslmode=sometimes`],
  ])('%s: %s', async (_name, code, urlOf) => {
    const url = await urlOf();
    const work = async (): Promise<unknown> => {
      const database = databaseAt(url);
      const request = {
        table: { schema: null, table: 'items' },
        loadType: 'full' as const,
        mapping: mappingOf([]),
        key: [],
      };
      return inspectTarget(database, request, control).finally(() => database.close());
    };
    const error = await failureOf(work());
    expect(error).toMatchObject({ code, retryable: code === 'PostgresUnreachable' });
    for (const part of [SECRET, 'postgres://', 'test-secret']) expect(allTextOf(error)).not.toContain(part);
  });
});

test('a token of RDS is the signed request that the service asks for', async () => {
  const credentials = (): Promise<{ accessKeyId: string; secretAccessKey: string }> =>
    Promise.resolve({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' });
  const now = new Date('2026-01-02T03:04:05Z');
  const token = await iamToken({
    host: 'db.example.com',
    port: 5432,
    user: 'load er',
    region: 'eu-west-1',
    credentials,
    now,
  });
  const url = new URL(`https://${token}`);
  expect(url.host).toBe('db.example.com:5432');
  expect(Object.fromEntries(url.searchParams)).toEqual({
    Action: 'connect',
    DBUser: 'load er',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': 'AKIDEXAMPLE/20260102/eu-west-1/rds-db/aws4_request',
    'X-Amz-Date': '20260102T030405Z',
    'X-Amz-Expires': '900',
    'X-Amz-SignedHeaders': 'host',
    'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/) as string,
  });
});

test('staging: removed as a whole, found when it is old, and nothing else is touched', async () => {
  const old = stagingPrefix('my load/1', 1_700_000_000_000, 'abcdef01');
  const fresh = stagingPrefix('job', Date.now(), 'abcdef02');
  expect(old).toBe('tmp/postgres-copy/my-load-1-1700000000-abcdef01/');
  const { staging } = rig;
  for (const key of [`${old}part-00000.csv`, `${fresh}part-00000.csv`, 'tmp/postgres-copy/else/part-00000.csv']) {
    await rig.put(key, '1\n');
  }
  await staging.begin(`${old}part-00001.csv`, { transferId: 'x' }, control.signal);
  const found = await findAbandonedStaging({ staging, olderThanMs: 3_600_000 }, control);
  expect(found).toEqual([
    { prefix: old, name: 'my-load-1-1700000000-abcdef01', startedAtMs: 1_700_000_000_000, objects: 1, bytes: 2 },
  ]);
  expect(await removeStaging({ staging, prefix: old }, control)).toBe(1);
  expect(await findAbandonedStaging({ staging, olderThanMs: 3_600_000 }, control)).toEqual([]);
  for (const prefix of ['', 'tmp/postgres-copy/', 'tmp/postgres-copy/else/', `${old}../`, old.slice(0, -1)]) {
    expect(await failureOf(removeStaging({ staging, prefix }, control))).toMatchObject({ code: 'InvalidInput' });
  }
  expect(await rig.keys('tmp/postgres-copy/else/')).toHaveLength(1);
});

test('the database may read chunks itself (a function of the same name as that of RDS, over the files of the store)', async () => {
  const store = await startTestS3();
  try {
    const bucket = await store.bucket('chunks');
    for (const folder of [store.dataDir, `${store.dataDir}/..`]) chmodSync(folder, 0o755);
    await sql(`
      CREATE SCHEMA aws_commons; CREATE TYPE aws_commons._s3_uri_1 AS (bucket text, path text, region text);
      CREATE FUNCTION aws_commons.create_s3_uri(text, text, text) RETURNS aws_commons._s3_uri_1
        LANGUAGE sql AS 'SELECT ROW($1, $2, $3)::aws_commons._s3_uri_1';
      CREATE SCHEMA aws_s3;
      CREATE FUNCTION aws_s3.table_import_from_s3(t text, columns text, options text, uri aws_commons._s3_uri_1) RETURNS text
        LANGUAGE plpgsql AS $$ DECLARE n bigint; BEGIN
          EXECUTE format('COPY %s (%s) FROM %L WITH %s', t, columns, '${store.dataDir}/' || uri.bucket || '/' || uri.path, options);
          GET DIAGNOSTICS n = ROW_COUNT;
          RETURN n || ' rows imported into relation "' || t || '" from file ' || uri.path || ' of 1 bytes'; END $$;
      CREATE TABLE "By ""S3""" (id int PRIMARY KEY, "na'me" text)`);
    const staging = createS3Destination({ client: store.client, bucket });
    const columns = ['id', `na'me`];
    const target = await rig.target('By "S3"', { columns });
    const load = await prepareLoad(rig.database, { runId: 'by-s3', loadType: 'full', target, key: [] }, control);
    const file = await rig.put('by-s3/a.csv', `id,na'me\n1,a\n2,"b\nb"\n`);
    const staged = await rig.stage(file, target, { columns });
    const body = await getSmall(rig.staging, staged.chunks[0]!.key, control);
    const chunk = { ...staged.chunks[0]!, key: 'part-00000.csv' };
    await staging.putWhole(
      chunk.key,
      { transferId: 'x' },
      body,
      { crc32: Buffer.from(chunk.crc32, 'base64').readUInt32BE() },
      control.signal,
    );
    const via = { kind: 'aws_s3', region: 'eu-west-1' } as const;
    const request = { runId: 'by-s3', chunk, load, staging, via };
    expect(await copyChunk(rig.database, request, control)).toMatchObject({ rows: 2, already: false });
    expect(await copyChunk(rig.database, request, control)).toMatchObject({ rows: 2, already: true });
    expect(await one(`SELECT count(*)::int FROM ${load.table}`)).toBe(2);
  } finally {
    await store.stop();
  }
});
