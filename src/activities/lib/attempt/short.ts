/** Temporal's side of a short call. */
import { ERRORS, LonghaulError } from '../../../model/errors';
import type { OnError } from '../../../model/run';
import { toFailure } from './failures';
import { resumable } from './resumable';

/**
 * As `resumable`, for calls that have nothing to resume. They beat all the same: without a heartbeat timeout a worker
 * that is killed in the middle of a poll would be missed only when the call's own time is up, minutes later.
 */
export const short = <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
  resumable({}, ({ signal }) => work(signal));

/**
 * The same for a run that waits for its operator (`onError` "wait"): credentials that have expired, or a right that is missing, are
 * tried again until they are mended. Else a batch that begins or ends just then would fail the run that is to wait.
 */
export const shortOrWaiting = <T>(onError: OnError, work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
  short(async (signal) => {
    try {
      return await work(signal);
    } catch (error) {
      const isMendable = error instanceof LonghaulError && ERRORS[error.code].kind === 'access';
      if (onError !== 'wait' || !isMendable || signal.aborted) throw error;
      throw toFailure(error, true);
    }
  });
