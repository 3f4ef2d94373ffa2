/** Turns any value into plain, redacted JSON for a log line. Never throws: a log call must not fail what it reports. */
import { LonghaulError } from '../model/errors';
import { isSecretField, redact } from './redaction';

/** Deeper than any of our own values; it bounds what a foreign object can do to a log line. */
const MAX_DEPTH = 6;
const MAX_ITEMS = 100;
const MAX_CAUSES = 5;

const errorValue = (error: Error, seen: ReadonlySet<object>, causes: number): Record<string, unknown> => {
  // SDK errors carry requests and responses with headers; only what is known to be useful is taken.
  const { code, type, statusCode } = error as { code?: unknown; type?: unknown; statusCode?: unknown };
  const cause = causes < MAX_CAUSES ? error.cause : undefined;
  return {
    name: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof type === 'string' ? { type } : {}),
    ...(typeof statusCode === 'number' ? { statusCode } : {}),
    message: redact(error.message),
    ...(error instanceof LonghaulError ? { context: plain(error.context, seen, 1, 0), hint: error.hint } : {}),
    ...(error.stack === undefined ? {} : { stack: redact(error.stack) }),
    ...(cause === undefined ? {} : { cause: plain(cause, seen, 0, causes + 1) }),
  };
};

const objectValue = (value: object, seen: ReadonlySet<object>, depth: number, causes: number): unknown => {
  if (seen.has(value)) return '[circular]';
  if (depth > MAX_DEPTH) return '[deeper]';
  const inner = new Set([...seen, value]);
  if (value instanceof Error) return errorValue(value, inner, causes);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Map || value instanceof Set) return plain([...value], inner, depth, causes);
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ITEMS).map((item: unknown) => plain(item, inner, depth + 1, causes));
    return value.length > MAX_ITEMS ? [...items, `[${value.length - MAX_ITEMS} more]`] : items;
  }
  // Secret, SourceUrl, URL and Date say themselves how they want to be shown.
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return plain(toJSON.call(value) as unknown, inner, depth + 1, causes);
  const entries = Object.entries(value).map(([name, item]): [string, unknown] => [
    redact(name),
    isSecretField(name) && item !== null && item !== undefined ? '[redacted]' : plain(item, inner, depth + 1, causes),
  ]);
  return Object.fromEntries(entries);
};

const plain = (value: unknown, seen: ReadonlySet<object>, depth: number, causes: number): unknown => {
  if (typeof value === 'string') return redact(value);
  if (typeof value === 'bigint' || typeof value === 'symbol') return redact(value.toString());
  if (typeof value === 'function') return '[function]';
  return typeof value === 'object' && value !== null ? objectValue(value, seen, depth, causes) : value;
};

/** The value as plain JSON, with errors spelt out (stack and causes) and everything redacted. */
export const logValue = (value: unknown): unknown => {
  try {
    return plain(value, new Set(), 0, 0);
  } catch {
    // A getter or toJSON of a foreign object threw.
    return '[unprintable]';
  }
};
