/** What the server says of a row that it refuses, and where that row came from. */
import { LonghaulError } from '../../model/errors';
import { createS3Source, getSmall, type S3Destination } from '../../transfer';
import { CR, dialectBytes, RFC_4180 } from '../csv/dialect';
import { Fields } from '../csv/fields';
import { fieldOf, serverText, stateOf } from '../database/sql-errors';
import { ObjectReader } from '../read/object-reader';
import { Window } from '../read/window';
import { decodeBreaks, sourceLine, type LineBreaks } from '../stage/line-map';
import type { StagedChunk } from '../types';

const STAGING_DIALECT = dialectBytes(RFC_4180);

export interface RowFault {
  /** Of what was sent, from 1: the last line of the row. Undefined where the server does not say. */
  readonly line: number | undefined;
  readonly column: string | undefined;
  readonly state: string;
  readonly message: string;
}

/**
 * Undefined where the fault is not of a row: classes 22 (data) and 23 (constraints) are. The context is `COPY table, line 3,
 * column id: …` in the server's language, so that only its figures and its form are relied on.
 */
export function rowFaultOf(error: unknown): RowFault | undefined {
  const state = stateOf(error);
  if (state === undefined || !/^2[23]/.test(state)) return undefined;
  const [, line, column] = /^COPY [^,\n]+, \S+ (\d+)(?:, \S+ ([^:\n]+))?/.exec(fieldOf(error, 'where') ?? '') ?? [];
  const constraint = fieldOf(error, 'constraint');
  return {
    line: line === undefined ? undefined : Number(line),
    column: fieldOf(error, 'column') ?? column,
    state,
    message: `${serverText(error)}${constraint === undefined || serverText(error).includes(constraint) ? '' : ` (${constraint})`}`,
  };
}

export const readBreaks = async (
  staging: S3Destination,
  chunk: StagedChunk,
  signal: AbortSignal,
): Promise<LineBreaks> =>
  chunk.linesKey === undefined ? [] : decodeBreaks(await getSmall(staging, chunk.linesKey, { signal }));

/** BadRow with the line of the file. Reads the chunk again up to the row; where the row cannot be found, says so. */
export async function badRow(
  staging: S3Destination,
  chunk: StagedChunk,
  fault: RowFault,
  signal: AbortSignal,
): Promise<LonghaulError> {
  const start = fault.line === undefined ? undefined : await rowStart(staging, chunk, fault.line - 1, signal);
  const line =
    start === undefined ? undefined : sourceLine(start, chunk.firstLine, await readBreaks(staging, chunk, signal));
  const where =
    line === undefined ? `in the ${chunk.rows} rows from ${chunk.unit} ${chunk.firstLine}` : `${chunk.unit} ${line}`;
  const column = fault.column === undefined ? '' : `, column ${fault.column}`;
  return new LonghaulError('BadRow', `${fault.state} ${fault.message}: ${chunk.source} ${where}${column}`, {
    operation: 'copy',
    source: chunk.source,
    sqlState: fault.state,
    ...(line === undefined ? {} : { line }),
    ...(fault.column === undefined ? {} : { column: fault.column }),
  });
}

/**
 * How many lines COPY has counted for a row: its own and the line feeds within quotes. In the first row of all it is the carriage
 * returns instead: what ends a line is not known before it has seen one outside of quotes (CopyReadLineText in PostgreSQL's
 * copyfromparse.c).
 */
export function linesCounted(isFirst: boolean, lines: number, row: Buffer): number {
  if (!isFirst) return lines;
  let returns = 0;
  for (let at = row.indexOf(CR); at >= 0; at = row.indexOf(CR, at + 1)) returns += 1;
  return 1 + returns;
}

/** The line of the chunk, from 0, where the row begins that COPY's line is part of. */
async function rowStart(
  staging: S3Destination,
  chunk: StagedChunk,
  line: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const reader = chunkReader(staging, chunk, signal);
  const window = new Window(reader.fill, 256 * 1024, chunk.key);
  const fields = new Fields();
  let at = 0;
  let counted = 0;
  try {
    do {
      await window.advance();
      while (fields.split(window.buffer, window.start, window.end, STAGING_DIALECT)) {
        counted += linesCounted(at === 0, 1 + fields.innerLines, window.buffer.subarray(window.start, fields.rowEnd));
        if (line < counted) return at;
        at += 1 + fields.innerLines;
        window.start = fields.next;
      }
    } while (!window.isLast);
    return undefined;
  } finally {
    reader.close();
  }
}

export const chunkReader = (staging: S3Destination, chunk: StagedChunk, signal: AbortSignal): ObjectReader =>
  new ObjectReader({
    source: createS3Source({ client: staging.client, bucket: staging.bucket, key: chunk.key }),
    version: { sizeBytes: chunk.bytes },
    signal,
  });
