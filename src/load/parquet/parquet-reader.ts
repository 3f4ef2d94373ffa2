/** Parquet as staged rows: row group by row group, in windows of so many values, by ranged reads. Decodes with hyparquet. */
import type { ColumnData, FileMetaData, SchemaTree } from 'hyparquet' with { 'resolution-mode': 'import' };
import { LonghaulError } from '../../model/errors';
import { asError } from '../../transfer/lib/abort';
import type { RowBatch, RowReader } from '../batch';
import { assertSameColumns, constantColumns, mapColumns } from '../csv/columns';
import type { ObjectToRead } from '../read/object-reader';
import { RowWriter } from '../row-writer';
import type { ColumnMapping, TargetColumn } from '../types';
import { loadHyparquet } from './library';
import { s3Buffer, type S3Buffer } from './s3-buffer';
import { assertFits, columnKind, leafOf, takeDecimals } from './schema';
import { leafWriter, nestedWriter, type WriteValue } from './values';

export interface ParquetOptions {
  readonly object: ObjectToRead;
  readonly display: string;
  readonly mapping: ColumnMapping;
  readonly target: readonly TargetColumn[];
  readonly blockBytes: number;
  readonly maxRows: number;
  readonly expectedColumns?: readonly string[] | undefined;
}

/** Decoded values in memory at once, at 8 to some 50 bytes each. */
const WINDOW_VALUES = 2_000_000;
/** At both ends of every file. */
const MAGIC = 'PAR1';

interface Column {
  /** In the file; undefined: a constant. */
  readonly source?: string;
  readonly isNested: boolean;
  readonly name: string;
  readonly write: WriteValue;
  readonly constant: Buffer | null;
}

/** A column's decoded pages of one window, read in order. */
class Cursor {
  private piece = 0;

  constructor(private readonly pieces: readonly ColumnData[]) {}

  at(row: number): unknown {
    let piece = this.pieces[this.piece];
    while (piece !== undefined && row >= piece.rowEnd) {
      this.piece += 1;
      piece = this.pieces[this.piece];
    }
    return piece === undefined || row < piece.rowStart
      ? undefined
      : (piece.columnData[row - piece.rowStart] as unknown);
  }
}

/** Reads the footer. Throws FileTruncated, FileMalformed, TypeMismatch, the errors of columns and Source… errors. */
export async function openParquet(options: ParquetOptions): Promise<RowReader> {
  const { hyparquet, native } = await loadHyparquet();
  const buffer = s3Buffer(options.object);
  const file = { ...buffer, slice: native(buffer.slice) };
  await assertWhole(file, options.display);
  const metadata = await sound(options, () => hyparquet.parquetMetadataAsync(file));
  const scales = takeDecimals(metadata);
  const tree = hyparquet.parquetSchema(metadata);
  const sourceColumns = tree.children.map(({ element }) => element.name);
  assertSameColumns(sourceColumns, options.expectedColumns, options.display);
  const types = new Map(options.target.map((column) => [column.name, column]));
  const mapped = mapColumns(sourceColumns, options.mapping, options.display).map(({ from, name }): Column => {
    const column = tree.children[from] as SchemaTree;
    const target = types.get(name);
    assertFits(scales, column, target, options.display);
    const isNested = columnKind(scales, column) === 'nested';
    const write = isNested
      ? nestedWriter(column, (each) => leafOf(scales, each), target)
      : leafWriter(leafOf(scales, column), target);
    return { source: column.element.name, isNested, name, write, constant: null };
  });
  const constants = constantColumns(options.mapping).map(({ name, constant }): Column => ({
    isNested: false,
    name,
    constant,
    write: () => undefined,
  }));
  return new ParquetReader(options, file, metadata, [...mapped, ...constants], sourceColumns);
}

class ParquetReader implements RowReader {
  readonly unit = 'row';
  readonly columns: readonly string[];

  constructor(
    private readonly options: ParquetOptions,
    private readonly file: S3Buffer,
    private readonly metadata: FileMetaData,
    private readonly all: readonly Column[],
    readonly sourceColumns: readonly string[],
  ) {
    this.columns = all.map(({ name }) => name);
  }

