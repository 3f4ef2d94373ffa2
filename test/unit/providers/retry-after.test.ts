import { retryAfterMs } from '../../../src/providers/retry-after';

const NOW = Date.parse('2026-05-07T13:50:00Z');

describe('retryAfterMs', () => {
  test.each([
    ['Retry-After in seconds', { 'retry-after': '7' }, 7_000],
    ['Retry-After 0', { 'retry-after': '0' }, 0],
    ['Retry-After as a date', { 'retry-after': 'Thu, 07 May 2026 13:50:30 GMT' }, 30_000],
    ['a date in the past', { 'retry-after': 'Thu, 07 May 2026 13:49:00 GMT' }, 0],
    ['RateLimit-Reset', { 'ratelimit-reset': '12' }, 12_000],
    ['X-RateLimit-Reset from now', { 'x-ratelimit-reset': '3' }, 3_000],
    ['X-RateLimit-Reset since 1970', { 'x-ratelimit-reset': String(NOW / 1000 + 45) }, 45_000],
    ['X-RateLimit-Reset in milliseconds since 1970', { 'x-ratelimit-reset': String(NOW + 5_000) }, 5_000],
    ['Retry-After before the others', { 'retry-after': '2', 'x-ratelimit-reset': '90' }, 2_000],
    ['garbage, then one that is understood', { 'retry-after': 'soon', 'ratelimit-reset': '4' }, 4_000],
    ['a repeated header', { 'retry-after': ['5', '9'] }, 5_000],
    ['more than an hour', { 'retry-after': '999999' }, 3_600_000],
    ['garbage alone', { 'retry-after': 'soon' }, undefined],
    ['a negative number', { 'ratelimit-reset': '-1' }, undefined],
    ['nothing', {}, undefined],
  ])('%s', (_name, headers, expected) => {
    expect(retryAfterMs(headers, NOW)).toBe(expected);
  });
});
