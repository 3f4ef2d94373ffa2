/**
 * A chunk with bad rows, where some are allowed. It is sent block by block, each behind a savepoint; what COPY refuses is cut
 * out of its block, and the rows before and after it are sent again. Works on every PostgreSQL (ON_ERROR of 17 knows no
 * constraints). Objects it creates: `part-00000.ndjson` below the rejects prefix, a line for each bad row.
 */
import type { PoolClient } from 'pg';
import { LonghaulError } from '../../model/errors';
import { putSmall } from '../../transfer';
import { LF } from '../csv/dialect';
import { newScan, scanRows } from '../csv/scan';
import type { Fill } from '../read/object-reader';
import { Window } from '../read/window';
import { sourceLine } from '../stage/line-map';
import type { CopyRequest, RejectOptions } from '../types';
import { linesCounted, readBreaks, rowFaultOf, type RowFault } from './bad-row';
import { copyStream } from './copy-stream';

/** Sent again at most twice for a bad row. */
const BLOCK_BYTES = 512 * 1024;

interface Reject {
  /** Of the chunk, from 0. */
  readonly line: number;
  readonly fault: RowFault;
  readonly row: string;
}

export interface Sifted {
  readonly rows: number;
  readonly rejected: number;
  readonly rejectsKey?: string;
}

/** Throws RejectLimit as soon as there are more bad rows than `left`. */
export async function copySifted(
  client: PoolClient,
  sql: string,
  fill: Fill,
  {
    request,
    rejects,
    left,
    signal,
  }: { request: CopyRequest; rejects: RejectOptions; left: number; signal: AbortSignal },
): Promise<Sifted> {
  const sieve = new Sieve(client, sql, left, request.chunk.source, rejects.limit);
  const window = new Window(fill, BLOCK_BYTES, request.chunk.key);
  const scan = newScan();
  do {
    await window.advance();
    scanRows(window.buffer, window.start, window.end, Number.MAX_SAFE_INTEGER, scan);
    await sieve.send(window.buffer.subarray(window.start, scan.end), scan.lines);
    window.start = scan.end;
  } while (!window.isLast);
  if (sieve.rejects.length === 0) return { rows: sieve.rows, rejected: 0 };
  const key = await writeRejects(request, rejects, sieve.rejects, signal);
  return { rows: sieve.rows, rejected: sieve.rejects.length, rejectsKey: key };
}

class Sieve {
  rows = 0;
  readonly rejects: Reject[] = [];
  private line = 0;

  constructor(
    private readonly client: PoolClient,
    private readonly sql: string,
    private readonly left: number,
    private readonly source: string,
    private readonly limit: number,
  ) {}

  /** Whole rows. */
  async send(block: Buffer, lines: number): Promise<void> {
    if (block.length === 0) return;
    await this.client.query('SAVEPOINT longhaul_block');
    try {
      let at = 0;
      this.rows += await copyStream(this.client, this.sql, (target) => {
        const copied = block.copy(target, 0, at);
        at += copied;
        return Promise.resolve(copied);
      });
      await this.client.query('RELEASE SAVEPOINT longhaul_block');
      this.line += lines;
    } catch (error) {
      const fault = rowFaultOf(error);
      if (fault?.line === undefined) throw error;
      await this.client.query('ROLLBACK TO SAVEPOINT longhaul_block');
      await this.cutOut(block, lines, fault, fault.line - 1);
    }
  }

  private async cutOut(block: Buffer, lines: number, fault: RowFault, line: number): Promise<void> {
    const bad = rowAt(block, line);
    if (bad.before > 0) await this.send(block.subarray(0, bad.start), bad.before);
    this.rejects.push({ line: this.line, fault, row: block.toString('utf8', bad.start, bad.end - 1) });
    if (this.rejects.length > this.left) {
      throw new LonghaulError(
        'RejectLimit',
        `${this.source} has more bad rows than the ${this.limit} that are allowed`,
        {
          source: this.source,
          sqlState: fault.state,
        },
      );
    }
    this.line += bad.lines;
    await this.send(block.subarray(bad.end), lines - bad.before - bad.lines);
  }
}

/** The row that COPY's line, from 0, is part of. */
function rowAt(block: Buffer, line: number): { start: number; end: number; before: number; lines: number } {
  const scan = newScan();
  let start = 0;
  let before = 0;
  let counted = 0;
  for (;;) {
    scanRows(block, start, block.length, 1, scan);
    counted += linesCounted(start === 0, scan.lines, block.subarray(start, scan.end));
    if (scan.rows === 0 || counted > line) {
      return { start, end: scan.rows === 0 ? block.length : scan.end, before, lines: Math.max(1, scan.lines) };
    }
    before += scan.lines;
    start = scan.end;
  }
}

async function writeRejects(
  { chunk, staging }: CopyRequest,
  { destination, prefix }: RejectOptions,
  rejects: readonly Reject[],
  signal: AbortSignal,
): Promise<string> {
  const breaks = await readBreaks(staging, chunk, signal);
  const lines = rejects.map(({ line, fault, row }) => ({
    file: chunk.source,
    [chunk.unit]: sourceLine(line, chunk.firstLine, breaks),
    column: fault.column ?? null,
    sqlstate: fault.state,
    message: fault.message,
    row,
  }));
  const key = `${prefix}part-${String(chunk.part).padStart(5, '0')}.ndjson`;
  const body = Buffer.from(`${lines.map((each) => JSON.stringify(each)).join('\n')}${String.fromCharCode(LF)}`);
  await putSmall(destination, key, body, { contentType: 'application/x-ndjson', signal });
  return key;
}
