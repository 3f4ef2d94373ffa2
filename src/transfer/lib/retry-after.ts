/**
 * Retry-After (RFC 9110 section 10.2.3): whole seconds or an HTTP-date. Anything else counts as absent: a server that
 * sends garbage must not make us wait for NaN milliseconds, or not at all.
 */
export function parseRetryAfterMs(value: string | undefined, nowMs = Date.now()): number | undefined {
  const text = value?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // Only the shapes of HTTP-date: Date.parse alone would take "5.5" and "-3" for dates.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
