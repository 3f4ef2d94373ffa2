import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import {
  isTooLongForInput,
  MAX_INLINE_BYTES,
  parseRecords,
  readRecords,
  toNdjson,
} from '../../../src/client/lib/start/records-file';
import { type Io, processIo } from '../../../src/client/lib/print/io';

const RECORDS = [{ url: 'https://example.com/a.csv', dataset: 'a' }, { prefix: 's3://bucket-1/path/' }];

describe('the three forms give the same records', () => {
  it.each([
    ['a JSON array', JSON.stringify(RECORDS)],
    ['a JSON array over several lines, with a byte order mark', `\uFEFF\n${JSON.stringify(RECORDS, null, 2)}\n`],
    ['NDJSON', toNdjson(RECORDS)],
    [
      'NDJSON with CRLF, empty lines and comments',
      `# ours\r\n\r\n${RECORDS.map((r) => JSON.stringify(r)).join('\r\n')}`,
    ],
  ])('%s', (_, text) => {
    expect(parseRecords('list', text)).toEqual(RECORDS);
  });

  it('one address per line', () => {
    expect(parseRecords('list', 'https://example.com/a.csv\n  s3://bucket-1/path/  \n')).toEqual([
      { url: 'https://example.com/a.csv' },
      { prefix: 's3://bucket-1/path/' },
    ]);
  });
});

describe('every fault is named with its line', () => {
  it.each([
    ['{"url": "https://e.com/1"}\n{"url": }', 2, /not a JSON object/],
    ['https://e.com/1\n\nftp://e.com/2', 3, /Not an http or https URL/],
    ['{"url": "https://e.com/1", "datset": "x"}', 1, /unknown key "datset"/],
    ['{"dataset": "x"}', 1, /one of "url" and "prefix"/],
    ['{"url": "https://e.com/1", "prefix": "s3://bucket/x"}', 1, /one of "url" and "prefix"/],
    ['{"url": 7}', 1, /"url" must be a text/],
    ['{"prefix": "bucket/x"}', 1, /s3:\/\/bucket\/path/],
    ['s3://B!/x', 1, /s3:\/\/bucket\/path/],
    ['{"url": "https://e.com/1", "dataset": ""}', 1, /"dataset"/],
    ['[\n  {"url": "https://e.com/1"},\n  "https://e.com/2"\n]', 3, /expected \{"url"/],
    ['[\n  {"url": "https://e.com/1"},\n]', 3, /not JSON/],
    ['[\n  {"url": "https://e.com/1"}', 2, /not JSON/],
  ])('%j', (text, line, fault) => {
    const parse = () => parseRecords('list', text);
    expect(parse).toThrow(fault);
    expect(parse).toThrow(new RegExp(`^list, line ${line}: `));
    expect(parse).toThrow(expect.objectContaining({ code: 'InvalidInput' }) as Error);
  });

  it('counts the other faults', () => {
    expect(() => parseRecords('list', 'ftp://a\nhttps://e.com/1\nftp://b\nftp://c')).toThrow(
      /line 1: .*\(and 2 more faulty records\)/,
    );
  });

  it.each(['', '\n# nothing\n', '[]'])('an empty list %j is refused', (text) => {
    expect(() => parseRecords('list', text)).toThrow('list names no record.');
  });
});

describe('signed URLs', () => {
  it.each([
    'https://e.com/f.csv?X-Amz-Signature=s3cr3t&X-Amz-Expires=900',
    'https://e.com/f.csv?sig=s3cr3t',
    'https://user:s3cr3t@e.com/f.csv',
  ])('%s is refused without repeating the signature', (url) => {
    for (const text of [url, JSON.stringify({ url }), JSON.stringify([{ url }])]) {
      expect(() => parseRecords('list', text)).toThrow(/line 1: signed URLs are refused.*https:\/\/e\.com\/f\.csv/);
      expect(() => parseRecords('list', text)).not.toThrow(/s3cr3t/);
    }
  });

  it('a faulty line with one is not repeated either', () => {
    expect(() => parseRecords('list', '{"url": "https://e.com/?sig=s3cr3t"')).not.toThrow(/s3cr3t/);
  });

  it('a plain query is kept', () => {
    expect(parseRecords('list', 'https://e.com/f?page=2')).toEqual([{ url: 'https://e.com/f?page=2' }]);
  });
});

describe('readRecords', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'longhaul-records-'));
  afterAll(() => rmSync(dir, { recursive: true }));

  it('reads a file and standard input', async () => {
    const file = path.join(dir, 'list.ndjson');
    writeFileSync(file, toNdjson(RECORDS));
    const io: Io = { ...processIo, readStdin: () => Promise.resolve('https://example.com/stdin') };
    expect(await readRecords(file, io)).toEqual(RECORDS);
    expect(await readRecords('-', io)).toEqual([{ url: 'https://example.com/stdin' }]);
  });

  it.each(['missing.txt', '.'])('%s cannot be read', async (name) => {
    await expect(readRecords(path.join(dir, name), processIo)).rejects.toMatchObject({
      code: 'InvalidInput',
      message: expect.stringMatching(/cannot be read \((ENOENT|EISDIR)\)/) as string,
    });
  });
});

it('long lists are told from short ones by their size in the input', () => {
  const list = (length: number) => Array.from({ length }, () => ({ url: 'https://example.com/0123456789' }));
  const fits = Math.floor(MAX_INLINE_BYTES / (JSON.stringify(list(1)).length - 1)) - 1;
  expect(isTooLongForInput(list(fits))).toBe(false);
  expect(isTooLongForInput(list(fits + 3))).toBe(true);
});
