import { LonghaulError } from '../../../src/model/errors';
import { retry } from '../../../src/transfer/lib/retry';
import { RetryBudget } from '../../../src/transfer/lib/retry-budget';

const fault = (retryAfterMs?: number): LonghaulError =>
  new LonghaulError('SourceUnavailable', 'later', retryAfterMs === undefined ? {} : { retryAfterMs });

/** A budget with a clock that the test moves. */
const scripted = (maxRetries: number) => {
  const clock = { ms: 0 };
  const budget = new RetryBudget({ maxRetries, baseDelayMs: 1_000, maxDelayMs: 30_000, nowMs: () => clock.ms });
  return { clock, budget };
};

test('waits 1, 2, 4 … seconds exactly, at most 30, and then no more', () => {
  const { clock, budget } = scripted(7);
  const delays = Array.from({ length: 8 }, () => {
    const delay = budget.next(fault(), (clock.ms += 100));
    clock.ms += delay ?? 0;
    return delay;
  });
  expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, undefined]);
  expect(budget.retries).toBe(7);
});

test('none at all where none are allowed', () => {
  expect(scripted(0).budget.next(fault(), 1)).toBeUndefined();
});

test('what the other side asks for wins over the backoff, longer or shorter', () => {
  const { clock, budget } = scripted(3);
  expect(budget.next(fault(45_000), (clock.ms = 10))).toBe(45_000);
  clock.ms += 45_001;
  expect(budget.next(fault(500), clock.ms)).toBe(500);
  clock.ms += 501;
  expect(budget.next(fault(), clock.ms)).toBe(4_000);
});

test('lanes that fail together use one try, and go on together', () => {
  const { clock, budget } = scripted(1);
  clock.ms = 100;
  expect(budget.next(fault(), 50)).toBe(1_000);
  clock.ms = 400;
  expect(budget.next(fault(), 60)).toBe(700);
  expect(budget.next(fault(3_000), 70)).toBe(3_000);
  expect(budget.retries).toBe(1);
  // Begun after the fault was counted: another one.
  clock.ms = 3_500;
  expect(budget.next(fault(), 3_450)).toBeUndefined();
});

test('a lane that fails late with a try of before waits as long as the fault it shares', () => {
  const { clock, budget } = scripted(1);
  clock.ms = 100;
  expect(budget.next(fault(), 50)).toBe(1_000);
  clock.ms = 30_000;
  expect(budget.next(fault(), 90)).toBe(1_000);
  expect(budget.retries).toBe(1);
});

test('progress gives all tries back, and the count of those made stays true', () => {
  const { clock, budget } = scripted(2);
  for (let round = 0; round < 3; round += 1) {
    expect(budget.next(fault(), (clock.ms += 10_000))).toBe(1_000);
    expect(budget.next(fault(), (clock.ms += 10_000))).toBe(2_000);
    budget.replenish();
  }
  expect(budget.retries).toBe(6);
});

test('the engine asks the budget alone, across all of its requests', async () => {
  const budget = new RetryBudget({ maxRetries: 3, baseDelayMs: 1, maxDelayMs: 4 });
  const policy = { baseDelayMs: 1, maxDelayMs: 1, totalMs: 1_000, budget };
  const { signal } = new AbortController();
  let calls = 0;
  const failTwice = (): Promise<string> => {
    calls += 1;
    return calls % 3 === 0 ? Promise.resolve('done') : Promise.reject(fault());
  };
  await expect(retry({ signal, policy }, failTwice)).resolves.toBe('done');
  await expect(retry({ signal, policy }, failTwice)).rejects.toMatchObject({ code: 'SourceUnavailable' });
  expect(calls).toBe(5);
  expect(budget.retries).toBe(3);
});

test('a wait that is longer than the limit is not begun', async () => {
  const budget = new RetryBudget({ maxRetries: 3, baseDelayMs: 1, maxDelayMs: 4 });
  const policy = { baseDelayMs: 1, maxDelayMs: 1, totalMs: 1_000, budget };
  const { signal } = new AbortController();
  await expect(retry({ signal, policy }, () => Promise.reject(fault(3_600_000)))).rejects.toThrow('later');
});

test('a try that begins while the others wait for a fault to pass meets the same one', () => {
  const { clock, budget } = scripted(1);
  expect(budget.next(fault(), clock.ms)).toBe(1_000);
  clock.ms = 400;
  expect(budget.next(fault(), 300)).toBe(600);
  expect(budget.retries).toBe(1);
  // The one that was waited for: a fault of its own.
  clock.ms = 1_050;
  expect(budget.next(fault(), 1_000)).toBeUndefined();
});

test('tries that are spent already count, and the delay goes on from them', () => {
  const budget = new RetryBudget({ maxRetries: 3, baseDelayMs: 1_000, maxDelayMs: 30_000, spent: 1, nowMs: () => 0 });
  expect(budget.next(fault(), 0)).toBe(2_000);
  expect(budget.retries).toBe(1);
  expect(new RetryBudget({ maxRetries: 1, baseDelayMs: 1, maxDelayMs: 1, spent: 1 }).next(fault(), 0)).toBeUndefined();
});
