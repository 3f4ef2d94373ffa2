/**
 * The limits in bytes per second that this process keeps to: its own, over all that it reads from sources, and its share of each
 * run's. A run tells its limit, and by how many records at once it is shared, in its memo (src/workflows/lib/run/rate.ts); while
 * something of the run moves here, the memo is looked at every few seconds. That needs no workflow task and leaves no event, and
 * it finds the run's newest execution, whoever has continued it.
 *
 * Promise: each record in flight stands for an equal share, and a process has the shares of those that move in it. All processes
 * together stay at the limit but for the seconds until a change has come to all of them. It is not reached where records are in
 * flight that move nothing here (in a queue, between two activities, copied inside of S3).
 */
import { type RateMemo, type RunRate, readRateMemo } from '../../../model/run-rate';
import { bothLimits, RateLimiter, type ByteLimit } from '../../../transfer';

/** How soon a transfer that goes on hears of a change. */
export const LOOK_MS = 5_000;
/** With a limit a record that begins is a reason to look: others may have begun elsewhere. Not more often than this. */
const LOOK_ON_START_MS = 1_000;
/** What was known of a run is kept for so long after its last record here: the next one may be about to come. */
const KEEP_MS = 60_000;

export interface RunRatesOptions {
  /** The memo of a workflow's newest execution. */
  readonly memoOf: (workflowId: string) => Promise<Readonly<Record<string, unknown>> | undefined>;
  /** Of the process; null: none. */
  readonly bytesPerSec: number | null;
  /** Told where a run's limit cannot be asked for; the last one known stays. */
  readonly onError?: (workflowId: string, error: unknown) => void;
  readonly nowMs?: () => number;
}

interface Kept {
  readonly limiter: RateLimiter;
  known: RateMemo;
  moving: number;
  /** When the memo was asked for. */
  lookedAtMs: number;
  leftAtMs: number;
  timer: NodeJS.Timeout | undefined;
}

export class RunRates {
  /** Of the process, over all its runs. */
  readonly process: RateLimiter;
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly options: RunRatesOptions) {
    this.process = new RateLimiter(options.bytesPerSec);
  }

  /**
   * Runs `work` as one record of the run, under its share of the run's limit and under the process's. Without `rate` (a run that
   * was begun before there was this) under the process's alone.
   */
  async moving<T>(rate: RunRate | undefined, work: (limiter: ByteLimit) => Promise<T>): Promise<T> {
    if (rate === undefined) return work(this.process);
    const kept = this.enter(rate);
    try {
      return await work(bothLimits(kept.limiter, this.process));
    } finally {
      this.leave(kept);
    }
  }

  private enter({ workflowId, limit }: RunRate): Kept {
    const nowMs = this.nowMs();
    this.forgetOld(nowMs);
    const kept: Kept = this.kept.get(workflowId) ?? {
      limiter: new RateLimiter(null),
      known: limit ?? { bytesPerSec: null, among: 1 },
      moving: 0,
      lookedAtMs: -Infinity,
      leftAtMs: nowMs,
      timer: undefined,
    };
    this.kept.set(workflowId, kept);
    kept.moving += 1;
    this.apply(kept);
    const dueMs = kept.known.bytesPerSec === null ? LOOK_MS : LOOK_ON_START_MS;
    if (nowMs - kept.lookedAtMs >= dueMs) void this.look(workflowId, kept);
    else this.lookLater(workflowId, kept);
    return kept;
  }

  private leave(kept: Kept): void {
    kept.moving -= 1;
    kept.leftAtMs = this.nowMs();
    this.apply(kept);
    if (kept.moving > 0) return;
    clearTimeout(kept.timer);
    kept.timer = undefined;
  }

  private async look(workflowId: string, kept: Kept): Promise<void> {
    clearTimeout(kept.timer);
    kept.timer = undefined;
    kept.lookedAtMs = this.nowMs();
    try {
      const memo = readRateMemo(await this.options.memoOf(workflowId));
      if (memo !== undefined) {
        kept.known = memo;
        this.apply(kept);
      }
    } catch (error) {
      this.options.onError?.(workflowId, error);
    }
    this.lookLater(workflowId, kept);
  }

  private lookLater(workflowId: string, kept: Kept): void {
    if (kept.moving === 0 || kept.timer !== undefined) return;
    kept.timer = setTimeout(() => void this.look(workflowId, kept), LOOK_MS).unref();
  }

  private apply({ limiter, known: { bytesPerSec, among }, moving }: Kept): void {
    // The last one's share stays while nothing moves, for what was booked with it.
    const share = Math.min(1, Math.max(1, moving) / among);
    limiter.setBytesPerSec(bytesPerSec === null ? null : bytesPerSec * share);
  }

  private forgetOld(nowMs: number): void {
    for (const [workflowId, { moving, leftAtMs }] of this.kept) {
      if (moving === 0 && nowMs - leftAtMs > KEEP_MS) this.kept.delete(workflowId);
    }
  }

  private nowMs(): number {
    return this.options.nowMs?.() ?? performance.now();
  }
}