  async *batches(): AsyncGenerator<RowBatch> {
    const out = new RowWriter(this.options.blockBytes + 64 * 1024);
    const windowRows = Math.max(1_000, Math.floor(WINDOW_VALUES / Math.max(1, this.all.length)));
    let groupStart = 0;
    let rowsLeft = this.options.maxRows;
    for (const group of this.metadata.row_groups) {
      const groupEnd = groupStart + Number(group.num_rows);
      for (let start = groupStart; start < groupEnd && rowsLeft > 0; start += windowRows) {
        const end = Math.min(start + windowRows, groupEnd, start + rowsLeft);
        rowsLeft -= end - start;
        const cursors = await this.read(start, end);
        for (let row = start; row < end;) {
          out.clear();
          const first = row;
          while (row < end && out.length < this.options.blockBytes) {
            this.write(row, cursors, out);
            row += 1;
          }
          yield this.batch(out, first);
        }
      }
      groupStart = groupEnd;
    }
  }

  private batch(out: RowWriter, first: number): RowBatch {
    return {
      bytes: out.buffer.subarray(0, out.length),
      rows: out.rows,
      lines: out.lines,
      firstLine: first + 1,
      breaks: out.lines === out.rows ? [] : [...this.breaks],
    };
  }

  /** Set by write: where rows take more than one line. */
  private breaks: number[] = [];

  private write(row: number, cursors: readonly (Cursor | undefined)[], out: RowWriter): void {
    if (out.rows === 0) this.breaks = [];
    else if (out.lines !== out.rows) this.breaks.push(out.lines, row + 1);
    const { all } = this;
    for (let index = 0; index < all.length; index += 1) {
      const { constant, write } = all[index] as Column;
      const cursor = cursors[index];
      out.reserve(64);
      out.begin();
      if (cursor !== undefined) {
        const value = cursor.at(row);
        if (value !== null && value !== undefined) write(value, out);
      } else if (constant !== null) {
        out.reserve(2 * constant.length + 4);
        out.bytes(constant, 0, constant.length);
      }
    }
    out.reserve(64);
    out.endRow();
  }

  /** Decodes the rows [start, end) of all columns, flat ones with strings as bytes. */
  private async read(start: number, end: number): Promise<(Cursor | undefined)[]> {
    const pieces = new Map<string, ColumnData[]>();
    await this.readColumns(start, end, false, pieces);
    await this.readColumns(start, end, true, pieces);
    return this.all.map(({ source }) => {
      if (source === undefined) return undefined;
      const found = pieces.get(source) ?? [];
      return new Cursor(found.sort((a, b) => a.rowStart - b.rowStart));
    });
  }

  private async readColumns(
    rowStart: number,
    rowEnd: number,
    isNested: boolean,
    pieces: Map<string, ColumnData[]>,
  ): Promise<void> {
    const columns = this.all.flatMap((column) =>
      column.source !== undefined && column.isNested === isNested ? [column.source] : [],
    );
    if (columns.length === 0) return;
    const { hyparquet, compressors } = await loadHyparquet();
    const same = <T>(value: T): T => value;
    const onChunk = (chunk: ColumnData): void => {
      const known = pieces.get(chunk.columnName);
      if (known === undefined) pieces.set(chunk.columnName, [chunk]);
      else known.push(chunk);
    };
    await sound(this.options, () =>
      hyparquet.parquetRead({
        file: this.file,
        metadata: this.metadata,
        columns,
        rowStart,
        rowEnd,
        onChunk,
        compressors,
        utf8: false,
        geoparquet: false,
        useOffsetIndex: true,
        parsers: {
          timestampFromMilliseconds: same,
          timestampFromMicroseconds: same,
          timestampFromNanoseconds: same,
          dateFromDays: same,
          jsonFromBytes: same,
          geometryFromBytes: same,
          geographyFromBytes: same,
          // Keys of maps must be strings; elsewhere bytes become fields without ever being strings.
          ...(isNested ? {} : { stringFromBytes: same }),
        },
      }),
    );
  }
}

/** The magic is at both ends; a file without the last one was cut off, or is something else. */
async function assertWhole(file: S3Buffer, display: string): Promise<void> {
  const head = Buffer.from(await file.slice(0, MAGIC.length)).toString('latin1');
  const tail = Buffer.from(await file.slice(-MAGIC.length)).toString('latin1');
  if (head === MAGIC && tail === MAGIC) return;
  const code = head === MAGIC ? 'FileTruncated' : 'FileMalformed';
  const what = head === MAGIC ? 'has no Parquet footer: it is cut off' : 'is no Parquet file';
  throw new LonghaulError(code, `${display} ${what}`, { source: display });
}

/** hyparquet throws plain errors for what it cannot read. */
async function sound<T>({ object, display }: ParquetOptions, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    object.signal.throwIfAborted();
    if (error instanceof LonghaulError) throw error;
    throw new LonghaulError('FileMalformed', `${display} cannot be read as Parquet: ${asError(error).message}`, {
      source: display,
    });
  }
}
