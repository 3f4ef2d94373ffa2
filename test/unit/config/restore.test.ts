import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { inspect } from 'node:util';
import { loadRestoreConfig, type RestoreConfig } from '../../../src/config/restore';
import { restoreNotOverridable } from '../../../src/config/restore-rules';
import type { LonghaulError } from '../../../src/model/errors';
import { errorOf } from './support';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'longhaul-restore-config-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

type Changes = Record<string, unknown>;
const SMALLEST = { locations: { output: '/data/output' }, catalogue: { type: 'json', path: 'catalogue.json' } };

const load = (
  content: unknown,
  set: Record<string, string | number | boolean | null> = {},
  env: Record<string, string> = {},
  name = 'restore.json',
): RestoreConfig => {
  writeFileSync(path.join(dir, name), typeof content === 'string' ? content : JSON.stringify(content, null, 2));
  return loadRestoreConfig({ configDir: dir, env, set });
};
const file = (changes: Changes = {}): Changes => ({ ...SMALLEST, ...changes });
const faultOf = (content: unknown): LonghaulError => errorOf(() => load(content));

const POSTGRES = { type: 'postgres', url_env: 'CATALOGUE_URL', table: 'raw_files' };

test('the smallest file, with every default', () => {
  expect(load(SMALLEST)).toEqual({
    path: path.join(dir, 'restore.json'),
    outputDir: '/data/output',
    s3: {
      enabled: true,
      region: 'eu-central-1',
      endpoint: null,
      forcePathStyle: false,
      credentials: { kind: 'default' },
    },
    catalogue: { type: 'json', timeoutMs: 30_000, path: path.join(dir, 'catalogue.json') },
    chunkSizeBytes: 500 * 1024 ** 2,
    maxConcurrentRestores: 2,
    filesInParallel: 8,
    partSizeBytes: 8 * 1024 ** 2,
    maxBytesPerSec: null,
    lanes: 2,
    maxLanes: 4,
    stallTimeoutMs: 30_000,
    retryForMs: 900_000,
    retries: 2,
    retryIntervalMs: 300_000,
    maxRunMs: 8 * 3_600_000,
    webhook: null,
    thaw: { enabled: true, tier: 'Standard', days: 3, pollIntervalMs: 900_000 },
  });
});

test('JSON and YAML mean the same, by each name', () => {
  const yaml = `
# where the disk is
locations:
  output: /data/output
catalogue: { type: json, path: catalogue.json }
s3:
  endpoint: http://127.0.0.1:9000
max_run_hours: 0.5
thaw:
  enabled: no-thanks
`.replace('no-thanks', 'false');
  const json = file({ s3: { endpoint: 'http://127.0.0.1:9000' }, max_run_hours: 0.5, thaw: { enabled: false } });
  const expected = { ...load(json), path: '' };
  expect(expected).toMatchObject({ maxRunMs: 1_800_000, s3: { forcePathStyle: true }, thaw: { enabled: false } });
  rmSync(path.join(dir, 'restore.json'));
  for (const name of ['restore.yaml', 'restore.yml']) {
    expect({ ...load(yaml, {}, {}, name), path: '' }).toEqual(expected);
    rmSync(path.join(dir, name));
  }
});

test('no file, and two of them', () => {
  const none = errorOf(() => loadRestoreConfig({ configDir: dir, env: {} }));
  expect(none).toMatchObject({ code: 'RestoreConfigNotFound', exitCode: 3 });
  expect(none.message).toContain(dir);
  writeFileSync(path.join(dir, 'restore.yml'), 'x: 1');
  const two = faultOf(SMALLEST);
  expect(two.code).toBe('ConfigInvalid');
  expect(two.message).toContain('restore.json and restore.yml');
});

test('the folder is that of LONGHAUL_CONFIG_DIR', () => {
  writeFileSync(path.join(dir, 'restore.json'), JSON.stringify(SMALLEST));
  expect(loadRestoreConfig({ env: { LONGHAUL_CONFIG_DIR: dir } }).outputDir).toBe('/data/output');
});

describe('catalogues', () => {
  test('Postgres and MongoDB take their URL from a variable, as a secret', () => {
    const env = { CATALOGUE_URL: 'postgres://u:the-secret@h/db\n' };
    const { catalogue } = load(file({ catalogue: { ...POSTGRES, schema: 'S', column: 'c' } }), {}, env);
    expect(catalogue).toMatchObject({ type: 'postgres', schema: 'S', table: 'raw_files', idColumn: 'id', column: 'c' });
    if (catalogue.type !== 'postgres') throw new Error('Another type.');
    expect(catalogue.url.value?.reveal()).toBe('postgres://u:the-secret@h/db');
    expect(inspect(catalogue, { depth: 9 }) + JSON.stringify(catalogue)).not.toContain('the-secret');
    const mongo = { type: 'mongodb', url_env: 'M', collection: 'raw' };
    expect(load(file({ catalogue: mongo })).catalogue).toEqual({
      type: 'mongodb',
      timeoutMs: 30_000,
      url: { value: null, source: 'environment variable M is not set' },
      database: null,
      collection: 'raw',
    });
  });

  test.each<[string, Changes, string]>([
    ['json without its path', { type: 'json' }, 'catalogue.path is missing'],
    ['postgres without a URL', { type: 'postgres', table: 't' }, 'catalogue.url_env is missing'],
    ['postgres without a table', { type: 'postgres', url_env: 'U' }, 'catalogue.table is missing'],
    ['mongodb without a collection', { type: 'mongodb', url_env: 'U' }, 'catalogue.collection is missing'],
    [
      'a table of json',
      { ...SMALLEST.catalogue, table: 't' },
      'catalogue.table goes with catalogue.type "postgres" alone',
    ],
    ['a path of postgres', { ...POSTGRES, path: 'x' }, 'catalogue.path goes with catalogue.type "json" alone'],
    [
      'another type',
      { type: 'oracle' },
      'catalogue.type: expected one of "json", "postgres", "mongodb", got string "oracle"',
    ],
  ])('%s', (_name, catalogue, fault) => {
    const error = faultOf(file({ catalogue }));
    expect(error.code).toBe('ConfigInvalid');
    expect(error.message).toContain(fault);
    expect(error.message).toMatch(/line \d+, column \d+/);
  });
});

