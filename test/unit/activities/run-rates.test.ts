import { LOOK_MS, RunRates } from '../../../src/activities/lib/kept/run-rates';
import { RATE_MEMO, readRateMemo, type RateMemo } from '../../../src/model/run-rate';
import type { ByteLimit } from '../../../src/transfer';

const MIB = 2 ** 20;
beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A process whose runs have these memos. */
const world = (bytesPerSec: number | null = null) => {
  const memos = new Map<string, RateMemo | undefined>();
  const looks: string[] = [];
  const errors: unknown[] = [];
  const rates = new RunRates({
    bytesPerSec,
    nowMs: () => Date.now(),
    memoOf: (workflowId) => {
      looks.push(workflowId);
      if (!memos.has(workflowId)) return Promise.reject(new Error('no answer'));
      return Promise.resolve({ other: 1, [RATE_MEMO]: memos.get(workflowId) });
    },
    onError: (_, error) => errors.push(error),
  });
  return { memos, looks, errors, rates };
};

/** A record that moves until it is told to end. */
const begin = async (rates: RunRates, workflowId: string, limit?: RateMemo) => {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  let given: ByteLimit | undefined;
  const done = rates.moving({ workflowId, ...(limit === undefined ? {} : { limit }) }, async (limiter) => {
    given = limiter;
    await ended;
  });
  await jest.advanceTimersByTimeAsync(0);
  return {
    limiter: given as unknown as ByteLimit,
    end: async () => {
      end();
      await done;
    },
  };
};

/** Bytes per second that a limit allows, from what it makes one wait for. */
const rateOf = (limiter: ByteLimit): number => {
  const nowMs = performance.now();
  // More than the credit of unused time.
  limiter.book(MIB, nowMs);
  const before = limiter.book(1, nowMs)?.leftMs(nowMs);
  if (before === undefined) return Infinity;
  const after = limiter.book(MIB, nowMs)?.leftMs(nowMs) ?? 0;
  return Math.round((MIB * 1000) / (after - before));
};

it('gives a process the shares of the records that move in it', async () => {
  const { memos, rates } = world();
  memos.set('run', { bytesPerSec: 8 * MIB, among: 4 });
  const first = await begin(rates, 'run');
  expect(rateOf(first.limiter)).toBe(2 * MIB);
  const second = await begin(rates, 'run');
  expect(rateOf(second.limiter)).toBe(4 * MIB);
  await second.end();
  expect(rateOf(first.limiter)).toBe(2 * MIB);
  await first.end();
});

it('keeps to what the run was started with until its memo is known, and to the last one known while nobody answers', async () => {
  const { memos, errors, rates } = world();
  const record = await begin(rates, 'run', { bytesPerSec: MIB, among: 2 });
  expect(errors).toHaveLength(1);
  expect(rateOf(record.limiter)).toBe(MIB / 2);
  memos.set('run', { bytesPerSec: 3 * MIB, among: 1 });
  await jest.advanceTimersByTimeAsync(LOOK_MS);
  expect(rateOf(record.limiter)).toBe(3 * MIB);
  memos.delete('run');
  await jest.advanceTimersByTimeAsync(LOOK_MS);
  expect(rateOf(record.limiter)).toBe(3 * MIB);
  await record.end();
});

it('tells a transfer that goes on of each change, and asks no more often than it must', async () => {
  const { memos, looks, rates } = world();
  memos.set('run', undefined);
  const record = await begin(rates, 'run');
  expect(rateOf(record.limiter)).toBe(Infinity);
  for (let n = 0; n < 20; n += 1) await (await begin(rates, 'run')).end();
  expect(looks).toHaveLength(1);
  memos.set('run', { bytesPerSec: 5 * MIB, among: 1 });
  await jest.advanceTimersByTimeAsync(LOOK_MS);
  expect(rateOf(record.limiter)).toBe(5 * MIB);
  memos.set('run', { bytesPerSec: null, among: 1 });
  await jest.advanceTimersByTimeAsync(LOOK_MS);
  expect(rateOf(record.limiter)).toBe(Infinity);
  expect(looks).toHaveLength(3);
  await record.end();
  await jest.advanceTimersByTimeAsync(10 * LOOK_MS);
  expect(looks).toHaveLength(3);
  expect(jest.getTimerCount()).toBe(0);
});

it('keeps the limits of runs apart, and that of the process over all of them', async () => {
  const { memos, rates } = world(4 * MIB);
  memos.set('slow', { bytesPerSec: MIB, among: 1 });
  memos.set('free', undefined);
  const [slow, free] = [await begin(rates, 'slow'), await begin(rates, 'free')];
  expect(rateOf(slow.limiter)).toBe(MIB);
  expect(rateOf(free.limiter)).toBe(4 * MIB);
  await Promise.all([slow.end(), free.end()]);
  // A run that was begun before there was this has the process's limit alone.
  await expect(rates.moving(undefined, (limiter) => Promise.resolve(rateOf(limiter)))).resolves.toBe(4 * MIB);
});

it.each([
  undefined,
  {},
  { [RATE_MEMO]: 5 },
  { [RATE_MEMO]: { bytesPerSec: -1, among: 1 } },
  { [RATE_MEMO]: { among: 1 } },
])('takes nothing from the memo %j', (memo) => {
  expect(readRateMemo(memo)).toBeUndefined();
});
