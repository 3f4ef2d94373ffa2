/** What counts as time without progress when an activity goes on: neither a pause nor the time before a reset. */
import { MockActivityEnvironment } from '@temporalio/testing';
import type { ApplicationFailure } from '@temporalio/common';
import { resumable } from '../../../src/activities/lib/attempt/resumable';
import { LonghaulError } from '../../../src/model/errors';
import { retry } from '../../../src/transfer';

const HOUR_MS = 3_600_000;
const RETRY_FOR_MS = 60_000;

/** What an attempt that begins with these heartbeat details fails with, and the last beat that it leaves. */
const attemptFrom = async (details: object, attempt: number, error: Error) => {
  const environment = new MockActivityEnvironment({ attempt, heartbeatDetails: details });
  const beats: Record<string, unknown>[] = [];
  environment.on('heartbeat', (beat: Record<string, unknown>) => beats.push(beat));
  const failure = await environment
    .run(() => resumable({ retryForMs: RETRY_FOR_MS }, () => Promise.reject(error)))
    .then(
      () => null,
      (thrown: unknown) => thrown as ApplicationFailure,
    );
  return { isGivenUp: failure?.nonRetryable, beat: beats.at(-1) ?? {} };
};

const stalled = (): LonghaulError => new LonghaulError('SourceStalled', 'No byte for a while');
const beatFrom = (nowMs: number, idleForMs?: number) => ({
  v: 1,
  checkpoint: null,
  progressAtMs: nowMs - HOUR_MS,
  failures: 3,
  ...(idleForMs === undefined ? {} : { idleFromMs: nowMs - idleForMs }),
});

it('an hour of tries without progress is too long', async () => {
  expect(await attemptFrom(beatFrom(Date.now()), 4, stalled())).toMatchObject({ isGivenUp: true });
  // The next try was expected in 30 s, and began then.
  expect(await attemptFrom(beatFrom(Date.now(), -30_000), 4, stalled())).toMatchObject({ isGivenUp: true });
});

it('an hour of which all but ten seconds were a pause is not', async () => {
  const nowMs = Date.now();
  const { isGivenUp, beat } = await attemptFrom(beatFrom(nowMs, HOUR_MS - 10_000), 4, stalled());
  expect(isGivenUp).toBe(false);
  expect(beat).toMatchObject({ failures: 4, checkpoint: null });
  expect(Number(beat['progressAtMs'])).toBeGreaterThan(nowMs - 20_000);
  // From when the next try is due: the longest backoff, or what the source has asked for.
  expect(Number(beat['idleFromMs'])).toBeGreaterThanOrEqual(nowMs + 30_000);
  const asked = new LonghaulError('SourceThrottled', 'Slow down', { retryAfterMs: 5_000 });
  const later = await attemptFrom(beatFrom(nowMs, HOUR_MS - 10_000), 4, asked);
  expect(Number(later.beat['idleFromMs'])).toBeLessThan(nowMs + 29_000);
});

it('a reset begins with a full time to retry', async () => {
  const { isGivenUp, beat } = await attemptFrom(beatFrom(Date.now()), 1, stalled());
  expect([isGivenUp, beat['failures']]).toEqual([false, 1]);
});

it('the fault that an attempt tries again by itself is in its heartbeats, until bytes have moved', async () => {
  const beatOf = async (movedBytes: number): Promise<Record<string, unknown>> => {
    const environment = new MockActivityEnvironment();
    const beats: Record<string, unknown>[] = [];
    environment.on('heartbeat', (beat: Record<string, unknown>) => beats.push(beat));
    const work = environment.run(() =>
      resumable({}, async ({ signal, onProgress }) => {
        const policy = { baseDelayMs: 1, maxDelayMs: 1, totalMs: 10_000 };
        await retry({ signal, policy }, ({ number }) => (number === 1 ? Promise.reject(stalled()) : Promise.resolve()));
        onProgress({ v: 1, bytes: movedBytes, parts: 1, sentBytes: movedBytes });
        throw new LonghaulError('SourceNotFound', 'gone');
      }),
    );
    await expect(work).rejects.toMatchObject({ type: 'SourceNotFound' });
    return beats.at(-1) ?? {};
  };
  expect(await beatOf(0)).toMatchObject({ trouble: { code: 'SourceStalled', message: 'No byte for a while' } });
  const moved = await beatOf(5);
  expect(moved).toMatchObject({ checkpoint: { bytes: 5 } });
  expect(moved).not.toHaveProperty('trouble');
});
