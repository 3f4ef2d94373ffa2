import {
  collectSetting,
  parseByteRate,
  parseDate,
  parseId,
  parseMaxWorkers,
  parseRecordNumber,
  parseSetting,
} from '../../../src/client/lib/command/arguments';

describe('a rate', () => {
  it.each([
    ['10MB/s', 10_000_000],
    ['512 KiB/s', 524_288],
    ['1.5gb', 1_500_000_000],
    ['1000', 1000],
    ['0.5KiB', 512],
    ['2b/s', 2],
    ['1000GB/s', 1_000_000_000_000],
    ['None', null],
  ])('%s', (text, bytesPerSec) => {
    expect(parseByteRate(text)).toBe(bytesPerSec);
  });

  it.each(['', '0', '-1', '10MB/h', '10TB/s', 'MB', '1001GB/s', '1e6', '10Mb/s/s', '0.1'])('refuses %p', (text) => {
    expect(() => parseByteRate(text)).toThrow(/expected bytes per second such as 10MB\/s/);
  });
});

describe('--set', () => {
  it.each([
    ['aws.max_workers=4', ['aws.max_workers', 4]],
    ['transfer.max_bytes_per_sec=1.5', ['transfer.max_bytes_per_sec', 1.5]],
    ['aws.force_path_style=true', ['aws.force_path_style', true]],
    ['aws.profile=null', ['aws.profile', null]],
    ['aws.target_prefix=a=b', ['aws.target_prefix', 'a=b']],
    ['aws.target_prefix="2024"', ['aws.target_prefix', '2024']],
    ['aws.target_prefix=007', ['aws.target_prefix', '007']],
    ['aws.target_prefix=', ['aws.target_prefix', '']],
    ['aws.target_prefix="a"b"', ['aws.target_prefix', '"a"b"']],
  ])('%s', (text, setting) => {
    expect(parseSetting(text)).toEqual(setting);
  });

  it.each(['aws.max_workers', '=4', 'max_workers=4', 'aws.=4', ''])('refuses %p', (text) => {
    expect(() => parseSetting(text)).toThrow(expect.objectContaining({ code: 'InvalidInput' }) as Error);
  });

  it.each(['api_.api_key', 'aws.secret_access_key', 'aws.session_token', 'aws.access_key_id', 'API_KEY'])(
    'refuses the secret %s without repeating it',
    (key) => {
      expect(() => parseSetting(`${key}=hunter2`)).toThrow(/history/);
      expect(() => parseSetting(`${key}=hunter2`)).not.toThrow(/hunter2/);
    },
  );

  it('collects repeated options; the last wins', () => {
    const collected = ['aws.a=1', 'aws.b=2', 'aws.a=3'].reduce((all, text) => collectSetting(text, all), {});
    expect(collected).toEqual({ 'aws.a': 3, 'aws.b': 2 });
  });
});

it('takes numbers within their limits only', () => {
  expect(parseMaxWorkers('256')).toBe(256);
  expect(parseRecordNumber('#7')).toBe(7);
  expect(parseRecordNumber('0')).toBe(0);
  for (const text of ['0', '257', '-1', '4.5', 'four', '', '1e2']) {
    expect(() => parseMaxWorkers(text)).toThrow(/from 1 to 256/);
  }
});

it('takes only dates that exist', () => {
  expect(parseDate('--start-date', '2024-02-29')).toBe('2024-02-29');
  for (const text of ['2023-02-29', '2024-13-01', '24-01-01', '2024-1-1', 'today', '2024-02-29T00:00:00Z']) {
    expect(() => parseDate('--start-date', text)).toThrow(/--start-date: expected a date/);
  }
});

it('refuses ids that would climb or need escaping', () => {
  expect(parseId('--run-id', 'nightly-2026.01_31')).toBe('nightly-2026.01_31');
  for (const text of ['', '../x', 'a/b', 'a b', '-a', 'ü', 'x'.repeat(129)]) {
    expect(() => parseId('--run-id', text)).toThrow(/--run-id/);
  }
});
