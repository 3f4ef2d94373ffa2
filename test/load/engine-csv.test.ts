import * as fc from 'fast-check';
import { openCsv } from '../../src/load/csv/csv-reader';
import { RFC_4180 } from '../../src/load/csv/dialect';
import { sourceLine } from '../../src/load/stage/line-map';
import type { ColumnMapping, CsvDialect } from '../../src/load/types';
import { failureOf, mappingOf } from './engine-support';

interface Read {
  readonly text: string;
  readonly rows: number;
  readonly columns: readonly string[];
  /** Line of the file for each line of the result on which a row begins. */
  readonly lineOf: (line: number) => number;
}

interface Options {
  readonly dialect?: Partial<CsvDialect>;
  readonly mapping?: ColumnMapping;
  readonly blockBytes?: number;
  readonly maxRows?: number;
}

/** The staged text of a CSV; blocks as small as they come, so that rows are cut everywhere. */
async function read(csv: string | Buffer, columns: readonly string[], options: Options = {}): Promise<Read> {
  const bytes = Buffer.from(csv);
  let at = 0;
  const reader = await openCsv({
    fill: (target) => {
      const copied = bytes.copy(target, 0, at);
      at += copied;
      return Promise.resolve(copied);
    },
    display: 's3://b/file.csv',
    dialect: { ...RFC_4180, ...options.dialect },
    mapping: options.mapping ?? mappingOf(columns),
    blockBytes: options.blockBytes ?? 64,
    maxRows: options.maxRows ?? Infinity,
  });
  const parts: Buffer[] = [];
  const breaks: number[] = [];
  let rows = 0;
  let lines = 0;
  let firstLine = 0;
  for await (const batch of reader.batches()) {
    if (rows === 0) firstLine = batch.firstLine;
    else breaks.push(lines, batch.firstLine);
    for (let n = 0; n < batch.breaks.length; n += 2) breaks.push(lines + batch.breaks[n]!, batch.breaks[n + 1]!);
    parts.push(Buffer.from(batch.bytes));
    rows += batch.rows;
    lines += batch.lines;
  }
  const text = Buffer.concat(parts).toString();
  expect(text.split('\n').length - 1).toBe(lines);
  return { text, rows, columns: reader.columns, lineOf: (line) => sourceLine(line, firstLine, breaks) };
}

/** A slow, obvious reader of the staging dialect, to compare with: null is an unquoted empty field. */
function parse(text: string, delimiter = ','): (string | null)[][] {
  const rows: (string | null)[][] = [];
  let row: (string | null)[] = [];
  for (let at = 0; at < text.length;) {
    let value: string | null = '';
    if (text[at] === '"') {
      for (at += 1; !(text[at] === '"' && text[at + 1] !== '"'); at += 1) {
        if (text[at] === '"') at += 1;
        value += text[at]!;
      }
      at += 1;
    } else {
      for (; ![delimiter, '\n', '\r', undefined].includes(text[at]); at += 1) value += text[at]!;
      if (value === '') value = null;
    }
    row.push(value);
    if (text[at] === delimiter) {
      at += 1;
      continue;
    }
    at += text[at] === '\r' ? 2 : 1;
    rows.push(row);
    row = [];
  }
  return rows;
}

/** Also every character that means something to somebody. */
const field = fc.oneof(
  fc.constant(null),
  fc.string({ unit: fc.constantFrom('a', 'é', '🙂', ',', ';', '"', '\n', '\r\n', '\\', '.', ' ', 'N'), maxLength: 8 }),
  fc.string({ maxLength: 90 }).map((text) => text.replace(/[\r\0]/g, '')),
);
const table = fc
  .integer({ min: 1, max: 5 })
  .chain((width) => fc.array(fc.array(field, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 25 }));

