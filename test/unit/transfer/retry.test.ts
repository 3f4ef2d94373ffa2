/** Backoff, budgets and Retry-After. */
import { LonghaulError } from '../../../src/model/errors';
import { nextDelayMs, retry } from '../../../src/transfer/lib/retry';
import { parseRetryAfterMs } from '../../../src/transfer/lib/retry-after';

const now = Date.parse('2026-01-01T00:00:00Z');

test.each([
  ['0', 0],
  ['120', 120_000],
  [' 5 ', 5_000],
  ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
  ['Wed, 31 Dec 2025 23:00:00 GMT', 0],
  ['', undefined],
  ['soon', undefined],
  ['-3', undefined],
  ['1.5', undefined],
  ['99999999999999', undefined],
  ['Thu, nonsense', undefined],
  [undefined, undefined],
])('Retry-After %s is %s ms', (text, expected) => expect(parseRetryAfterMs(text, now)).toBe(expected));

const policy = { baseDelayMs: 100, maxDelayMs: 1_000, totalMs: 10_000 };

test('delays double up to the most, half of them random, and never less than asked for', () => {
  for (let failures = 0; failures < 40; failures += 1) {
    const fullMs = Math.min(1_000, 100 * 2 ** failures);
    const delayMs = nextDelayMs(policy, failures, undefined);
    expect(delayMs).toBeGreaterThanOrEqual(fullMs / 2);
    expect(delayMs).toBeLessThanOrEqual(fullMs);
  }
  expect(nextDelayMs(policy, 0, 4_000)).toBe(4_000);
  expect(nextDelayMs(policy, 0, 0)).toBeGreaterThanOrEqual(50);
});

const { signal } = new AbortController();
const quick = { baseDelayMs: 1, maxDelayMs: 2, totalMs: 60 };

test('what is not retryable, or not here, is thrown at once', async () => {
  for (const code of ['AccessDenied', 'SourceUrlExpired', 'UploadLost'] as const) {
    let calls = 0;
    const failing = retry({ signal, policy: quick }, () => {
      calls += 1;
      return Promise.reject(new LonghaulError(code, 'no'));
    });
    await expect(failing).rejects.toMatchObject({ code });
    expect(calls).toBe(1);
  }
});

test('the budget ends; progress starts it again', async () => {
  const fault = new LonghaulError('SourceTruncated', 'cut');
  await expect(retry({ signal, policy: quick }, () => Promise.reject(fault))).rejects.toBe(fault);
  let left = 200;
  const steady = retry({ signal, policy: quick }, ({ progressed, number }) => {
    expect(number).toBe(1 + (left === 200 ? 0 : 1) * (number - 1));
    progressed();
    left -= 1;
    return left === 0 ? Promise.resolve('done') : Promise.reject(fault);
  });
  await expect(steady).resolves.toBe('done');
});

test('an abort ends the waiting with its reason', async () => {
  const controller = new AbortController();
  const slow = { baseDelayMs: 60_000, maxDelayMs: 60_000, totalMs: 600_000 };
  const waiting = retry({ signal: controller.signal, policy: slow }, () =>
    Promise.reject(new LonghaulError('SourceTruncated', 'cut')),
  );
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});
