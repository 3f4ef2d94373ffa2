/** Files that people load: any bytes, cut into blocks anywhere, against readers that are slow and obvious. */
import * as fc from 'fast-check';
import { openCsv } from '../../src/load/csv/csv-reader';
import { RFC_4180 } from '../../src/load/csv/dialect';
import { openNdjson } from '../../src/load/ndjson/ndjson-reader';
import type { ColumnMapping } from '../../src/load/types';
import { holds, outcomeOfAsync, pieces, type Outcome } from './support';

interface Readable {
  batches(): AsyncIterable<{ readonly bytes: Uint8Array; readonly rows: number }>;
}

function fillFrom(data: Buffer): (target: Buffer) => Promise<number> {
  let at = 0;
  return (target) => {
    const copied = data.copy(target, 0, at);
    at += copied;
    return Promise.resolve(copied);
  };
}

async function staged(reader: Readable): Promise<{ text: string; rows: number }> {
  const parts: Buffer[] = [];
  let rows = 0;
  for await (const batch of reader.batches()) {
    parts.push(Buffer.from(batch.bytes));
    rows += batch.rows;
  }
  return { text: Buffer.concat(parts).toString('utf8'), rows };
}

const mapping = (columns: readonly string[], extra: ColumnMapping['extra'] = 'refuse'): ColumnMapping => ({
  columns,
  rename: {},
  drop: [],
  constants: {},
  extra,
});

const COLUMNS = ['a', 'b'];
const csvOf = (data: Buffer, blockBytes: number): Promise<Outcome<unknown>> =>
  outcomeOfAsync(async () =>
    staged(
      await openCsv({
        fill: fillFrom(data),
        display: 's3://b/file.csv',
        dialect: RFC_4180,
        mapping: mapping(COLUMNS),
        blockBytes,
        maxRows: Infinity,
      }),
    ),
  );

/** RFC 4180 character by character; undefined where the text is none. A field is [text, was it quoted]. */
function oracle(text: string): (readonly [string, boolean])[][] | undefined {
  const rows: (readonly [string, boolean])[][] = [];
  let row: (readonly [string, boolean])[] = [];
  for (let at = 0; at < text.length;) {
    let field = '';
    const isQuoted = text[at] === '"';
    if (isQuoted) {
      at += 1;
      for (;;) {
        if (at >= text.length) return undefined;
        if (text[at] !== '"') field += text.charAt(at);
        else if (text[at + 1] === '"') {
          field += '"';
          at += 1;
        } else break;
        at += 1;
      }
      at += 1;
    } else {
      for (; at < text.length && !',\r\n"'.includes(text[at]!); at += 1) field += text.charAt(at);
      if (text[at] === '"') return undefined;
    }
    row.push([field, isQuoted]);
    if (text[at] === ',') {
      at += 1;
      if (at < text.length) continue;
      row.push(['', false]);
    } else if (text.startsWith('\r\n', at)) at += 2;
    else if (text[at] === '\n') at += 1;
    else if (at < text.length) return undefined;
    rows.push(row);
    row = [];
  }
  return rows;
}

/** What COPY makes of staged rows: an unquoted empty field is NULL, and quotes mean nothing else. */
const values = (rows: (readonly [string, boolean])[][] | undefined): (string | null)[][] | undefined =>
  rows?.map((row) => row.map(([text, isQuoted]) => (text === '' && !isQuoted ? null : text)));

/** To compare two outcomes by what they mean. */
function told(outcome: Outcome<unknown>): unknown {
  if ('refused' in outcome) return outcome.refused.code;
  const { text, rows } = outcome.value as { text: string; rows: number };
  return { rows, values: values(oracle(text)) };
}

const wildCsv = pieces('a', 'bc', ',', ',', '"', '""', '\n', '\n', '\r\n', '\r', ' ', 'é', '🙂', '\\');
/** So small that rows, quotes, line ends and characters of several bytes are cut everywhere. */
const blocks = fc.integer({ min: 16, max: 80 });

holds(
  'CSV: the same rows or the same refusal, wherever it is cut',
  fc.tuple(wildCsv, blocks),
  async ([rest, blockBytes]) => {
    const data = Buffer.from(`a,b\n${rest}`);
    const [whole, cut] = [await csvOf(data, 4_096), await csvOf(data, blockBytes)];
    expect(told(cut)).toEqual(told(whole));
  },
);

