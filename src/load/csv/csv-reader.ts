/** CSV (RFC 4180 and its common variants) as staged rows: passed through where nothing has to change, else field by field. */
import { LonghaulError } from '../../model/errors';
import type { RowBatch, RowReader } from '../batch';
import type { Fill } from '../read/object-reader';
import { Window } from '../read/window';
import { RowWriter } from '../row-writer';
import type { ColumnMapping, CsvDialect } from '../types';
import { assertSameColumns, constantColumns, mapColumns } from './columns';
import { dialectBytes, LF, type DialectBytes } from './dialect';
import { Fields, fieldText } from './fields';
import { RowMapper } from './row-mapper';
import { newScan, scanRows } from './scan';

export interface CsvOptions {
  readonly fill: Fill;
  readonly display: string;
  readonly dialect: CsvDialect;
  readonly mapping: ColumnMapping;
  readonly blockBytes: number;
  readonly maxRows: number;
  readonly expectedColumns?: readonly string[] | undefined;
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** Reads the header. Throws what mapColumns throws, HeadersDiffer, FileMalformed, and what `fill` throws. */
export async function openCsv(options: CsvOptions): Promise<RowReader> {
  const reader = new CsvReader(options, dialectBytes(options.dialect));
  await reader.open();
  return reader;
}

class CsvReader implements RowReader {
  readonly unit = 'line';
  columns: readonly string[] = [];
  sourceColumns: readonly string[] = [];
  private readonly window: Window;
  private readonly fields = new Fields();
  private readonly scan = newScan();
  private mapper: RowMapper | undefined;
  private canPass = false;
  private rowsLeft: number;
  /** Of the file, from 1: where the next row begins. */
  private line = 1;

  constructor(
    private readonly options: CsvOptions,
    private readonly dialect: DialectBytes,
  ) {
    this.window = new Window(options.fill, options.blockBytes, options.display);
    this.rowsLeft = options.maxRows;
  }

  async open(): Promise<void> {
    const { window, options } = this;
    await window.advance();
    if (window.buffer.subarray(window.start, window.end).indexOf(BOM) === 0) window.start += BOM.length;
    this.sourceColumns = options.dialect.header ? await this.readHeader() : this.columnsByPlace();
    assertSameColumns(this.sourceColumns, options.expectedColumns, options.display);
    const mapped = mapColumns(this.sourceColumns, options.mapping, options.display);
    const constants = constantColumns(options.mapping);
    this.columns = [...mapped, ...constants].map(({ name }) => name);
    this.mapper = new RowMapper(this.dialect, [...mapped, ...constants], this.sourceColumns.length);
    this.canPass = this.dialect.isStaging && constants.length === 0 && mapped.length === this.sourceColumns.length;
  }

  async *batches(): AsyncGenerator<RowBatch> {
    const { window } = this;
    const out = new RowWriter(this.canPass ? 1024 : this.options.blockBytes + this.options.blockBytes / 2);
    for (;;) {
      const batch = this.passed() ?? this.mapped(out);
      if (batch.rows > 0) yield batch;
      this.rowsLeft -= batch.rows;
      if (this.rowsLeft <= 0 || (window.isLast && window.start === window.end)) return;
      if (window.isLast) this.refuseRest();
      await window.advance();
    }
  }

  /** The block's whole rows as they are; undefined where something in them has to change. */
  private passed(): RowBatch | undefined {
    if (!this.canPass) return undefined;
    const { window, scan, line } = this;
    scanRows(window.buffer, window.start, window.end, this.rowsLeft, scan);
    if (scan.fault >= 0 || !scan.isPlain || (scan.hasBlankLine && this.sourceColumns.length > 1)) return undefined;
    const bytes = window.buffer.subarray(window.start, scan.end);
    window.start = scan.end;
    this.line += scan.lines;
    return { bytes, rows: scan.rows, lines: scan.lines, firstLine: line, breaks: [] };
  }

  private mapped(out: RowWriter): RowBatch {
    const { window, fields, dialect } = this;
    const breaks: number[] = [];
    const isOneColumn = this.sourceColumns.length === 1;
    out.clear();
    let firstLine = 0;
    let expected = 0;
    while (out.rows < this.rowsLeft && fields.split(window.buffer, window.start, window.end, dialect)) {
      const isBlank = fields.rowEnd === window.start;
      if (!isBlank || isOneColumn) {
        if (out.rows === 0) firstLine = this.line;
        else if (this.line !== firstLine + out.lines + expected) {
          breaks.push(out.lines, this.line);
          expected = this.line - firstLine - out.lines;
        }
        this.mapper?.write(window.buffer, fields, window.start, out);
      }
      this.line += 1 + fields.innerLines;
      window.start = fields.next;
    }
    if (fields.fault >= 0) throw this.misplacedQuote(fields.fault);
    return { bytes: out.buffer.subarray(0, out.length), rows: out.rows, lines: out.lines, firstLine, breaks };
  }

  private async readHeader(): Promise<string[]> {
    const { window, fields, dialect } = this;
    while (!fields.split(window.buffer, window.start, window.end, dialect)) {
      if (fields.fault >= 0) throw this.misplacedQuote(fields.fault);
      if (window.isLast) {
        if (window.start < window.end) this.refuseRest();
        throw new LonghaulError('FileMalformed', `${this.options.display} has no header`, {
          source: this.options.display,
        });
      }
      await window.advance();
    }
    const names = Array.from({ length: fields.count }, (_, index) => fieldText(fields, index, window.buffer, dialect));
    window.start = fields.next;
    this.line += 1 + fields.innerLines;
    return names;
  }

  private columnsByPlace(): string[] {
    const { columns, constants } = this.options.mapping;
    return columns.filter((name) => !Object.hasOwn(constants, name));
  }

  private refuseRest(): never {
    throw new LonghaulError(
      'FileMalformed',
      `${this.options.display} ends within quotes; the row begins in line ${this.line}`,
      { source: this.options.display, line: this.line },
    );
  }

  private misplacedQuote(offset: number): LonghaulError {
    const { window, options } = this;
    let line = this.line;
    for (let at = window.start; at < offset; at += 1) if (window.buffer[at] === LF) line += 1;
    return new LonghaulError('FileMalformed', `${options.display} has a quote within an unquoted field, line ${line}`, {
      source: options.display,
      line,
    });
  }
}
