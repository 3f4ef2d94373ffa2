/** NDJSON as staged rows: an object a line. A key that a line lacks, and null, are NULL; nested values are JSON text. */
import { LonghaulError } from '../../model/errors';
import { arrayLiteral } from '../array-literal';
import type { RowBatch, RowReader } from '../batch';
import { targetName } from '../csv/columns';
import { LF } from '../csv/dialect';
import type { Fill } from '../read/object-reader';
import { Window } from '../read/window';
import { RowWriter } from '../row-writer';
import type { ColumnMapping, TargetColumn } from '../types';
import { ARRAY, ESCAPED_STRING, NULL, scanObject, skipSpace, STRING } from './json-scan';

export interface NdjsonOptions {
  readonly fill: Fill;
  readonly display: string;
  readonly mapping: ColumnMapping;
  readonly target: readonly TargetColumn[];
  readonly blockBytes: number;
  readonly maxRows: number;
}

export const openNdjson = (options: NdjsonOptions): RowReader => new NdjsonReader(options);

/** The place of a key that is left out. */
const DROPPED = -1;

class NdjsonReader implements RowReader {
  readonly unit = 'line';
  readonly sourceColumns = null;
  readonly columns: readonly string[];
  private readonly window: Window;
  private readonly constants: readonly (Buffer | null | undefined)[];
  private readonly isJson: readonly boolean[];
  private readonly isArray: readonly boolean[];
  /** Of the line in hand, by column. */
  private readonly starts: Int32Array;
  private readonly ends: Int32Array;
  private readonly kinds: Uint8Array;
  private readonly places = new Map<string, number>();
  /** The keys of the last line in their order: the next one has most likely the same. */
  private readonly order: { readonly key: Buffer; readonly place: number }[] = [];
  private keyNumber = 0;
  private line = 1;
  /** The most that the rest of a row can take. */
  private roomBytes = 0;

  constructor(private readonly options: NdjsonOptions) {
    const { mapping, target } = options;
    this.window = new Window(options.fill, options.blockBytes, options.display);
    this.columns = mapping.columns;
    const types = new Map(target.map((column) => [column.name, column]));
    this.constants = this.columns.map((name) => {
      if (!Object.hasOwn(mapping.constants, name)) return undefined;
      const text = mapping.constants[name] ?? null;
      return text === null ? null : Buffer.from(text);
    });
    this.isArray = this.columns.map((name) => types.get(name)?.isArray === true);
    this.isJson = this.columns.map((name) => /^jsonb?$/.test(types.get(name)?.baseType ?? ''));
    this.starts = new Int32Array(this.columns.length);
    this.ends = new Int32Array(this.columns.length);
    this.kinds = new Uint8Array(this.columns.length);
  }

  async *batches(): AsyncGenerator<RowBatch> {
    const { window, options } = this;
    const out = new RowWriter(options.blockBytes * 2);
    let rowsLeft = options.maxRows;
    while (rowsLeft > 0 && !(window.isLast && window.start === window.end)) {
      await window.advance();
      const batch = this.batch(out, rowsLeft);
      if (batch.rows > 0) yield batch;
      rowsLeft -= batch.rows;
    }
  }

  private batch(out: RowWriter, maxRows: number): RowBatch {
    const { window } = this;
    const breaks: number[] = [];
    let firstLine = 0;
    let offset = 0;
    out.clear();
    while (out.rows < maxRows) {
      const end = window.buffer.indexOf(LF, window.start);
      if (end < 0 || end >= window.end) break;
      if (skipSpace(window.buffer, window.start, end) < end) {
        if (out.rows === 0) firstLine = this.line;
        else if (this.line - firstLine - out.lines !== offset) {
          offset = this.line - firstLine - out.lines;
          breaks.push(out.lines, this.line);
        }
        this.row(window.start, end, out);
      }
      this.line += 1;
      window.start = end + 1;
    }
    return { bytes: out.buffer.subarray(0, out.length), rows: out.rows, lines: out.lines, firstLine, breaks };
  }

