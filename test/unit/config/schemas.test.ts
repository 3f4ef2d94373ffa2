/** The schemas for editors: sample files are right by them, and they agree with the code that reads the same. */
import { readFileSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import { z } from 'zod';
import { SCHEMA_NAMES, type SchemaName } from '../../../src/client/lib/help/schema-names';
import { parseEvent } from '../../../src/bridge/event-schema';
import { toRecord } from '../../../src/catalogue/record';
import { sampleParameters } from '../../../src/dev/sample-ingest';
import { parseParameters } from '../../../src/ingest/parameters';
import { normalizeIngestInput } from '../../../src/model/ingest-input';
import { checkJanitorInput } from '../../../src/model/janitor';
import { normalizeLoadInput } from '../../../src/model/load-input';
import { validateRestoreInput } from '../../../src/model/restore-run';
import { validateExportInput } from '../../../src/workflows/lib/job/validate-input';
import { runCli } from '../client/run-cli';

const ROOT = path.join(__dirname, '../../..');
const read = (name: string): string => readFileSync(path.join(ROOT, name), 'utf8');
type JsonSchema = Parameters<typeof z.fromJSONSchema>[0];
const published = (name: SchemaName): z.ZodType =>
  z.fromJSONSchema(JSON.parse(read(`configs/${name}.schema.json`)) as JsonSchema);
const accepts = (name: SchemaName, value: unknown): boolean => published(name).safeParse(value).success;

const throws = (work: () => unknown): boolean => {
  try {
    work();
    return false;
  } catch {
    return true;
  }
};
const bounds = { pathPrefix: '', controlPrefix: '_longhaul', parametersKey: 'config/parameters.json', display: 'list' };
const recordsOf = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : Object.values(value as Record<string, unknown>);

/** Whether the code takes it. */
const CODE: Partial<Record<SchemaName, (value: unknown) => boolean>> = {
  parameters: (value) => !throws(() => parseParameters(JSON.stringify(value), bounds)),
  catalogue: (value) => !throws(() => recordsOf(value).map((record) => toRecord('id', record))),
  'transfer-event': (value) => parseEvent(value).ok,
  'export-input': (value) => !throws(() => validateExportInput(value)),
  'ingest-input': (value) => 'input' in normalizeIngestInput(value),
  'restore-input': (value) => validateRestoreInput(value) === null,
  'load-input': (value) => 'input' in normalizeLoadInput(value),
  'janitor-input': (value) => 'input' in checkJanitorInput(value),
};

const URL = 'https://example.org/a.csv';
const LOAD = { load_type: 'full', data_set: 'entity', path: 's3://bucket/data/' };
const SAMPLES: readonly (readonly [SchemaName, unknown, boolean])[] = [
  ['parameters', sampleParameters('http://127.0.0.1:9000'), true],
  ['parameters', { file_urls: [] }, true],
  ['parameters', { file_urls: [URL, { url: URL, key: 'a/b.csv', headers_env: 'H', content_type: 'detect' }] }, true],
  ['parameters', { file_urls: [{ url: URL, sha256: 'a'.repeat(64), key: null }] }, true],
  ['parameters', { file_urls: [{ url: URL, sha256: 'abc' }] }, false],
  ['parameters', { file_urls: [{ url: URL, headers_env: 'A-B' }] }, false],
  ['parameters', { file_urls: ['ftp://example.org/a'] }, false],
  ['parameters', { file_urls: [{ link: URL }] }, false],
  ['parameters', { files: [] }, false],
  ['catalogue', { a: { project_id: 'p', s3_upload_path: 'b/c/', file_info: { 'x/y': [3, 'etag'] } } }, true],
  ['catalogue', [{ _id: 'a', project_id: 'p', file_info: {} }], true],
  ['catalogue', { a: { file_info: { x: ['3', 'etag'] } } }, false],
  ['catalogue', { a: { project_id: 7 } }, false],
  ['export-input', { project: 'project_01' }, true],
  ['export-input', { project: 'p', export: 'policy', set: { 'aws.max_workers': 4 }, runId: 'nightly-1' }, true],
  ['export-input', { project: 'p', export: 'remediation', startDate: '2026-01-01', endDate: '2026-01-31' }, true],
  ['export-input', { project: 'p', records: [{ url: URL }, { prefix: 's3://b/c', dataset: 'd' }] }, true],
  ['export-input', { project: 'p', records: [{ url: URL, prefix: 's3://b' }] }, false],
  ['export-input', { project: '../p' }, false],
  ['export-input', { project: 'p', recordsUri: 'https://b/k' }, false],
  ['export-input', { project: 'p', export: 'assets' }, false],
  ['export-input', { projekt: 'p' }, false],
  ['ingest-input', {}, true],
  ['ingest-input', { bucket: 'my-bucket', date: '2026-01-31', files: ['a.csv'], onError: 'wait' }, true],
  ['ingest-input', { s3PartMb: 4 }, false],
  ['ingest-input', { onCollision: 'skip' }, false],
  ['ingest-input', { files: [] }, false],
  ['ingest-input', { bukcet: 'b' }, false],
  ['restore-input', { raw_file_id: '20250115_sample', include: ['**/*.csv'] }, true],
  ['restore-input', { raw_file_ids: ['abc', 'bcd'], set: { files_in_parallel: 2 } }, true],
  ['restore-input', { raw_file_id: 'abc', raw_file_ids: ['bcd'] }, false],
  ['restore-input', { include: ['a'] }, false],
  ['restore-input', { raw_file_id: 'ab' }, false],
  ['restore-input', { raw_file_id: 'a/b/c' }, false],
  ['load-input', { ...LOAD, load_type: 'sample', env: 'staging', sample_rows: 10 }, true],
  ['load-input', { ...LOAD, load_type: 'all' }, false],
  ['load-input', { ...LOAD, path: 'https://bucket/data' }, false],
  ['load-input', { ...LOAD, parallelism: 65 }, false],
  ['load-input', { load_type: 'full' }, false],
  ['janitor-input', { project: 'project_01', delete: true, retentionDays: 90, olderThanDays: 14 }, true],
  ['janitor-input', { data_set: 'entity', env: 'production', s3_bucket: 'my-bucket' }, true],
  ['janitor-input', { gcs_bucket: 'my-bucket' }, true],
  ['janitor-input', { project: 'p', bucket: 'b' }, false],
  ['janitor-input', { bucket: 'b', env: 'production' }, false],
  ['janitor-input', { bucket: 's3://b' }, false],
  ['janitor-input', { project: 'p', olderThanDays: 0 }, false],
  ['janitor-input', {}, false],
];

it.each(SAMPLES)('%s: schema and code say the same of %j', (name, value, isRight) => {
  expect({ schema: accepts(name, value), code: CODE[name]?.(value) }).toEqual({ schema: isRight, code: isRight });
});

it('the files of configs/ are right by the schemas of their kind', () => {
  expect(accepts('load', JSON.parse(read('configs/load.json')))).toBe(true);
  expect(accepts('project', JSON.parse(read('configs/project_01/config.json')))).toBe(true);
  expect(accepts('project', { ...(JSON.parse(read('configs/project_01/config.json')) as object), awz: {} })).toBe(
    false,
  );
});

it.each([
  ['restore', 'docs/reference/restore.md'],
  ['load', 'docs/reference/load.md'],
  ['project', 'docs/guide-export.md'],
  ['transfer-event', 'docs/guide-bridge.md'],
] as const)('so is the example of %s in %s', (name, page) => {
  const [, example = ''] = /```json\n(.*?)```/s.exec(read(page)) ?? [];
  expect(published(name).safeParse(JSON.parse(example))).toMatchObject({ success: true });
});

describe('longhaul schema', () => {
  it.each(SCHEMA_NAMES)('prints %s as it is in configs/', async (name) => {
    const { exitCode, stdout } = await runCli('schema', name);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(read(`configs/${name}.schema.json`)));
  });

  it('lists all that are there', async () => {
    const files = readdirSync(path.join(ROOT, 'configs')).filter((name) => name.endsWith('.schema.json'));
    const listed = JSON.parse((await runCli('schema', '--json')).stdout) as { file: string }[];
    expect(listed.map(({ file }) => path.basename(file)).sort()).toEqual(files.sort());
    expect((await runCli('schema')).stdout).toMatch(/^project +configs\/<project>\/config\.json$/m);
    expect((await runCli('schema', 'nonsense')).exitCode).toBe(2);
  });

  it('the settings for VS Code in the guide name schemas that there are', () => {
    const urls = [
      ...read('docs/guide-install.md').matchAll(/node_modules\/longhaul\/(configs\/[a-z-]+\.schema\.json)/g),
    ];
    expect(urls.length).toBeGreaterThan(5);
    for (const [, file = ''] of urls) expect(JSON.parse(read(file))).toHaveProperty('$schema');
  });
});
