/** Temporal's side of a short call. */
import { resumable } from './resumable';

/**
 * As `resumable`, for calls that have nothing to resume. They beat all the same: without a heartbeat timeout a worker
 * that is killed in the middle of a poll would be missed only when the call's own time is up, minutes later.
 */
export const short = <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
  resumable({}, ({ signal }) => work(signal));
