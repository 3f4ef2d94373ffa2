import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { VALIDATION_STEPS, validateRestore, type CatalogueRecord, type ValidRestore } from '../../../src/catalogue';
import { freeBytes, neededBytes } from '../../../src/catalogue/disk-space';
import { loadRestoreConfig, type RestoreConfig } from '../../../src/config/restore';
import { LonghaulError } from '../../../src/model/errors';

let dir: string;
let config: RestoreConfig;
const EXABYTE = 2 ** 52;

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'longhaul-validate-'));
  mkdirSync(path.join(dir, 'out'));
  const file = { locations: { output: path.join(dir, 'out') }, catalogue: { type: 'json', path: 'c.json' } };
  writeFileSync(path.join(dir, 'restore.json'), JSON.stringify(file));
  config = loadRestoreConfig({ configDir: dir, env: {} });
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

const GOOD: CatalogueRecord = {
  id: 'abc',
  projectId: 'PRID001',
  s3UploadPath: 'bucket//pre/',
  files: [
    { path: 'a.raw/1', bytes: 5, etag: 'x' },
    { path: 'b.raw', bytes: 7, etag: 'y' },
  ],
};

interface Changes {
  record?: CatalogueRecord | null;
  config?: RestoreConfig;
  include?: readonly string[];
}

let asked = 0;
const validate = (changes: Changes = {}): Promise<ValidRestore> => {
  asked = 0;
  const record = changes.record === undefined ? GOOD : changes.record;
  return validateRestore({
    config: changes.config ?? config,
    rawFileId: 'abc',
    include: changes.include,
    catalogue: { find: () => Promise.resolve((asked += 1) > 0 ? record : null) },
    signal: new AbortController().signal,
  });
};

const codeOf = async (changes: Changes): Promise<string> => {
  const error: unknown = await validate(changes).catch((thrown: unknown) => thrown);
  if (error instanceof LonghaulError) return error.code;
  throw error instanceof Error ? error : new Error('Nothing was thrown.');
};

test('a good record becomes bucket, keys and destination, and leaves nothing behind', async () => {
  expect(await validate()).toEqual({
    rawFileId: 'abc',
    projectId: 'PRID001',
    bucket: 'bucket',
    prefix: 'pre',
    destination: path.join(dir, 'out', 'PRID001'),
    files: [
      { path: 'a.raw/1', bytes: 5, etag: 'x', key: 'pre/a.raw/1' },
      { path: 'b.raw', bytes: 7, etag: 'y', key: 'pre/b.raw' },
    ],
    neededBytes: 12,
    freeBytes: expect.any(Number) as number,
  });
  expect(readdirSync(path.join(dir, 'out'))).toEqual([]);
});

test('include chooses before the room is computed', async () => {
  expect(await validate({ include: ['b*'] })).toMatchObject({ neededBytes: 7, files: [{ path: 'b.raw' }] });
});

/** Each breaks one thing and leaves what the breaks before it have done. In the order that the steps must have. */
const BREAKS: readonly (readonly [code: string, change: (changes: Required<Changes>) => Required<Changes>])[] = [
  ['RestoreDisabled', (all) => ({ ...all, config: { ...all.config, s3: { ...all.config.s3, enabled: false } } })],
  ['CatalogueRecordNotFound', (all) => ({ ...all, record: null })],
  ['UploadPathMissing', (all) => ({ ...all, record: all.record && { ...all.record, s3UploadPath: null } })],
  [
    'UploadPathInvalid',
    (all) => ({ ...all, record: all.record && { ...all.record, s3UploadPath: all.record.s3UploadPath && 'gs://x' } }),
  ],
  ['ProjectIdMissing', (all) => ({ ...all, record: all.record && { ...all.record, projectId: null } })],
  [
    'ProjectIdInvalid',
    (all) => ({ ...all, record: all.record && { ...all.record, projectId: all.record.projectId && '../up' } }),
  ],
  ['FileInfoEmpty', (all) => ({ ...all, record: all.record && { ...all.record, files: [] } })],
  ['NoFilesSelected', (all) => ({ ...all, include: ['nothing'] })],
  ['OutputMissing', (all) => ({ ...all, config: { ...all.config, outputDir: path.join(all.config.outputDir, 'no') } })],
  // A kernel file system that refuses new files, to root too.
  [
    'OutputNotWritable',
    (all) => ({
      ...all,
      config: { ...all.config, outputDir: existsSync(all.config.outputDir) ? '/proc' : all.config.outputDir },
    }),
  ],
  [
    'DiskSpace',
    (all) => ({
      ...all,
      record: all.record && { ...all.record, files: all.record.files.map((file) => ({ ...file, bytes: EXABYTE })) },
    }),
  ],
];

