import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import { inspectFile, listSourceFiles } from '../../src/load';
import { arrayLiteral } from '../../src/load/array-literal';
import { dateText, timestampText } from '../../src/load/parquet/time-text';
import { decimalText, floatText } from '../../src/load/parquet/values';
import { AUTO, control, failureOf, mappingOf, startRig, type Rig } from './engine-support';

let rig: Rig;
const sql = <T extends object>(text: string): Promise<T[]> => rig.postgres.sql<T>(text);

beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => {
  await rig.stop();
});

const FIXTURES = path.join(__dirname, 'fixtures');
const TYPES = `id bigint, price numeric(38,10), ratio real, big double precision, at timestamptz, local timestamp, day date,
  clock time, ok boolean, raw bytea, tags text[], doc jsonb, word text, uid uuid, small numeric(9,2)`;

test('NDJSON: numbers without loss, nested values, arrays, NULL and the empty text', async () => {
  await sql(`CREATE TABLE js (${TYPES})`);
  const lines = [
    `{"id": 9223372036854775807, "price": 1234567890123456789012345678.1234567891, "ratio": 0.1, "ok": true, "tags": ["a\\"b", null, "c,d", "\\\\"], "doc": {"n": 1.10, "s": "x\\u00e9"}, "word": "a\\nb \\ud83d\\ude42"}`,
    '',
    `{"word":"","id":2,"at":"2024-01-02T03:04:05.123456+02:00","raw":"\\\\xdeadbeef","doc":"text","tags":[],"ok":false}\r`,
    `  { "id" : null , "doc" : [1, {"a": []}], "tags": null } `,
  ];
  const columns = ['id', 'price', 'ratio', 'at', 'ok', 'raw', 'tags', 'doc', 'word'];
  const file = await rig.put('js/a.jsonl', lines.join('\n'));
  expect(await rig.load('js', [file], { columns })).toMatchObject({ rows: 3 });
  expect(
    await sql(`SELECT id, price, ratio, at::text, ok, raw::text, tags, doc, word FROM js ORDER BY id NULLS LAST`),
  ).toEqual([
    {
      id: '2',
      price: null,
      ratio: null,
      at: '2024-01-02 01:04:05.123456+00',
      ok: false,
      raw: '\\xdeadbeef',
      tags: [],
      doc: 'text',
      word: '',
    },
    {
      id: '9223372036854775807',
      price: '1234567890123456789012345678.1234567891',
      ratio: 0.1,
      at: null,
      ok: true,
      raw: null,
      tags: ['a"b', null, 'c,d', '\\'],
      doc: { n: 1.1, s: 'xé' },
      word: 'a\nb 🙂',
    },
    { id: null, price: null, ratio: null, at: null, ok: null, raw: null, tags: null, doc: [1, { a: [] }], word: null },
  ]);
  expect(await sql(`SELECT doc->'n' #>> '{}' AS n FROM js WHERE ok`)).toEqual([{ n: '1.10' }]);
});

test.each([
  ['no object', '[1]\n', 'FileMalformed', 1],
  ['cut off', '{"id":1}\n{"id":', 'FileMalformed', 2],
  ['a bare word', '{"id":1}\n\n{"id":yes}\n', 'FileMalformed', 3],
  ['two objects in a line', '{"id":1} {"id":2}\n', 'FileMalformed', 1],
  ['a key that nothing names', '{"id":1}\n{"zip":1}\n', 'ColumnUnexpected', 2],
])('NDJSON with %s is named by its line', async (name, text, code, line) => {
  await sql('CREATE TABLE IF NOT EXISTS ids (id int)');
  const file = await rig.put(`js/${name}.ndjson`, text);
  expect(await failureOf(rig.load('ids', [file], { columns: ['id'] }))).toMatchObject({ code, context: { line } });
});

test('gzip, several members too; cut off or damaged it is an error', async () => {
  await sql('CREATE TABLE zipped (id int)');
  const rows = Array.from({ length: 50_000 }, (_, n) => `${n}\n`).join('');
  const whole = Buffer.concat([gzipSync('id\n'), gzipSync(rows), gzipSync('50000\n')]);
  const file = await rig.put('gz/a.csv.gz', whole);
  expect(await rig.load('zipped', [file], { columns: ['id'] })).toMatchObject({ rows: 50_001 });
  const cut = await rig.put('gz/b.csv.gz', whole.subarray(0, whole.length - 30));
  expect(await failureOf(rig.load('zipped', [cut], { columns: ['id'] }))).toMatchObject({ code: 'FileTruncated' });
  const bad = Buffer.from(whole);
  bad[bad.length >> 1]! ^= 0xff;
  const damaged = await rig.put('gz/c.csv.gz', bad);
  expect(await failureOf(rig.load('zipped', [damaged], { columns: ['id'] }))).toMatchObject({ code: 'FileMalformed' });
  expect(await sql('SELECT count(*)::int, sum(id)::int FROM zipped')).toEqual([{ count: 50_001, sum: 1_250_025_000 }]);
});

