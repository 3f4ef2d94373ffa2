/** How long a store may take to answer. */

/** A store that answers nothing for this long is asked again. */
export const ANSWER_TIMEOUT_MS = 60_000;
/** Complete and server-side copies may take minutes; the store keeps the connection open meanwhile. */
export const SLOW_ANSWER_TIMEOUT_MS = 15 * 60_000;
/** The slowest line that is still worth waiting for: added per byte of the request's body. */
const SLOWEST_BYTES_PER_MS = 100;

export const sendTimeoutMs = (bodyBytes: number): number =>
  ANSWER_TIMEOUT_MS + Math.ceil(bodyBytes / SLOWEST_BYTES_PER_MS);