holds(
  'CSV: what is well formed has the rows that an obvious reader finds',
  fc.tuple(wildCsv, blocks),
  async ([rest, blockBytes]) => {
    // A carriage return alone is told apart by nobody in the same way.
    fc.pre(!/\r(?!\n)/.test(rest));
    const rows = oracle(rest)?.filter((row) => row.length > 1 || row[0]![0] !== '' || row[0]![1]);
    const outcome = await csvOf(Buffer.from(`a,b\n${rest}`), blockBytes);
    if (rows === undefined || rows.some((row) => row.length !== COLUMNS.length)) {
      // Rows of another width are Postgres's to refuse, with their line; what is no CSV may be taken for one.
      if ('refused' in outcome) expect(outcome.refused.retryable).toBe(false);
      return;
    }
    if ('refused' in outcome) throw outcome.refused;
    const { text, rows: count } = outcome.value as { text: string; rows: number };
    expect(values(oracle(text))).toEqual(values(rows));
    expect(count).toBe(rows.length);
  },
);

holds('CSV: any bytes', fc.tuple(fc.uint8Array({ maxLength: 300 }), blocks), async ([bytes, blockBytes]) => {
  await csvOf(Buffer.from(bytes), blockBytes);
});

const target = COLUMNS.map((name) => ({
  name,
  type: 'text',
  baseType: 'text',
  isArray: false,
  isNullable: true,
  hasDefault: false,
}));
const ndjsonOf = (data: Buffer, blockBytes: number): Promise<Outcome<unknown>> =>
  outcomeOfAsync(() =>
    staged(
      openNdjson({
        fill: fillFrom(data),
        display: 's3://b/file.ndjson',
        mapping: mapping(COLUMNS, 'drop'),
        target: target as never,
        blockBytes,
        maxRows: Infinity,
      }),
    ),
  );

/** A cell as the staging dialect has it; null where it is NULL. */
const cell = (value: unknown): string | null =>
  value === null || value === undefined ? null : typeof value === 'string' ? value : JSON.stringify(value);

const scalar = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', '"', '\\', '\n', '\u0001', ',', 'é', '🙂', ' ', '{') }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const rowObject = fc.dictionary(
  fc.constantFrom('a', 'b', 'c'),
  fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.dictionary(fc.constantFrom('x', 'y'), scalar)),
);

holds(
  'NDJSON: what JSON.parse reads of each line is what is staged',
  fc.tuple(fc.array(rowObject, { maxLength: 8 }), blocks),
  async ([objects, blockBytes]) => {
    const data = Buffer.from(objects.map((object) => `${JSON.stringify(object)}\n`).join(''));
    const outcome = await ndjsonOf(data, blockBytes);
    if ('refused' in outcome) throw outcome.refused;
    const { text, rows } = outcome.value as { text: string; rows: number };
    expect(rows).toBe(objects.length);
    expect(values(oracle(text))).toEqual(objects.map((object) => COLUMNS.map((name) => cell(object[name]))));
  },
);

const wildJson = pieces(
  '{',
  '}',
  '"a"',
  '"b"',
  ':',
  ',',
  '1',
  '-',
  '1e9',
  '"',
  '\\',
  '\\u00',
  'true',
  'null',
  '[',
  ']',
  ' ',
  '\n',
  '\u0000',
);
holds(
  'NDJSON: any text, cut anywhere: the same rows or the same refusal, and nothing but objects',
  fc.tuple(wildJson, blocks),
  async ([text, blockBytes]) => {
    const data = Buffer.from(text);
    const [whole, cut] = [await ndjsonOf(data, 4_096), await ndjsonOf(data, blockBytes)];
    expect(told(cut)).toEqual(told(whole));
    const lines = text.split('\n').filter((line) => !/^[ \t\r]*$/.test(line));
    const isJson = (line: string): boolean => {
      try {
        const value: unknown = JSON.parse(line);
        return typeof value === 'object' && value !== null && !Array.isArray(value);
      } catch {
        return false;
      }
    };
    if (lines.every(isJson)) expect('value' in whole).toBe(true);
  },
);