const plain = (text: string, delimiter: string): boolean =>
  !/["\r\n]/.test(text) && !text.includes(delimiter) && text !== '';

function write(rows: readonly (string | null)[][], eol: string, delimiter: string, quoteAll: boolean): string {
  const one = (text: string | null): string => {
    if (text === null) return '';
    return quoteAll || !plain(text, delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return rows.map((row) => row.map(one).join(delimiter) + eol).join('');
}

const names = (width: number): string[] => Array.from({ length: width }, (_, n) => `c${n}`);

test.each(['\n', '\r\n'])('whatever is in the fields comes out as it went in, %j', async (eol) => {
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.boolean(),
      fc.constantFrom(',', ';', '\t'),
      fc.integer({ min: 16, max: 200 }),
      async (rows, quoteAll, delimiter, blockBytes) => {
        // A row of one empty field is a blank line; those of one column stay, and are NULL.
        const columns = names(rows[0]!.length);
        const csv = `${columns.join(delimiter)}${eol}${write(rows, eol, delimiter, quoteAll)}`;
        const result = await read(csv, columns, { dialect: { delimiter }, blockBytes });
        expect(parse(result.text)).toEqual(rows);
        expect(result.rows).toBe(rows.length);
        const lastLine = result.text.split('\n').length - 1;
        expect(result.lineOf(0)).toBe(2);
        expect(result.lineOf(lastLine)).toBe(csv.split('\n').length);
      },
    ),
    { numRuns: 150 },
  );
});

test('passed through and mapped, a file is the same', async () => {
  await fc.assert(
    fc.asyncProperty(table, fc.boolean(), async (rows, quoteAll) => {
      const columns = names(rows[0]!.length);
      const csv = `${columns.join(',')}\n${write(rows, '\n', ',', quoteAll)}`;
      const passed = await read(csv, columns);
      const extra = mappingOf([...columns, 'k'], { constants: { k: 'x,"y"' } });
      const mapped = await read(csv, columns, { mapping: extra });
      expect(parse(mapped.text)).toEqual(parse(passed.text).map((row) => [...row, 'x,"y"']));
    }),
    { numRuns: 100 },
  );
});

test('columns are renamed, reordered, left out and added', async () => {
  const mapping = mappingOf(['id', 'name', 'source', 'nothing'], {
    rename: { ID: 'id' },
    drop: ['junk'],
    constants: { source: '', nothing: null },
  });
  const result = await read('name,junk,ID\nAnna,"x\ny",1\n"B ""b""",,2\n', [], { mapping });
  expect(result.columns).toEqual(['name', 'id', 'source', 'nothing']);
  expect(result.text).toBe('Anna,1,"",\n"B ""b""",2,"",\n');
  expect([result.lineOf(0), result.lineOf(1)]).toEqual([2, 4]);
});

test('a byte order mark, CR LF, blank lines and a missing last line end are no data', async () => {
  const result = await read('\uFEFFa,b\r\n1,2\r\n\r\n"3\r\n",4', ['a', 'b']);
  expect(result.text).toBe('1,2\n"3\r\n",4\n');
  expect([result.lineOf(0), result.lineOf(1)]).toEqual([2, 4]);
});

test('NULL and the empty text are told apart, also with a word for NULL', async () => {
  expect((await read('a,b\n,""\n', ['a', 'b'])).text).toBe(',""\n');
  const worded = await read('a,b,c\nNULL,"NULL",\n', ['a', 'b', 'c'], { dialect: { nullText: 'NULL' } });
  expect(worded.text).toBe(',"NULL",""\n');
});

test('other dialects: backslash escapes, no quotes at all, no header', async () => {
  const escaped = await read(`a;b\n'it\\'s';'back\\\\slash "q"'\n`, ['a', 'b'], {
    dialect: { delimiter: ';', quote: "'", escape: '\\' },
  });
  expect(escaped.text).toBe(`"it's","back\\slash ""q"""\n`);
  const bare = await read('1\t5" pipe\n', ['id', 'what'], { dialect: { delimiter: '\t', quote: null, header: false } });
  expect(bare.text).toBe('1,"5"" pipe"\n');
});

test('what COPY would take for the end of the data is quoted', async () => {
  expect((await read('a\nx\n\\.\ny\n', ['a'])).text).toBe('x\n"\\."\ny\n');
});

test('rows with too few or too many fields stay rows that COPY refuses', async () => {
  const rest = mappingOf(['a', 'b', 'k'], { constants: { k: '1' } });
  const result = await read('a,b\n1\n1,2,3\n1,2\n', [], { mapping: rest });
  expect(result.rows).toBe(3);
  expect(parse(result.text).map((row) => row.length)).toEqual([1, 4, 3]);
});

test('as many rows as are wanted, passed or mapped', async () => {
  const csv = `a,b\n${'1,"x\ny"\n'.repeat(50)}`;
  const mapping = mappingOf(['a'], { drop: ['b'] });
  expect((await read(csv, ['a', 'b'], { maxRows: 7 })).text).toBe('1,"x\ny"\n'.repeat(7));
  expect((await read(csv, [], { maxRows: 7, mapping })).text).toBe('1\n'.repeat(7));
});

test.each([
  ['a quote that is not closed', 'a,b\n1,2\n3,"4\n5,6\n', 'FileMalformed', 3],
  ['a quote within a field', 'a,b\n1,2\n3,4"4\n', 'FileMalformed', 3],
  ['text after a closing quote', 'a,b\n"1\n"x,2\n', 'FileMalformed', 3],
  ['the same in CR LF', 'a,b\r\n1,2\r\n3,4"4\r\n', 'FileMalformed', 3],
  ['a header that is cut off', 'a,"b', 'FileMalformed', 1],
])('%s is named by its line', async (_name, csv, code, line) => {
  const error = await failureOf(read(csv, ['a', 'b']));
  expect(error).toMatchObject({ code, context: { line, source: 's3://b/file.csv' } });
  expect(error.message).toContain(`line ${line}`);
});

test.each([
  ['a column that nothing names', 'a,b,zip\n', 'ColumnUnexpected', 'zip'],
  ['a column that is missing', 'a\n', 'ColumnMissing', 'b'],
  ['a column that is there twice', 'a,b,b\n', 'FileMalformed', 'b'],
])('%s', async (_name, csv, code, column) => {
  expect(await failureOf(read(csv, ['a', 'b']))).toMatchObject({ code, context: { column } });
});

test.each([
  ['two characters', { delimiter: '||' }],
  ['a line end', { delimiter: '\n' }],
  ['the quote', { delimiter: '"' }],
  ['not ASCII', { delimiter: '§' }],
])('a delimiter of %s is refused', async (_name, dialect) => {
  expect(await failureOf(read('a\n', ['a'], { dialect }))).toMatchObject({ code: 'InvalidInput' });
});
