import { bothLimits, RateLimiter } from '../../../src/transfer';

const leftAt = (limiter: { book: RateLimiter['book'] }, bytes: number, nowMs: number): number =>
  limiter.book(bytes, nowMs)?.leftMs(nowMs) ?? 0;

it('has all readers together stay at the limit, in the order in which they came', () => {
  const limiter = new RateLimiter(1000);
  const waits = [0, 1, 2].map(() => limiter.book(500, 0));
  // 100 ms of unused time are credited.
  expect(waits.map((wait) => wait?.leftMs(0))).toEqual([400, 900, 1400]);
  expect(leftAt(limiter, 500, 1000)).toBe(900);
  // Who has come later does not make the others wait longer.
  expect(waits.map((wait) => wait?.leftMs(1000))).toEqual([0, 0, 400]);
});

it('credits no more than a moment of unused time', () => {
  const limiter = new RateLimiter(1000);
  leftAt(limiter, 100, 0);
  expect(leftAt(limiter, 1000, 60_000)).toBe(900);
});

it('tells those who wait of a change, and lets them go where the limit is lifted', () => {
  const limiter = new RateLimiter(1000);
  const waiting = limiter.book(10_100, 0);
  expect(waiting?.leftMs(0)).toBe(10_000);
  limiter.setBytesPerSec(500, 5000);
  expect(waiting?.leftMs(5000)).toBe(10_000);
  limiter.setBytesPerSec(5000, 6000);
  expect(waiting?.leftMs(6000)).toBe(900);
  limiter.setBytesPerSec(null, 6100);
  expect(waiting?.leftMs(6100)).toBe(0);
  expect(limiter.book(1e9, 6100)).toBeUndefined();
  // What was read without a limit is not held against anybody.
  limiter.setBytesPerSec(1000, 7000);
  expect(leftAt(limiter, 1000, 7000)).toBeCloseTo(1000, 6);
});

it('counts with each of two limits', () => {
  const [run, worker] = [new RateLimiter(1000), new RateLimiter(null)];
  const both = bothLimits(run, worker);
  expect(both.book(600, 0)?.leftMs(0)).toBe(500);
  worker.setBytesPerSec(100, 0);
  const wait = both.book(100, 0);
  expect(wait?.leftMs(0)).toBe(1000);
  run.setBytesPerSec(null, 0);
  worker.setBytesPerSec(null, 0);
  expect(both.book(100, 0)).toBeUndefined();
});