test('a webhook is named by its variable', () => {
  const webhook = load(file({ notify: { webhook_url_env: 'HOOK' } }), {}, { HOOK: 'https://h/the-token' }).webhook;
  expect(webhook?.value?.reveal()).toBe('https://h/the-token');
  expect(JSON.stringify(webhook)).not.toContain('the-token');
});

test('explicit keys, profile, and half a pair', () => {
  const s3 = { access_key_id: 'AK', secret_access_key: 'the-secret', session_token: 'the-token' };
  const { credentials } = load(file({ s3 })).s3;
  expect(credentials).toMatchObject({ kind: 'keys', accessKeyId: 'AK' });
  expect(inspect(credentials)).not.toMatch(/the-(secret|token)/);
  expect(load(file({ s3: { profile: 'p' } })).s3.credentials).toEqual({ kind: 'profile', profile: 'p' });
  expect(faultOf(file({ s3: { access_key_id: 'AK' } })).message).toContain(
    's3.access_key_id needs s3.secret_access_key',
  );
});

test('all problems at once, each with its place and the nearest known key', () => {
  const error = faultOf(
    file({ files_in_paralel: 3, part_size_mb: 1, s3: { regin: 'x' }, locations: { output: 5 }, retries: 'two' }),
  );
  expect(error.code).toBe('ConfigInvalid');
  for (const phrase of [
    'unknown key "files_in_paralel" (nearest known key: "files_in_parallel")',
    'unknown key "s3.regin" (nearest known key: "s3.region")',
    'part_size_mb: expected whole number (at least 5, at most 5120), got number 1',
    'locations.output: expected string, got number 5',
    'retries: expected whole number (at least 0, at most 100), got string "two"',
  ])
    expect(error.message).toContain(phrase);
  expect(error.message.match(/line \d+, column \d+/g)).toHaveLength(5);
});

test('a relative output and a key given twice', () => {
  expect(faultOf(file({ locations: { output: 'data' } })).message).toContain(
    'locations.output must be an absolute path',
  );
  const twice = faultOf(JSON.stringify(SMALLEST).replace('{', '{"lanes": 1, "lanes": 2, '));
  expect(twice.message).toContain('lanes is given twice (line 1');
});

test('what was pasted into the wrong field is not repeated', () => {
  const url = 'postgres://u:the-secret@h/db';
  for (const content of [
    file({ catalogue: { ...POSTGRES, url_env: url } }),
    file({ notify: { webhook_url_env: url } }),
    file({ s3: { endpoint: url } }),
    file({ s3: { secret_access_key: 5 } }),
    `{ "s3": { "secret_access_key": "the-secret" "x": 1 } }`,
  ])
    expect(faultOf(content).message).not.toContain('the-secret');
});

describe('overrides', () => {
  test('of the top level and of sections, as text or as they are', () => {
    const config = load(SMALLEST, { files_in_parallel: '7', retries: 0, 'thaw.tier': 'Bulk', 'thaw.enabled': 'false' });
    expect(config).toMatchObject({ filesInParallel: 7, retries: 0, thaw: { tier: 'Bulk', enabled: false } });
  });

  test.each([
    ...['locations.output', 's3.enabled', 's3.endpoint', 's3.secret_access_key', 'catalogue.path', 'catalogue.url_env'],
    ...['notify.webhook_url_env', 'max_concurrent_restores'],
  ])('%s is its owner’s', (key) => {
    expect(restoreNotOverridable()).toContain(key);
    const error = errorOf(() => load(SMALLEST, { [key]: 'x' }));
    expect(error.code).toBe('InvalidInput');
    expect(error.message).toContain(`Setting "${key}" cannot be overridden`);
  });

  test('an unknown one names the nearest, a wrong one the key', () => {
    expect(errorOf(() => load(SMALLEST, { lane: 2 })).message).toContain('nearest known key: "lanes"');
    expect(errorOf(() => load(SMALLEST, { $schema: 'x' })).code).toBe('InvalidInput');
    expect(errorOf(() => load(SMALLEST, { locations: 'x' })).code).toBe('InvalidInput');
    const wrong = errorOf(() => load(SMALLEST, { lanes: 0 }));
    expect(wrong).toMatchObject({ code: 'InvalidInput' });
    expect(wrong.message).toContain('Override of lanes: expected whole number');
  });
});

test('loading changes nothing in the folder', () => {
  load(SMALLEST);
  expect(JSON.parse(readFileSync(path.join(dir, 'restore.json'), 'utf8'))).toEqual(SMALLEST);
});
