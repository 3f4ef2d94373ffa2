/** Rules for arguments and options that several commands share. Each throws InvalidInput, exit code 2. */
import { LonghaulError } from '../../../model/errors';
import { MAX_WORKERS_LIMIT } from '../../../model/run';
import { MAX_BYTES_PER_SEC } from '../../../model/run-rate';

export type SettingValue = string | number | boolean | null;

/** Overrides end up in workflow history, which many can read and which is kept. */
const SECRET_SETTINGS = /(^|[._])(api_key|access_key_id|secret_access_key|session_token|password|secret|token)$/i;

/**
 * One `key=value` of --set. Values that read as JSON numbers, booleans or null are those; quote them as JSON to pass text:
 * `--set 'aws.target_prefix="2024"'`. Throws InvalidInput; the message never repeats the value of a secret key.
 */
export const parseSetting = (text: string): [string, SettingValue] => {
  const at = text.indexOf('=');
  const key = at < 0 ? text : text.slice(0, at).trim();
  if (SECRET_SETTINGS.test(key)) {
    throw new LonghaulError(
      'InvalidInput',
      `--set ${key}: secrets cannot be set here, because inputs of runs are kept in history.`,
    );
  }
  if (at < 1 || key === '') {
    throw new LonghaulError('InvalidInput', `--set ${key}: expected key=value, such as aws.max_workers=4.`);
  }
  if (!/^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)+$/.test(key)) {
    throw new LonghaulError(
      'InvalidInput',
      `--set ${key}: expected a dotted name of config.json, such as aws.max_workers.`,
    );
  }
  const value = text.slice(at + 1);
  if (/^(true|false|null|-?(0|[1-9]\d*)(\.\d+)?|".*")$/.test(value)) {
    try {
      return [key, JSON.parse(value) as SettingValue];
    } catch {
      return [key, value];
    }
  }
  return [key, value];
};

/** For commander: collects repeated `--set` into one object. */
export const collectSetting = (
  text: string,
  previous: Record<string, SettingValue> = {},
): Record<string, SettingValue> => {
  const [key, value] = parseSetting(text);
  return { ...previous, [key]: value };
};

export const parseWholeNumber = (name: string, text: string, min: number, max: number): number => {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= max)) {
    throw new LonghaulError('InvalidInput', `${name}: expected a whole number from ${min} to ${max}, got "${text}".`);
  }
  return value;
};

export const parseMaxWorkers = (text: string): number => parseWholeNumber('workers', text, 1, MAX_WORKERS_LIMIT);

const BYTES_OF_UNIT: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** `10MB/s`, `512KiB`, `1.5 GB/s` or bytes as a number → whole bytes per second; `none` → null. Throws InvalidInput. */
export const parseByteRate = (text: string): number | null => {
  if (text.toLowerCase() === 'none') return null;
  const [, number = '', unit = ''] = /^(\d{1,13}(?:\.\d{1,6})?)\s*([a-z]*?)(?:\/s)?$/i.exec(text.trim()) ?? [];
  const bytesPerSec = number === '' ? NaN : Math.round(Number(number) * (BYTES_OF_UNIT[unit.toLowerCase()] ?? NaN));
  if (bytesPerSec >= 1 && bytesPerSec <= MAX_BYTES_PER_SEC) return bytesPerSec;
  throw new LonghaulError(
    'InvalidInput',
    `rate: expected bytes per second such as 10MB/s, 512KiB/s or 1000000, at most 1000GB/s, or none; got "${text.slice(0, 40)}".`,
  );
};

/** Records are numbered from 0 over the whole run. */
export const parseRecordNumber = (text: string): number =>
  parseWholeNumber('record', text.replace(/^#/, ''), 0, Number.MAX_SAFE_INTEGER);

/** A calendar date that exists: 2024-02-30 is refused. */
export const parseDate = (name: string, text: string): string => {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined;
  if (date === undefined || Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== text) {
    throw new LonghaulError('InvalidInput', `${name}: expected a date as YYYY-MM-DD, got "${text}".`);
  }
  return text;
};

/** Ids become parts of object keys and of child workflow ids: what would need escaping in either is refused. */
export const parseId = (name: string, text: string): string => {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(text)) {
    throw new LonghaulError(
      'InvalidInput',
      `${name}: expected letters, digits, ".", "_" and "-" (at most 128, beginning with a letter or digit), got "${text.slice(0, 80)}".`,
    );
  }
  return text;
};
