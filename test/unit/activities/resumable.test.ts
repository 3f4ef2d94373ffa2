/** What counts as time without progress when an activity goes on: neither a pause nor the time before a reset. */
import { MockActivityEnvironment } from '@temporalio/testing';
import type { ApplicationFailure } from '@temporalio/common';
import { resumable } from '../../../src/activities/lib/attempt/resumable';
import { LonghaulError } from '../../../src/model/errors';
import { retry } from '../../../src/transfer';
import type { TransferControl } from '../../../src/transfer/types';

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

describe('the fault that an attempt tries again by itself is in its heartbeats', () => {
  const policy = { baseDelayMs: 1, maxDelayMs: 1, totalMs: 10_000 };
  const sourceStalled = { trouble: { code: 'SourceStalled', message: 'No byte for a while' } };

  /** The beats of an attempt. `fails` begins a retry whose first try has failed; the returned function lets its second one succeed. */
  const beatsOf = async (
    work: (fails: (error: LonghaulError) => Promise<() => Promise<void>>, control: TransferControl) => Promise<void>,
  ): Promise<Record<string, unknown>[]> => {
    const environment = new MockActivityEnvironment();
    const beats: Record<string, unknown>[] = [];
    environment.on('heartbeat', (beat: Record<string, unknown>) => beats.push(beat));
    const attempt = environment.run(() =>
      resumable({}, async (control) => {
        const fails = (error: LonghaulError): Promise<() => Promise<void>> =>
          new Promise((failed) => {
            let succeed = (): void => undefined;
            const second = new Promise<void>((resolve) => (succeed = resolve));
            const done = retry({ signal: control.signal, policy }, ({ number }) => {
              if (number === 1) return Promise.reject(error);
              failed(() => (succeed(), done));
              return second;
            });
          });
        await work(fails, control);
        // Whatever an attempt fails with, its last beat is sent at once.
        throw new LonghaulError('SourceNotFound', 'gone');
      }),
    );
    await expect(attempt).rejects.toMatchObject({ type: 'SourceNotFound' });
    return beats;
  };

  it('until the try has succeeded', async () => {
    const failing = await beatsOf(async (fails) => {
      await fails(stalled());
    });
    expect(failing.at(-1)).toMatchObject(sourceStalled);
    const succeeded = await beatsOf(async (fails) => (await fails(stalled()))());
    expect(succeeded).toHaveLength(1);
    expect(succeeded[0]).not.toHaveProperty('trouble');
  });

  it('as long as another one is failing: the last one of those', async () => {
    const later = new LonghaulError('DestinationStalled', 'No answer');
    const beats = await beatsOf(async (fails) => {
      await fails(stalled());
      const succeed = await fails(later);
      await succeed();
    });
    expect(beats.at(-1)).toMatchObject(sourceStalled);
    const both = await beatsOf(async (fails) => {
      await fails(stalled());
      await fails(later);
    });
    expect(both.at(-1)).toMatchObject({ trouble: { code: 'DestinationStalled', message: 'No answer' } });
  });

  it('until bytes have moved', async () => {
    const moved = async (bytes: number): Promise<Record<string, unknown> | undefined> => {
      const beats = await beatsOf(async (fails, { onProgress }) => {
        await fails(stalled());
        onProgress({ v: 1, bytes, parts: 1, sentBytes: bytes });
      });
      return beats.at(-1);
    };
    expect(await moved(0)).toMatchObject(sourceStalled);
    const grown = await moved(5);
    expect(grown).toMatchObject({ checkpoint: { bytes: 5 } });
    expect(grown).not.toHaveProperty('trouble');
  });
});
