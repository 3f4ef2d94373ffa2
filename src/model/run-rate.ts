/** How a run tells its limit of bytes per second to the workers that move its records: in its memo. Pure. */

/** A terabyte per second; what is larger is a typing error. */
export const MAX_BYTES_PER_SEC = 1_000_000_000_000;

/** The key of the memo. */
export const RATE_MEMO = 'longhaulRate';

export interface RateMemo {
  /** Of the run as a whole; null: none. */
  readonly bytesPerSec: number | null;
  /** Records that may be in flight at once: each stands for an equal share. */
  readonly among: number;
}

/** What a record needs to know of its run's limit. */
export interface RunRate {
  /** Of the run: whose memo it is. */
  readonly workflowId: string;
  /** Where the run was started with one: counts until the memo was read. */
  readonly limit?: RateMemo;
}

/** Undefined where the memo says nothing that is understood. */
export function readRateMemo(memo: Readonly<Record<string, unknown>> | undefined): RateMemo | undefined {
  const value = memo?.[RATE_MEMO];
  if (typeof value !== 'object' || value === null) return undefined;
  const { bytesPerSec, among } = value as Partial<Record<keyof RateMemo, unknown>>;
  if (typeof among !== 'number' || !(among >= 1)) return undefined;
  return bytesPerSec === null || isBytesPerSec(bytesPerSec) ? { bytesPerSec, among } : undefined;
}

export const isBytesPerSec = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_BYTES_PER_SEC;
