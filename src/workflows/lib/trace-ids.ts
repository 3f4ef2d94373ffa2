/**
 * Ids of traces and spans in workflow code: the same at each replay, and not taken from the workflow's own random numbers, which
 * must not depend on whether traces are on. Header format: W3C Trace Context.
 */

/** The ids of a span, as they travel. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
  /** Of whoever began the trace; carried on as it is. */
  readonly state?: string;
}

const MULTIPLIERS = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f] as const;

/** One word of MurmurHash3's mixing, from another start for each. Not for secrets: it only has to spread. */
const word = (text: string, seed: number): string => {
  let hash = Math.imul(seed, 0x9e3779b1) ^ text.length;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), MULTIPLIERS[seed & 3] ?? 1);
    hash = (hash << 13) | (hash >>> 19);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0).toString(16).padStart(8, '0');
};

const hex = (text: string, words: number): string => {
  const id = Array.from({ length: words }, (_, seed) => word(text, seed + 1)).join('');
  // All zeros is no id (Trace Context, 3.2.2).
  return /^0+$/.test(id) ? id.replace(/0$/, '1') : id;
};

export const traceIdOf = (text: string): string => hex(text, 4);
export const spanIdOf = (text: string): string => hex(text, 2);

/** Whether a trace of this id is among those that are kept. */
export const isAmong = (traceId: string, ratio: number): boolean => parseInt(traceId.slice(-8), 16) < ratio * 2 ** 32;

/** Of `traceparent` and `tracestate`; undefined where that is none. */
export function readContext(carrier: unknown): TraceContext | undefined {
  if (typeof carrier !== 'object' || carrier === null) return undefined;
  const { traceparent, tracestate } = carrier as { traceparent?: unknown; tracestate?: unknown };
  if (typeof traceparent !== 'string') return undefined;
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  const state = typeof tracestate === 'string' && tracestate !== '' ? { state: tracestate } : {};
  return { traceId, spanId, isSampled: (parseInt(flags, 16) & 1) === 1, ...state };
}

export const writeContext = ({ traceId, spanId, isSampled, state }: TraceContext): Record<string, string> => ({
  traceparent: `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`,
  ...(state === undefined ? {} : { tracestate: state }),
});
