import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import fc from 'fast-check';
import { createCatalogue, type CatalogueRecord } from '../../src/catalogue';
import { formOf, JsonElements } from '../../src/catalogue/json-elements';
import { failureOf, FOUND, never, RECORD } from './support';

let dir: string;
const NOBODY = 65_534;

let file: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'longhaul-catalogue-'));
  file = path.join(dir, 'catalogue.json');
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

const find = (id: string, timeoutMs = 20_000, signal = never()): Promise<CatalogueRecord | null> =>
  createCatalogue({ type: 'json', path: file, timeoutMs }).find(id, signal);

const OTHER = { _id: 'other', project_id: 'P2', s3_upload_path: 'b', file_info: { '{"[': [1, '"'] } };
const { file_info, ...rest } = RECORD;
const fileInfoFirst = { file_info, ...rest };
const entries = { other: OTHER, [RECORD._id]: { ...RECORD, _id: undefined } };

describe('a record is found in each form', () => {
  test.each([
    ['an object keyed by id', JSON.stringify(entries)],
    ['the same, pretty', JSON.stringify(entries, null, 2)],
    ['a list', JSON.stringify([OTHER, RECORD])],
    ['a list, pretty', `\n${JSON.stringify([OTHER, RECORD], null, 2)}\n`],
    ['NDJSON', `${JSON.stringify(OTHER)}\n${JSON.stringify(RECORD)}\n`],
    ['NDJSON with carriage returns and no last line end', `${JSON.stringify(OTHER)}\r\n\r\n${JSON.stringify(RECORD)}`],
    ['one record', JSON.stringify(RECORD)],
    ['one record that begins with file_info', JSON.stringify(fileInfoFirst)],
    ['an id of mongoexport', JSON.stringify([{ ...RECORD, _id: { $oid: RECORD._id } }])],
    ['a byte order mark', `\uFEFF${JSON.stringify(entries)}`],
    ['escapes in the id', JSON.stringify([OTHER, RECORD]).replaceAll('sample"', '\\u0073ample"')],
  ])('%s', async (_name, text) => {
    writeFileSync(file, text);
    expect(await find(RECORD._id)).toEqual(FOUND);
    expect(await find('20250115_other')).toBeNull();
    // Somewhere in the file, but no id.
    expect(await find('PRID001')).toBeNull();
    expect(await find('_id')).toBeNull();
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});

test('an empty object, list and file hold nothing', async () => {
  for (const text of ['{}', '[]', '', ' \n']) {
    writeFileSync(file, text);
    expect(await find('abc')).toBeNull();
  }
});

test('missing fields are left to the validation; blank ones count as missing', async () => {
  writeFileSync(file, JSON.stringify({ abc: { s3_upload_path: ' ', project_id: null } }));
  expect(await find('abc')).toEqual({ id: 'abc', projectId: null, s3UploadPath: null, files: [] });
});

describe('what is wrong in a record is named', () => {
  test.each<[string, unknown, string]>([
    ['no object', 5, 'The record "abc"'],
    ['project_id', { project_id: 7 }, 'project_id'],
    ['file_info as a list', { file_info: [] }, 'file_info'],
    ['an entry that is no pair', { file_info: { 'a/b.raw': 'x' } }, '"a/b.raw"'],
    ['a size that is text', { file_info: { 'a/b.raw': ['5', 'x'] } }, '"a/b.raw"'],
    ['a size below zero', { file_info: { 'a/b.raw': [-1, 'x'] } }, '"a/b.raw"'],
    ['a size with a fraction', { file_info: { 'a/b.raw': [1.5, 'x'] } }, '"a/b.raw"'],
    ['no ETag', { file_info: { 'a/b.raw': [5, null] } }, '"a/b.raw"'],
    ['an empty ETag', { file_info: { 'a/b.raw': [5, ' '] } }, '"a/b.raw"'],
  ])('%s', async (_name, record, named) => {
    writeFileSync(file, `{"first": {}, "abc": ${JSON.stringify(record)}}`);
    const error = await failureOf(find('abc'));
    expect(error).toMatchObject({ code: 'CatalogueInvalid', retryable: false });
    expect(error.message).toContain(named);
  });
});

describe('a file that is not JSON', () => {
  test.each([
    ['text', 'hello', 'byte 0'],
    ['cut off', JSON.stringify([OTHER]).slice(0, -5), 'ends in the middle'],
    ['text after the list', `${JSON.stringify([OTHER])} []`, 'after its end'],
    ['a record without its quotes', '[{_id: abc, "x": "abc"}]', 'not JSON'],
  ])('%s', async (_name, text, fault) => {
    writeFileSync(file, text);
    const error = await failureOf(find('abc'));
    expect(error).toMatchObject({ code: 'CatalogueInvalid' });
    expect(error.message).toContain(fault);
    expect(error.message).toContain(file);
  });
});

test('a missing file is unreachable, a folder is invalid', async () => {
  expect(await failureOf(find('abc'))).toMatchObject({ code: 'CatalogueUnreachable', retryable: true });
  file = dir;
  expect(await failureOf(find('abc'))).toMatchObject({ code: 'CatalogueInvalid' });
});

test('a file that may not be read is refused', async () => {
  writeFileSync(file, '{}');
  chmodSync(file, 0);
  // No mode keeps root out, so root steps down for the moment.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    expect(await failureOf(find('abc'))).toMatchObject({ code: 'CatalogueRefused' });
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});

test('an abort gives its own reason', async () => {
  writeFileSync(file, '{}');
  const reason = new Error('stop');
  await expect(find('abc', 20_000, AbortSignal.abort(reason))).rejects.toBe(reason);
});

test('a large file is searched in the memory of one record', async () => {
  const filler = JSON.stringify({ ...OTHER, note: 'x'.repeat(10_000) });
  writeFileSync(file, '');
  const block = `${Array.from({ length: 1_000 }, () => filler).join('\n')}\n`;
  for (let n = 0; n < 15; n += 1) writeFileSync(file, block, { flag: 'a' });
  writeFileSync(file, JSON.stringify(RECORD), { flag: 'a' });
  const before = process.memoryUsage().arrayBuffers;
  let peak = 0;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().arrayBuffers - before)), 5);
  expect(await find(RECORD._id)).toEqual(FOUND);
  clearInterval(timer);
  // The file has 150 MB.
  expect(peak).toBeLessThan(100 * 1024 ** 2);
});

test('elements are cut in the same places wherever the chunks end', () => {
  const values = fc.array(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), { minLength: 1 });
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 7 }), fc.constantFrom('list', 'values'), (records, size, wanted) => {
      const texts = records.map((record) => JSON.stringify(record));
      const text = wanted === 'list' ? `[${texts.join(' ,\n')}]` : texts.join('\n');
      const bytes = Buffer.from(text);
      const elements = new JsonElements('x', wanted);
      const cut: string[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        cut.push(...elements.push(bytes.subarray(at, at + size)).map((element) => element.toString('utf8').trim()));
      }
      elements.end();
      expect(cut).toEqual(texts);
    }),
  );
});

test.each([
  ['[', 'list'],
  [' {"a": {', 'entries'],
  ['{"a\\"b": {', 'entries'],
  ['{}', 'entries'],
  ['{"_id": {"$oid": "x"}}', 'values'],
  ['{"file_info": {', 'values'],
  ['{"project_id": "x"}', 'values'],
  ['nothing', 'values'],
])('%s begins as %s', (head, form) => {
  expect(formOf(head)).toBe(form);
});
