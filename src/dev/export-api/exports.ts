/** The exports of the sample vendor: one in flight per type, a status that moves on with time or by script. */
import { randomBytes } from 'node:crypto';
import type { ExportType } from '../../model/export-run';
import type { FaultBook } from './faults';
import type { StatusDurations } from './types';

const TERMINAL = new Set(['SUCCEEDED', 'COMPLETE', 'COMPLETED', 'READY', 'FAILED', 'ERROR', 'CANCELED', 'CANCELLED']);
const FAILURES = new Set(['FAILED', 'ERROR', 'CANCELED', 'CANCELLED']);

export interface SampleExport {
  readonly id: string;
  readonly type: ExportType;
  readonly createdAtMs: number;
  /** Words still to be told, one per poll; the last one told stays. Undefined: the status follows the clock. */
  script: string[] | undefined;
  status: string;
}

const word = (length: number): string => randomBytes(length).toString('base64').replace(/[+/=]/g, 'x').slice(0, length);

/** Looks like the vendor's: base64 with every character that breaks file names, keys and URLs. */
const newId = (): string => `${word(6)}+${word(6)}/${word(4)}==`;

export class ExportStore {
  readonly #exports = new Map<string, SampleExport>();
  created = 0;

  constructor(
    private readonly durations: StatusDurations,
    private readonly faults: FaultBook,
  ) {}

  /** The new export, or the one of this type that is still in flight. */
  create(type: ExportType): { readonly kind: 'created' | 'in-progress'; readonly id: string } {
    for (const one of this.#exports.values()) {
      if (one.type === type && !TERMINAL.has(this.#now(one))) return { kind: 'in-progress', id: one.id };
    }
    return { kind: 'created', id: this.#add(type, this.faults.takeStatuses(type)) };
  }

  startForeign(type: ExportType): string {
    return this.#add(type, ['IN_PROGRESS']);
  }

  finish(id: string): void {
    const one = this.#exports.get(id);
    if (one === undefined) throw new Error(`There is no export ${id}`);
    one.script = [];
    one.status = 'SUCCEEDED';
  }

  /** Moves a scripted export on by one word. */
  poll(id: string): SampleExport | undefined {
    const one = this.#exports.get(id);
    if (one !== undefined) one.status = one.script?.shift() ?? this.#now(one);
    return one;
  }

  hasResult(one: SampleExport): boolean {
    return TERMINAL.has(one.status) && !FAILURES.has(one.status);
  }

  #add(type: ExportType, script: string[] | undefined): string {
    const id = newId();
    this.#exports.set(id, { id, type, createdAtMs: Date.now(), script, status: 'PENDING' });
    this.created += 1;
    return id;
  }

  #now(one: SampleExport): string {
    return one.script === undefined ? this.#byTime(Date.now() - one.createdAtMs) : one.status;
  }

  #byTime(elapsedMs: number): string {
    const { pendingMs, runningMs } = this.durations;
    if (elapsedMs < pendingMs) return 'PENDING';
    if (elapsedMs < pendingMs + runningMs / 2) return 'IN_PROGRESS';
    return elapsedMs < pendingMs + runningMs ? 'PROCESSING' : 'SUCCEEDED';
  }
}