  private row(start: number, end: number, out: RowWriter): void {
    this.kinds.fill(NULL);
    this.keyNumber = 0;
    if (!scanObject(this.window.buffer, start, end, this.take)) {
      throw new LonghaulError('FileMalformed', `${this.options.display} has no JSON object in line ${this.line}`, {
        source: this.options.display,
        line: this.line,
      });
    }
    this.roomBytes = 2 * (end - start) + 3 * this.columns.length + 4;
    out.reserve(this.roomBytes);
    for (let place = 0; place < this.columns.length; place += 1) {
      out.begin();
      const constant = this.constants[place];
      if (constant === undefined) this.value(place, out);
      else if (constant !== null) {
        out.reserve(2 * constant.length + this.roomBytes);
        out.bytes(constant, 0, constant.length);
      }
    }
    out.endRow();
  }

  private readonly take = (keyStart: number, keyEnd: number, start: number, end: number, kind: number): void => {
    const place = this.placeOf(keyStart, keyEnd);
    if (place === DROPPED) return;
    this.starts[place] = start;
    this.ends[place] = end;
    this.kinds[place] = kind;
  };

  private value(place: number, out: RowWriter): void {
    const { buffer } = this.window;
    const kind = this.kinds[place] as number;
    const start = this.starts[place] as number;
    const end = this.ends[place] as number;
    if (kind === NULL) return;
    if (kind === STRING || kind === ESCAPED_STRING) {
      if (this.isJson[place] === true) out.bytes(buffer, start - 1, end + 1);
      else if (kind === STRING) out.bytes(buffer, start, end);
      else this.escaped(buffer, start, end, out);
    } else if (kind === ARRAY && this.isArray[place] === true) this.array(buffer, start, end, out);
    else out.bytes(buffer, start, end);
  }

  private escaped(buffer: Buffer, start: number, end: number, out: RowWriter): void {
    try {
      out.text(JSON.parse(buffer.toString('utf8', start - 1, end + 1)) as string);
    } catch {
      throw new LonghaulError('FileMalformed', `${this.options.display} has a broken string in line ${this.line}`, {
        source: this.options.display,
        line: this.line,
      });
    }
    out.reserve(this.roomBytes);
  }

  private array(buffer: Buffer, start: number, end: number, out: RowWriter): void {
    const literal = arrayLiteral(buffer.toString('utf8', start, end));
    if (literal === undefined) out.bytes(buffer, start, end);
    else out.text(literal);
    out.reserve(this.roomBytes);
  }

  private placeOf(start: number, end: number): number {
    const { buffer } = this.window;
    const number = this.keyNumber;
    this.keyNumber += 1;
    const likely = this.order[number];
    if (likely !== undefined && likely.key.length === end - start && sameBytes(likely.key, buffer, start)) {
      return likely.place;
    }
    const raw = Buffer.from(buffer.subarray(start, end));
    const text = raw.toString('utf8');
    const place = this.places.get(text) ?? this.newPlace(text);
    this.places.set(text, place);
    if (number <= this.order.length) this.order[number] = { key: raw, place };
    return place;
  }

  /** Throws ColumnUnexpected. */
  private newPlace(raw: string): number {
    const { mapping, display } = this.options;
    const key = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
    if (mapping.drop.includes(key)) return DROPPED;
    const place = this.columns.indexOf(targetName(key, mapping));
    if (place >= 0 && this.constants[place] === undefined) return place;
    if (mapping.extra === 'drop') return DROPPED;
    const text = `${display} has a key ${JSON.stringify(key)}, which nothing names, in line ${this.line}`;
    throw new LonghaulError('ColumnUnexpected', text, { source: display, column: key, line: this.line });
  }
}

function sameBytes(key: Buffer, buffer: Buffer, start: number): boolean {
  for (let at = 0; at < key.length; at += 1) if (key[at] !== buffer[start + at]) return false;
  return true;
}
