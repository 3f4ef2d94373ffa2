/**
 * One file becomes chunks of staged CSV. Objects it creates, all below the staging prefix: `part-00000.csv` and on, and
 * `part-00000.lines` beside a chunk whose lines are not those of the file one by one. Where a chunk ends follows from the
 * file's bytes and the request alone, so that another attempt writes the same objects again.
 */
import { LonghaulError } from '../../model/errors';
import { MemoryBudget, putSmall } from '../../transfer';
import type { RowBatch, RowReader } from '../batch';
import { openFile } from '../read/open-file';
import {
  PARTS_PER_FILE,
  type FileInspection,
  type InspectRequest,
  type LoadControl,
  type StagedChunk,
  type StagedFile,
  type StageRequest,
} from '../types';
import { ChunkObject, STAGE_PART_BYTES } from './chunk-object';
import { encodeBreaks, MAX_BREAKS } from './line-map';
import { stagingFault } from './staging-fault';

/**
 * A COPY of about a second: short enough to repeat after a failure and to keep all connections busy to the end of a file, long
 * enough not to feel the cost of a transaction.
 */
export const DEFAULT_CHUNK_BYTES = 16 * 1024 * 1024;
/** Read and looked at in one piece; several for the smallest chunk. */
const BLOCK_BYTES = 1024 * 1024;
const MIN_BLOCK_BYTES = 4 * 1024;
/** Up to this part of a file chunks have the size that was asked for; then it doubles every GROW_EVERY. */
const GROW_FROM = 500;
const GROW_EVERY = 100;

/** Format and columns. Reads the first block, or the footer. */
export async function inspectFile(request: InspectRequest, { signal }: LoadControl): Promise<FileInspection> {
  const options = { blockBytes: 256 * 1024, maxRows: 1, target: [], signal };
  const { format, isGzip, reader, close } = await openFile(request, options);
  close();
  return { format, isGzip, columns: reader.sourceColumns };
}

/**
 * Throws FileMalformed, FileTruncated, HeadersDiffer, ColumnMissing, ColumnUnexpected, TypeMismatch, StagingDenied, Source… and
 * Destination… errors, or the signal's reason. May be called again at any time.
 */
export async function stageFile(request: StageRequest, control: LoadControl): Promise<StagedFile> {
  const chunkSizeBytes = request.chunkSizeBytes ?? DEFAULT_CHUNK_BYTES;
  const { reader, close } = await openFile(request, {
    blockBytes: Math.min(BLOCK_BYTES, Math.max(MIN_BLOCK_BYTES, chunkSizeBytes >> 3)),
    maxRows: request.maxRows ?? Number.MAX_SAFE_INTEGER,
    expectedColumns: request.expectedColumns,
    target: request.target.columns,
    signal: control.signal,
  });
  const writer = new ChunkWriter(request, reader, chunkSizeBytes, control);
  try {
    for await (const batch of reader.batches()) await writer.add(batch);
    await writer.end();
    const { chunks, rows, bytes } = writer;
    return { chunks, rows, bytes, sourceBytes: request.file.sizeBytes, columns: reader.columns };
  } catch (error) {
    await writer.abandon();
    control.signal.throwIfAborted();
    throw error;
  } finally {
    close();
  }
}

class ChunkWriter {
  readonly chunks: StagedChunk[] = [];
  rows = 0;
  bytes = 0;
  private object: ChunkObject | undefined;
  private ended = 0;
  private chunkRows = 0;
  private chunkBytes = 0;
  private chunkLines = 0;
  private firstLine = 0;
  private breaks: number[] = [];
  /** The chunk before, while it becomes visible. */
  private closing: { readonly object: ChunkObject; readonly done: Promise<void> } | undefined;
  private readonly memory: MemoryBudget;
  private readonly partBytes: number;

  constructor(
    private readonly request: StageRequest,
    private readonly reader: RowReader,
    private readonly chunkSizeBytes: number,
    private readonly control: LoadControl,
  ) {
    this.partBytes = Math.min(STAGE_PART_BYTES, Math.max(chunkSizeBytes, 5 * 1024 * 1024));
    this.memory = request.memory ?? new MemoryBudget(3 * this.partBytes);
  }

