import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { loadLoadConfig } from '../../../src/config/load';
import type { LoadConfig } from '../../../src/config/load-types';

const thrownBy = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

const ENTITY = {
  table: 'public.entity',
  connection_env: 'DATABASE_URL',
  columns: [
    { name: 'id', type: 'bigint' },
    { name: 'name', from: 'entity_name' },
    { name: 'origin', constant: 'files' },
  ],
  key: ['id'],
};

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'longhaul-config-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const load = (file: unknown, env: Record<string, string> = {}): LoadConfig => {
  const text = typeof file === 'string' ? file : JSON.stringify(file, null, 2);
  writeFileSync(path.join(folder, 'load.json'), text);
  return loadLoadConfig({ configDir: folder, env });
};
const withSet = (more: object): object => ({ data_sets: { entity: { ...ENTITY, ...more } } });

it('gives a data set with its defaults, and the connection string as a secret', () => {
  const config = load(withSet({}), { DATABASE_URL: 'postgres://user:secret@host/db\n' });
  const set = config.dataSet('entity');
  expect(set).toMatchObject({
    table: { schema: 'public', table: 'entity' },
    columns: [
      { name: 'id', from: 'id', type: 'bigint' },
      { name: 'name', from: 'entity_name', type: null },
      { name: 'origin', from: null, constant: 'files' },
    ],
    rejectLimit: 0,
    parallelism: 4,
    chunkSizeBytes: 16 * 1024 ** 2,
    format: 'auto',
  });
  expect(set.connections.development.value?.reveal()).toBe('postgres://user:secret@host/db');
  expect(JSON.stringify(set)).not.toContain('secret@');
  expect(config.environments.production.stagingBucket).toBeNull();
});

it('has a connection for each environment, or says that it names none', () => {
  const set = load(withSet({ connection_env: { production: 'PROD_URL' } }), { PROD_URL: 'postgres://prod/db' });
  const { production, development } = set.dataSet('entity').connections;
  expect(production.value?.reveal()).toBe('postgres://prod/db');
  expect(development).toEqual({ value: null, source: 'connection_env names no variable for development' });
});

it('names the data sets that there are where one is unknown', () => {
  expect(thrownBy(() => load(withSet({})).dataSet('entitty'))).toMatchObject({
    code: 'DataSetUnknown',
    message: expect.stringContaining('it has "entity"') as unknown,
  });
});

it('says that there is no file', () => {
  expect(thrownBy(() => loadLoadConfig({ configDir: folder, env: {} }))).toMatchObject({ code: 'LoadConfigNotFound' });
});

it.each<[string, object, RegExp]>([
  [
    'an unknown key of a data set',
    withSet({ tabel: 'x' }),
    /unknown key "data_sets\.entity\.tabel" \(nearest known key: "table"\) \(line \d+, column \d+\)/,
  ],
  [
    'an unknown key of a column',
    withSet({ columns: [{ name: 'id', tpye: 'int' }] }),
    /columns\.0\.tpye" \(nearest known key: "type"\)/,
  ],
  [
    'a missing table',
    { data_sets: { entity: { ...ENTITY, table: undefined } } },
    /data_sets\.entity\.table is missing: expected string/,
  ],
  [
    'a reject_limit that is no number',
    withSet({ reject_limit: 'many' }),
    /data_sets\.entity\.reject_limit: expected whole number \(at least 0, at most 1000000\), got string "many"/,
  ],
  [
    'an unknown format',
    withSet({ format: 'xml' }),
    /expected one of "auto", "csv", "ndjson", "parquet", got string "xml"/,
  ],
  [
    'a delimiter of two characters',
    withSet({ csv: { delimiter: '||' } }),
    /data_sets\.entity\.csv\.delimiter: must be one ASCII character/,
  ],
  [
    'a key that is not loaded',
    withSet({ key: ['uid'] }),
    /data_sets\.entity\.key names "uid", which "columns" does not load/,
  ],
  [
    'a column twice',
    withSet({ columns: [{ name: 'id' }, { name: 'id', from: 'other' }] }),
    /names the column "id" twice/,
  ],
  [
    'a column from two places',
    withSet({ columns: [{ name: 'id', from: 'x', constant: 'y' }] }),
    /gives "id" both "from" and "constant"/,
  ],
  [
    'a table with too many dots',
    withSet({ table: 'a.b.c' }),
    /data_sets\.entity\.table must be "table" or "schema\.table"/,
  ],
  [
    'one bucket for two environments',
    { environments: { development: { staging_bucket: 'one' }, production: { staging_bucket: 'one' } }, data_sets: {} },
    /environments\.production\.staging_bucket is that of development too/,
  ],
  [
    'half a pair of keys',
    { environments: { staging: { access_key_id: 'A' } }, data_sets: {} },
    /environments\.staging\.access_key_id needs environments\.staging\.secret_access_key/,
  ],
])('refuses %s and says where', (_, file, problem) => {
  expect(thrownBy(() => load(file))).toMatchObject({
    code: 'ConfigInvalid',
    message: expect.stringMatching(problem) as unknown,
  });
});

it('never repeats a connection string that was pasted into the wrong field', () => {
  const pasted = withSet({ connection_env: 'postgres://user:hunter2@host/db' });
  expect(thrownBy(() => load(pasted))).toMatchObject({ message: expect.not.stringContaining('hunter2') as unknown });
});

it('loads the file that the repository has', () => {
  const config = loadLoadConfig({ configDir: path.join(__dirname, '../../../configs'), env: {} });
  expect(config.dataSet('entity').key).toEqual(['id']);
});