test('the steps have the order that operators know', () => {
  expect(VALIDATION_STEPS.map(({ code }) => code)).toEqual(BREAKS.map(([code]) => code));
});

describe('of several faults the first in order is reported', () => {
  const untouched = (): Required<Changes> => ({ record: GOOD, config, include: ['**'] });

  test.each(BREAKS.map(([code], index) => [code, index] as const))('%s alone', async (code, index) => {
    expect(await codeOf(BREAKS[index]![1](untouched()))).toBe(code);
  });

  test.each(BREAKS.map(([code], index) => [code, index] as const))('%s and all behind it', async (code, index) => {
    // From the last to this one: an earlier break is applied to what the later ones have left.
    const all = BREAKS.slice(index).reduceRight((changes, [, change]) => change(changes), untouched());
    expect(await codeOf(all)).toBe(code);
  });
});

test('a worker that must not restore does not ask the catalogue', async () => {
  expect(await codeOf({ config: { ...config, s3: { ...config.s3, enabled: false } } })).toBe('RestoreDisabled');
  expect(asked).toBe(0);
});

test.each(['.', '..', 'a/b', 'a\\b', ' a', 'a\nb', 'a\u202eb'])('%j is no project id', async (projectId) => {
  expect(await codeOf({ record: { ...GOOD, projectId } })).toBe('ProjectIdInvalid');
});

test('an output that is a file is missing; a project folder that is there is asked', async () => {
  expect(await codeOf({ config: { ...config, outputDir: path.join(dir, 'restore.json') } })).toBe('OutputMissing');
  mkdirSync(path.join(dir, 'out', 'PRID001'));
  await validate();
  expect(readdirSync(path.join(dir, 'out', 'PRID001'))).toEqual([]);
});

test('an abort ends it between two steps', async () => {
  const reason = new Error('stop');
  const request = { config, rawFileId: 'abc', catalogue: { find: () => Promise.resolve(GOOD) } };
  await expect(validateRestore({ ...request, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

describe('room on the disk', () => {
  test('counts what is missing or has another size, less the blocks of partial files', async () => {
    const home = path.join(dir, 'out');
    mkdirSync(path.join(home, 'a.raw'));
    writeFileSync(path.join(home, 'a.raw', '1'), 'xxxxx');
    writeFileSync(path.join(home, 'b.raw'), 'too short'.slice(0, 3));
    expect(await neededBytes(home, GOOD.files)).toBe(7);
    const big = [{ path: 'c.raw', bytes: 1024 ** 2, etag: 'x' }];
    expect(await neededBytes(home, big)).toBe(1024 ** 2);
    writeFileSync(path.join(home, '.c.raw.id.partial'), Buffer.alloc(256 * 1024, 1));
    const held = 1024 ** 2 - (await neededBytes(home, big));
    expect(held).toBeGreaterThanOrEqual(256 * 1024);
    expect(held).toBeLessThan(512 * 1024);
  });

  test('a path that is none is not looked at', async () => {
    expect(await neededBytes(dir, [{ path: 'a\0b', bytes: 5, etag: 'x' }])).toBe(0);
  });

  test('a folder has some', async () => {
    expect(await freeBytes(dir)).toBeGreaterThan(0);
  });
});
