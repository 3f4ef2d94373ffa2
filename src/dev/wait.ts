/** Waiting for something to become true, with a deadline and a message that says what was waited for. */
import { setTimeout as sleep } from 'node:timers/promises';
import { LonghaulError } from '../model/errors';
import type { ManagedProcess } from './types';

export interface WaitOptions {
  /** What is waited for, as in "Waited 10 s for <what>." */
  readonly what: string;
  readonly timeoutMs: number;
  readonly intervalMs?: number;
}

const DEFAULT_INTERVAL_MS = 25;

/**
 * Asks `probe` again and again until it gives something other than false, null or undefined, and gives that.
 * An error of the probe counts as "not yet"; the last one is the cause of the Internal error at the deadline.
 */
export const until = async <T>(
  probe: () => T | Promise<T>,
  { what, timeoutMs, intervalMs = DEFAULT_INTERVAL_MS }: WaitOptions,
): Promise<Exclude<T, false | null | undefined>> => {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  do {
    try {
      const value = await probe();
      if (value !== false && value !== null && value !== undefined) {
        return value as Exclude<T, false | null | undefined>;
      }
    } catch (error) {
      cause = error;
    }
    await sleep(intervalMs);
  } while (performance.now() < deadline);
  throw new LonghaulError('Internal', `Waited ${timeoutMs / 1000} s for ${what}.`, {}, { cause });
};

/** As `until`, but gives up at once when the process ends: its last output is in the message. */
export const waitUntilReady = async <T>(
  child: ManagedProcess,
  probe: () => T | Promise<T>,
  timeoutMs: number,
): Promise<void> => {
  let ended = false;
  const early = child.exited.then(({ code, signal }) => {
    ended = true;
    const how = signal ?? `exit code ${code ?? 'unknown'}`;
    const last = child.recentOutput().trim().slice(-1_000);
    throw new LonghaulError('Internal', `${child.name} ended before it was ready (${how}): ${last}`);
  });
  early.catch(() => undefined); // it also rejects when the process ends later, in the ordinary way
  try {
    // A process that has ended stops the probing too: its timers would keep ours alive until the deadline.
    const ready = until(() => ended || probe(), { what: `${child.name} to be ready`, timeoutMs });
    await Promise.race([early, ready]);
  } catch (error) {
    await child.kill();
    throw error;
  }
};
