/** The engine's one way to try again: jittered exponential backoff that honours Retry-After and ends when told to. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { LonghaulError, type ErrorCode } from '../../model/errors';
import { asError, sleep } from './abort';
import type { RetryBudget } from './retry-budget';

export interface RetryPolicy {
  /** First delay; doubled after each failure without progress. */
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** No new try is begun when the next one would come later than this after the last progress. */
  readonly totalMs: number;
  /**
   * Set: this budget, shared by all requests of a transfer, decides how often and when, and the delays above do not count.
   * Its owner replenishes it; of `totalMs` it keeps that no single wait is longer.
   */
  readonly budget?: RetryBudget;
}

/**
 * Two minutes bridge a restart of a store or a throttled minute; anything longer is Temporal's to retry, where it is
 * seen. The base is small because most faults are one reset connection.
 */
export const DEFAULT_RETRY: RetryPolicy = { baseDelayMs: 200, maxDelayMs: 15_000, totalMs: 120_000 };

/** Retryable, but not by doing the same thing again at once: a refresh was just tried, or the record must start again. */
const NOT_HERE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'SourceUrlExpired',
  'SourceDamaged',
  'UploadLost',
  'WorkerShutdown',
]);

export interface Attempt {
  /** From 1; starts again at 1 after `progressed()`. */
  readonly number: number;
  /** Tells that something lasting was gained, so that backoff and budget start again. */
  readonly progressed: () => void;
}

export interface RetryOptions {
  readonly signal: AbortSignal;
  readonly policy?: RetryPolicy | undefined;
  readonly onRetry?: ((error: LonghaulError, delayMs: number) => void) | undefined;
}

/** Told of a fault that `retry` is about to try again. What it returns is called once: at the next fault of that `retry`, or its end. */
export type FaultWatcher = (error: LonghaulError) => () => void;

const watcher = new AsyncLocalStorage<FaultWatcher>();

/**
 * Runs `work` and tells `onFault` of each fault that `retry` is about to try again, in whatever `work` awaits or starts. Within
 * an attempt of an activity nobody else sees them: Temporal hears of a fault only when the attempt ends.
 */
export const watchRetries = <T>(onFault: FaultWatcher, work: () => T): T => watcher.run(onFault, work);

/**
 * Calls `work` until it succeeds, throws an error that is not retryable, or the budget is used up: then the last error
 * is thrown as it is. Equal jitter: half of the delay is random, so that lanes that failed together do not return together.
 */
export async function retry<T>(options: RetryOptions, work: (attempt: Attempt) => Promise<T>): Promise<T> {
  const onFault = watcher.getStore();
  let faultIsOver = (): void => undefined;
  const tryAgain = (error: LonghaulError, delayMs: number): Promise<void> => {
    options.onRetry?.(error, delayMs);
    faultIsOver();
    faultIsOver = onFault?.(error) ?? faultIsOver;
    return sleep(delayMs, options.signal);
  };
  try {
    return await tries(options, work, tryAgain);
  } finally {
    faultIsOver();
  }
}

async function tries<T>(
  { signal, policy = DEFAULT_RETRY }: RetryOptions,
  work: (attempt: Attempt) => Promise<T>,
  tryAgain: (error: LonghaulError, delayMs: number) => Promise<void>,
): Promise<T> {
  let failures = 0;
  let sinceMs = performance.now();
  for (;;) {
    signal.throwIfAborted();
    const progressed = (): void => {
      failures = 0;
      sinceMs = performance.now();
    };
    const beganAtMs = performance.now();
    try {
      return await work({ number: failures + 1, progressed });
    } catch (error) {
      if (signal.aborted) throw asError(signal.reason);
      if (!(error instanceof LonghaulError) || !error.retryable || NOT_HERE.has(error.code)) throw error;
      const { budget } = policy;
      const delayMs =
        budget === undefined
          ? nextDelayMs(policy, failures, error.context.retryAfterMs)
          : budget.next(error, beganAtMs);
      failures += 1;
      const waitedMs = budget === undefined ? performance.now() - sinceMs : 0;
      if (delayMs === undefined || waitedMs + delayMs > policy.totalMs) throw error;
      await tryAgain(error, delayMs);
    }
  }
}

/** What the other side asks for is the least; never less than our own backoff, or `Retry-After: 0` would be a busy loop. */
export function nextDelayMs(policy: RetryPolicy, failures: number, retryAfterMs: number | undefined): number {
  const fullMs = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** Math.min(failures, 30));
  const ownMs = fullMs / 2 + Math.random() * (fullMs / 2);
  return Math.max(ownMs, retryAfterMs ?? 0);
}