test('Parquet: every type without loss (fixture by fixtures/make-types.py)', async () => {
  await sql(`CREATE TABLE pq (${TYPES})`);
  const file = await rig.put('pq/types.parquet', readFileSync(path.join(FIXTURES, 'types.parquet')));
  const columns = TYPES.split(/,(?![\d])/).map((column) => column.trim().split(' ')[0]!);
  expect(await inspectFile({ client: rig.client, file, format: AUTO, mapping: mappingOf(columns) }, control)).toEqual({
    format: 'parquet',
    isGzip: false,
    columns,
  });
  expect(await rig.load('pq', [file], { columns })).toMatchObject({ rows: 3 });
  const shown = columns.map((name) => `${name}::text`).join(', ');
  const text = await sql(`SELECT ${shown} FROM pq ORDER BY id NULLS LAST`);
  expect(text).toEqual(JSON.parse(readFileSync(path.join(FIXTURES, 'types.json'), 'utf8')));
});

test('Parquet: three million rows of many groups; a column that cannot fit; a file that is cut off', async () => {
  await sql(
    'CREATE TABLE flights (date timestamp, delay int, distance int, origin text, destination text); CREATE TABLE wrong (date int)',
  );
  const body = readFileSync(path.join(__dirname, '../../node_modules/vega-datasets/data/flights-3m.parquet'));
  const file = await rig.put('pq/flights-3m.parquet', body);
  const columns = ['date', 'delay', 'distance', 'origin', 'destination'];
  const target = await rig.target('flights', { columns });
  const staged = await rig.stage(file, target, { columns, maxRows: 400_000 });
  expect(staged.rows).toBe(400_000);
  expect(staged.chunks[0]).toMatchObject({ unit: 'row', firstLine: 1 });
  const wrong = failureOf(rig.load('wrong', [file], { columns: ['date'], mapping: { extra: 'drop' } }));
  expect(await wrong).toMatchObject({ code: 'TypeMismatch', context: { column: 'date' } });
  const cut = await rig.put('pq/cut.parquet', body.subarray(0, 1_000_000));
  expect(await failureOf(rig.load('flights', [cut], { columns }))).toMatchObject({ code: 'FileTruncated' });
  const none = await rig.put('pq/none.parquet', Buffer.from('id\n1\n2\n3\n4\n5\n6\n'));
  expect(await failureOf(rig.load('flights', [none], { columns }))).toMatchObject({ code: 'FileMalformed' });
});

test('the files of a path: hidden ones, folders and other paths are none', async () => {
  for (const key of ['ls/b.csv', 'ls/a.csv', 'ls/_SUCCESS', 'ls/.hidden/c.csv', 'ls/x/d.csv', 'ls-other/e.csv'])
    await rig.put(key, 'id\n');
  await rig.put('ls/empty.csv', '');
  await rig.put('ls/folder/', '');
  const list = (prefix: string): Promise<string[]> =>
    listSourceFiles({ client: rig.client, bucket: rig.bucket, prefix }, control).then((files) =>
      files.map(({ key }) => key),
    );
  expect(await list('ls')).toEqual(['ls/a.csv', 'ls/b.csv', 'ls/x/d.csv']);
  expect(await list('ls/')).toEqual(['ls/a.csv', 'ls/b.csv', 'ls/x/d.csv']);
  expect(await list('ls/a.csv')).toEqual(['ls/a.csv']);
  expect(await failureOf(list('nothing/'))).toMatchObject({ code: 'LoadPathEmpty' });
});

test.each([
  ['[1, 2.50, null, true]', '{1,2.50,NULL,true}'],
  ['[[1,2],[3,4]]', '{{1,2},{3,4}}'],
  ['["a\\"b", "c\\\\d", "", "NULL", {"x": [1]}]', '{"a\\"b","c\\\\d","","NULL","{\\"x\\":[1]}"}'],
  ['{"a":1}', undefined],
  ['[1,]', undefined],
  ['[1', undefined],
])('the array %s', (json, literal) => {
  expect(arrayLiteral(json)).toBe(literal);
});

test('decimals, floats and times as text', () => {
  expect(decimalText(new Uint8Array([0xff, 0x85]), 2)).toBe('-1.23');
  expect(decimalText(5n, 3)).toBe('0.005');
  expect(decimalText(-7, 0)).toBe('-7');
  expect(floatText(Math.fround(0.1))).toBe('0.1');
  expect([dateText(0).text, dateText(-719_528)]).toEqual(['1970-01-01', { text: '0001-01-01', isBc: true }]);
  expect(timestampText(-1n, 6, '+00')).toBe('1969-12-31 23:59:59.999999+00');
  expect(timestampText(9_223_372_036_854_775_807n, 9, '')).toBe('2262-04-11 23:47:16.854775807');
});
