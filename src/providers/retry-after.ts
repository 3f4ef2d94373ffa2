/** How long an API asks us to wait, from the headers that are in use for it. */

/** Longer waits are a mistake or a ban: the retry policy decides then. */
const MAX_WAIT_MS = 60 * 60_000;
/** A reset value above this is a point in time (seconds since 1970), below it a number of seconds from now. */
const EPOCH_SEC = 1_000_000_000;

export type ResponseHeaders = Record<string, string | string[] | undefined>;

const headerOf = (headers: ResponseHeaders, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};

const fromNumber = (text: string, nowMs: number): number | undefined => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) return undefined;
  if (value < EPOCH_SEC) return value * 1000;
  // Some give the point in time in milliseconds.
  return (value > EPOCH_SEC * 1000 ? value : value * 1000) - nowMs;
};

/**
 * Milliseconds to wait, at most an hour; undefined where no header says it in a form that is understood.
 * Retry-After in seconds or as a date (RFC 9110 section 10.2.3), else RateLimit-Reset (seconds), else X-RateLimit-Reset
 * (seconds, or seconds since 1970: both are in use).
 */
export const retryAfterMs = (headers: ResponseHeaders, nowMs = Date.now()): number | undefined => {
  for (const name of ['retry-after', 'ratelimit-reset', 'x-ratelimit-reset']) {
    const text = headerOf(headers, name);
    if (text === undefined) continue;
    const waitMs = fromNumber(text, nowMs) ?? (name === 'retry-after' ? Date.parse(text) - nowMs : NaN);
    if (!Number.isNaN(waitMs)) return Math.min(Math.max(Math.ceil(waitMs), 0), MAX_WAIT_MS);
  }
  return undefined;
};
