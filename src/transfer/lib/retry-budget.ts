/**
 * A number of tries that all requests of one transfer share. Lanes that fail together have met one fault: it costs one try,
 * and they wait for the same moment. Every acknowledged part proves that the fault has passed, so the budget starts again.
 */
import type { LonghaulError } from '../../model/errors';

export interface RetryBudgetOptions {
  /** Tries after the first one, since the last progress. */
  readonly maxRetries: number;
  /** First delay; doubled with each further try. Exact: whoever counts seconds finds these. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** Of these, used up before by an earlier try of the same work: the next delay goes on from there. */
  readonly spent?: number;
  /** A clock that never goes back. */
  readonly nowMs?: () => number;
}

/** A timer may fire this much early: the try that was waited for is never taken for one of before. */
const TIMER_SLACK_MS = 20;

export class RetryBudget {
  readonly #options: RetryBudgetOptions;
  readonly #nowMs: () => number;
  #used: number;
  #total = 0;
  #failedAtMs = -Infinity;
  #resumeAtMs = -Infinity;

  constructor(options: RetryBudgetOptions) {
    this.#options = options;
    this.#used = options.spent ?? 0;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** Tries that were granted, over the whole transfer. */
  get retries(): number {
    return this.#total;
  }

  /** Something lasting was gained. */
  replenish(): void {
    this.#used = 0;
  }

  /**
   * How long to wait before the next try; undefined: there is none left. What the other side asks for (Retry-After) wins
   * over our own backoff. `beganAtMs`: when the try that failed was begun, by the same clock.
   */
  next(error: LonghaulError, beganAtMs: number): number | undefined {
    const nowMs = this.#nowMs();
    // It was under way when the last fault was counted, or began while others waited for that one to pass: the same fault.
    const isSameFault = beganAtMs <= this.#failedAtMs || beganAtMs < this.#resumeAtMs - TIMER_SLACK_MS;
    if (!isSameFault) {
      if (this.#used >= this.#options.maxRetries) return undefined;
      this.#used += 1;
      this.#total += 1;
      this.#failedAtMs = nowMs;
    }
    const delayMs = error.context.retryAfterMs ?? this.#backoffMs();
    const leftMs = this.#resumeAtMs - nowMs;
    if (isSameFault && error.context.retryAfterMs === undefined && leftMs > 0) return leftMs;
    this.#resumeAtMs = Math.max(isSameFault ? this.#resumeAtMs : -Infinity, nowMs + delayMs);
    return this.#resumeAtMs - nowMs;
  }

  #backoffMs(): number {
    const { baseDelayMs, maxDelayMs } = this.#options;
    return Math.min(maxDelayMs, baseDelayMs * 2 ** Math.max(0, this.#used - 1));
  }
}
