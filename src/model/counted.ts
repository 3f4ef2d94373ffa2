/** How an activity's S3 requests travel to its workflow: beside its result, or in the details of its failure. Pure. */
import type { RequestCounts } from './records';

/** What an activity answers that has made requests; one that made none answers its bare result. */
export interface CountedResult {
  readonly result?: unknown;
  /** Of all its attempts, as far as their heartbeats have come through. */
  readonly s3Requests: RequestCounts;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Undefined where the value is none: what comes from heartbeats and failures of another version must not break a run. */
export const readCounts = (value: unknown): RequestCounts | undefined => {
  if (!isObject(value)) return undefined;
  return Object.values(value).every((count) => typeof count === 'number') ? (value as RequestCounts) : undefined;
};

export const isCounted = (value: unknown): value is CountedResult =>
  isObject(value) &&
  readCounts(value['s3Requests']) !== undefined &&
  Object.keys(value).every((name) => name === 'result' || name === 's3Requests');