  async add(batch: RowBatch): Promise<void> {
    const { staging, prefix, firstPart } = this.request;
    const part = firstPart + this.ended;
    const { signal } = this.control;
    if (this.object === undefined) {
      const key = `${partKey(prefix, part)}.csv`;
      this.object = new ChunkObject({ staging, key, memory: this.memory, partBytes: this.partBytes, signal });
      this.firstLine = batch.firstLine;
    } else if (batch.firstLine !== this.lineAt(this.chunkLines)) this.breaks.push(this.chunkLines, batch.firstLine);
    for (let at = 0; at < batch.breaks.length; at += 2) {
      this.breaks.push(this.chunkLines + (batch.breaks[at] as number), batch.breaks[at + 1] as number);
    }
    await this.object.append(batch.bytes);
    this.chunkRows += batch.rows;
    this.chunkBytes += batch.bytes.length;
    this.chunkLines += batch.lines;
    this.rows += batch.rows;
    this.bytes += batch.bytes.length;
    this.control.onProgress?.({ rows: this.rows, bytes: this.bytes });
    if (this.chunkBytes >= this.sizeOf(this.ended) || this.breaks.length >= 2 * MAX_BREAKS) await this.endChunk();
  }

  async end(): Promise<void> {
    await this.endChunk();
    await this.closing?.done;
    this.closing = undefined;
  }

  async abandon(): Promise<void> {
    await this.closing?.done.catch(() => undefined);
    await Promise.all([this.object?.abandon(), this.closing?.object.abandon()]);
  }

  /** Line of the file that one-by-one counting would give for a line of the chunk. */
  private lineAt(chunkLine: number): number {
    const [line = 0, file = this.firstLine] = this.breaks.slice(-2);
    return file + chunkLine - line;
  }

  private sizeOf(index: number): number {
    const steps = index < GROW_FROM ? 0 : 1 + Math.floor((index - GROW_FROM) / GROW_EVERY);
    return this.chunkSizeBytes * 2 ** steps;
  }

  /** The next chunk is filled while this one becomes visible. */
  private async endChunk(): Promise<void> {
    await this.closing?.done;
    this.closing = undefined;
    const { object } = this;
    if (object === undefined) return;
    const done = this.close(object, this.describe());
    done.catch(() => undefined);
    this.closing = { object, done };
    this.object = undefined;
    this.ended += 1;
    this.breaks = [];
    this.chunkRows = 0;
    this.chunkBytes = 0;
    this.chunkLines = 0;
  }

  private describe(): Omit<StagedChunk, 'crc32'> & { breaks: number[] } {
    const { prefix, firstPart, file } = this.request;
    const index = this.ended;
    if (index >= PARTS_PER_FILE) {
      throw new LonghaulError(
        'FileMalformed',
        `s3://${file.bucket}/${file.key} makes more than ${PARTS_PER_FILE} chunks; raise the chunk size`,
      );
    }
    const name = partKey(prefix, firstPart + index);
    return {
      key: `${name}.csv`,
      part: firstPart + index,
      source: `s3://${file.bucket}/${file.key}`,
      unit: this.reader.unit,
      firstLine: this.firstLine,
      rows: this.chunkRows,
      bytes: this.chunkBytes,
      columns: this.reader.columns,
      breaks: this.breaks,
      ...(this.breaks.length > 0 ? { linesKey: `${name}.lines` } : {}),
    };
  }

  private async close(
    object: ChunkObject,
    described: Omit<StagedChunk, 'crc32'> & { breaks: number[] },
  ): Promise<void> {
    const { breaks, ...chunk } = described;
    if (chunk.linesKey !== undefined) {
      const options = { contentType: 'text/plain', signal: this.control.signal };
      await putSmall(this.request.staging, chunk.linesKey, encodeBreaks(breaks), options).catch((error: unknown) => {
        throw stagingFault(error);
      });
    }
    const crc32 = await object.close();
    const staged = { ...chunk, crc32 };
    this.chunks.push(staged);
    this.request.onChunk?.(staged);
  }
}

const partKey = (prefix: string, part: number): string => `${prefix}part-${String(part).padStart(5, '0')}`;
