/**
 * A run's limit of bytes per second, told in its memo to the workers that move its records. A signal does not reach activities, and
 * a query needs a worker; the memo can be read of a run that is paused, and of one whose workers are busy.
 */
import { upsertMemo } from '@temporalio/workflow';
import type { RunSettings } from '../../../model/run';
import { RATE_MEMO, type RateMemo } from '../../../model/run-rate';

/** Fewer records in flight are told from here on: each change is an event, and so much of the limit is used at least. */
const TOLD_FROM = 0.8;

export class RunRateTeller {
  private configured: number | null = null;
  private isHeard = false;
  private among = 1;
  private told: RateMemo | undefined;

  /** @param ordered by an operator, who wins over the configuration, before the run continued as new; undefined: nothing */
  constructor(private ordered: number | null | undefined) {}

  /** Null: no limit. */
  get bytesPerSec(): number | null {
    return this.ordered === undefined ? this.configured : this.ordered;
  }

  /** For the next execution. */
  get continued(): { readonly maxBytesPerSec?: number | null } {
    return this.ordered === undefined ? {} : { maxBytesPerSec: this.ordered };
  }

  take({ rate, maxWorkers }: RunSettings): void {
    this.isHeard = rate !== undefined;
    this.configured = rate?.limit?.bytesPerSec ?? null;
    this.among = Math.max(1, maxWorkers);
    this.tell();
  }

  order(bytesPerSec: number | null): void {
    this.ordered = bytesPerSec;
    this.tell();
  }

  /** So many records may be in flight now. */
  share(among: number): void {
    const isNear = among <= this.among && among >= this.among * TOLD_FROM;
    if (among < 1 || isNear) return;
    this.among = among;
    this.tell();
  }

  private tell(): void {
    const { bytesPerSec, among, told } = this;
    // Who never had a limit has no memo: there is nothing to share.
    const hasNone = bytesPerSec === null && (this.ordered === undefined || told?.bytesPerSec === null);
    const isTold = told?.bytesPerSec === bytesPerSec && told.among === among;
    if (!this.isHeard || hasNone || isTold) return;
    this.told = { bytesPerSec, among };
    upsertMemo({ [RATE_MEMO]: this.told });
  }
}
