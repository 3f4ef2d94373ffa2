/**
 * What report.html shows of a ledger: gathered line by line, in memory that does not grow with the run. However many
 * records there are, it keeps so many points in time, cells of the map, and records of each list.
 */
import type { LedgerLine } from '../../../model/records';

export const TIME_BINS = 120;
/** Twice as many are gathered before neighbours are put together, so the map has between half of these and all. */
export const MAX_CELLS = 600;
export const LISTED = 20;
/** Codes that are counted by name; the table of errors has fewer, but a ledger may be newer than its reader. */
const MAX_CODES = 200;

/** Neighbouring records of the ledger. */
export interface Cell {
  readonly first: number;
  last: number;
  lines: number;
  parts: number;
  bytes: number;
  /** Of the record that took the most. */
  attempts: number;
  failed: number;
  aborted: number;
  skipped: number;
}

export interface ListedRecord {
  readonly n: number;
  readonly source: string;
  readonly key: string;
  readonly bytes: number;
  readonly parts: number;
  readonly attempts: number;
  readonly ms: number;
  readonly code?: string;
  readonly error?: string;
}

/** When the bytes were in: an object that is published later was moved before. */
const movedAtMs = ({ movedAt, finishedAt }: LedgerLine): number => Date.parse(movedAt ?? finishedAt);

const isMoved = ({ outcome }: LedgerLine): boolean =>
  outcome === 'transferred' || outcome === 'copied' || outcome === 'healed';

export class ReportStats {
  readonly #startMs: number;
  readonly #binMs: number;
  /** Bytes of each bin. */
  readonly #bins = new Float64Array(TIME_BINS);
  #cells: Cell[] = [];
  #linesPerCell = 1;
  readonly #slowest: ListedRecord[] = [];
  readonly #failed: ListedRecord[] = [];
  readonly #codes = new Map<string, number>();
  lines = 0;
  failures = 0;
  aborted = 0;
  retried = 0;

  /** `startedAt` and `finishedAt` of the run, ISO 8601. */
  constructor({ startedAt, finishedAt }: { readonly startedAt: string; readonly finishedAt: string }) {
    this.#startMs = Date.parse(startedAt);
    this.#binMs = Math.max(1, (Date.parse(finishedAt) - this.#startMs) / TIME_BINS);
  }

  add(line: LedgerLine): void {
    this.lines += 1;
    if (line.attempts > 1) this.retried += 1;
    if (line.outcome === 'aborted') this.aborted += 1;
    this.#addToMap(line);
    if (line.outcome === 'failed') this.#addFailure(line);
    if (!isMoved(line)) return;
    this.#addFlow(line);
    insert(this.#slowest, listed(line), LISTED);
  }

  get binSeconds(): number {
    return this.#binMs / 1000;
  }

  /** Bytes a second, in order of time. */
  get rates(): number[] {
    return [...this.#bins].map((bytes) => bytes / this.binSeconds);
  }

  get cells(): readonly Cell[] {
    return this.#cells;
  }

  /** Those that took longest, the slowest first. */
  get slowest(): readonly ListedRecord[] {
    return this.#slowest;
  }

  /** The first that failed, in order of the ledger. */
  get failed(): readonly ListedRecord[] {
    return this.#failed;
  }

  /** How many failed by each code, the most frequent first. */
  get codes(): readonly (readonly [string, number])[] {
    return [...this.#codes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  }

  /** A record's bytes are spread evenly over the time that it took: nobody noted them one by one. */
  #addFlow(line: LedgerLine): void {
    const last = TIME_BINS * this.#binMs;
    const from = Math.min(Math.max(0, Date.parse(line.startedAt) - this.#startMs), last);
    const to = Math.min(Math.max(from, movedAtMs(line) - this.#startMs), last);
    if (line.bytes === 0 || Number.isNaN(from) || Number.isNaN(to)) return;
    const binOf = (ms: number): number => Math.min(TIME_BINS - 1, Math.floor(ms / this.#binMs));
    if (to - from < 1) {
      this.#grow(binOf(to), line.bytes);
      return;
    }
    const bytesPerMs = line.bytes / (to - from);
    for (let bin = binOf(from); bin <= binOf(to); bin += 1) {
      const overlapMs = Math.min(to, (bin + 1) * this.#binMs) - Math.max(from, bin * this.#binMs);
      this.#grow(bin, Math.max(0, overlapMs) * bytesPerMs);
    }
  }

  #grow(bin: number, bytes: number): void {
    this.#bins[bin] = (this.#bins[bin] ?? 0) + bytes;
  }

  #addToMap(line: LedgerLine): void {
    const at = this.#cells.at(-1);
    const { n, parts, bytes, attempts, outcome } = line;
    const own: Cell = {
      first: n,
      last: n,
      lines: 1,
      parts,
      bytes,
      attempts,
      failed: outcome === 'failed' ? 1 : 0,
      aborted: outcome === 'aborted' ? 1 : 0,
      skipped: outcome === 'skipped' ? 1 : 0,
    };
    if (at !== undefined && at.lines < this.#linesPerCell) join(at, own);
    else this.#cells.push(own);
    if (this.#cells.length <= MAX_CELLS) return;
    this.#linesPerCell *= 2;
    this.#cells = this.#cells.flatMap((cell, index, all) => {
      if (index % 2 === 1) return [];
      const next = all[index + 1];
      if (next !== undefined) join(cell, next);
      return [cell];
    });
  }

  #addFailure(line: LedgerLine): void {
    this.failures += 1;
    const code = line.errorCode ?? 'Internal';
    if (this.#codes.has(code) || this.#codes.size < MAX_CODES) this.#codes.set(code, (this.#codes.get(code) ?? 0) + 1);
    if (this.#failed.length < LISTED) this.#failed.push(listed(line));
  }
}

function join(cell: Cell, next: Cell): void {
  cell.last = next.last;
  cell.lines += next.lines;
  cell.parts += next.parts;
  cell.bytes += next.bytes;
  cell.attempts = Math.max(cell.attempts, next.attempts);
  cell.failed += next.failed;
  cell.aborted += next.aborted;
  cell.skipped += next.skipped;
}

const listed = (line: LedgerLine): ListedRecord => ({
  n: line.n,
  source: line.source,
  key: line.key,
  bytes: line.bytes,
  parts: line.parts,
  attempts: line.attempts,
  ms: Math.max(0, movedAtMs(line) - Date.parse(line.startedAt)),
  ...(line.errorCode === undefined ? {} : { code: line.errorCode }),
  ...(line.error === undefined ? {} : { error: line.error }),
});

/** Into a list that is kept in order and short. */
function insert(list: ListedRecord[], record: ListedRecord, most: number): void {
  if (list.length === most && record.ms <= (list.at(-1)?.ms ?? 0)) return;
  const at = list.findIndex(({ ms }) => record.ms > ms);
  list.splice(at === -1 ? list.length : at, 0, record);
  if (list.length > most) list.pop();
}
