import {
  compactTime,
  formatBar,
  formatBytes,
  formatCount,
  formatDuration,
  formatRate,
  plural,
  shorten,
} from '../../../src/client/lib/print/format';

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [1024 ** 2 - 1, '1.0 MiB'],
    [268_435_456, '256 MiB'],
    [5 * 1024 ** 4, '5.0 TiB'],
    [-5, '0 B'],
  ])('%d is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('has a rate form', () => {
    expect(formatRate(2_097_152)).toBe('2.0 MiB/s');
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0.0 s'],
    [4_200, '4.2 s'],
    [9_960, '10 s'],
    [59_400, '59 s'],
    [59_600, '1 min 00 s'],
    [65_000, '1 min 05 s'],
    [3_725_000, '1 h 02 min'],
    [50 * 3_600_000, '2 d 02 h'],
  ])('%d ms is %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });
});

it('groups thousands whatever the locale', () => {
  expect([0, 999, 1000, 1_234_567].map(formatCount)).toEqual(['0', '999', '1,000', '1,234,567']);
  expect([plural(1, 'record'), plural(1500, 'record')]).toEqual(['1 record', '1,500 records']);
});

it('clamps bars', () => {
  expect(formatBar(0.5, 4)).toBe('[██░░]');
  expect(formatBar(7, 4)).toBe('[████]');
  expect(formatBar(-1, 4)).toBe('[░░░░]');
});

it('shortens in the middle, to exactly the width', () => {
  expect(shorten('abcdefghij', 10)).toBe('abcdefghij');
  expect(shorten('abcdefghijk', 10)).toBe('abcd…ghijk');
  expect(shorten('x'.repeat(500), 60)).toHaveLength(60);
});

it('writes times for ids in UTC', () => {
  expect(compactTime(new Date('2026-01-31T09:30:00.123Z'))).toBe('20260131T093000Z');
});
