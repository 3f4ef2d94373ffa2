/**
 * Reads what `temporal workflow show --output json` writes. The SDK's own reader (historyFromJSON) only works where npm
 * has installed a single copy of protobufjs, which it does not do for us: the tree holds two major versions of it.
 */
import { readFileSync } from 'node:fs';
import { temporal } from '@temporalio/proto';

export type History = temporal.api.history.v1.IHistory;

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const DURATION = /^(\d+)(?:\.(\d+))?s$/;

/** Of a decimal fraction of a second. */
const nanos = (fraction = ''): number => Number(fraction.slice(0, 9).padEnd(9, '0'));

/** The two types that JSON writes as text and protobufjs wants as messages; enums, bytes and longs it reads as they are. */
const revive = (_key: string, value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  const time = TIMESTAMP.exec(value);
  if (time !== null) return { seconds: Math.floor(Date.parse(value) / 1000), nanos: nanos(time[1]?.slice(1)) };
  const duration = DURATION.exec(value);
  return duration === null ? value : { seconds: Number(duration[1]), nanos: nanos(duration[2]) };
};

/** @throws Error where the file is no history. */
export const readHistory = (file: string): History =>
  temporal.api.history.v1.History.fromObject(
    JSON.parse(readFileSync(file, 'utf8'), revive) as Readonly<Record<string, unknown>>,
  );
