/** Sums the S3 requests of every activity that this workflow execution has run, those that failed included. */
import { ActivityFailure, ApplicationFailure, CancelledFailure, TimeoutFailure } from '@temporalio/common';
import { isCounted, readCounts } from '../../model/counted';
import { addRequests, addTotals, emptyTotals, type RequestCounts, type Totals } from '../../model/records';

/** Module state belongs to one workflow execution: the SDK gives each of them modules of its own. */
let total: RequestCounts | undefined;

/** The totals with the requests of this execution's own activities so far. */
export const withOwnRequests = (totals: Totals): Totals => addTotals(totals, requestTotals(total));

/** As totals, which is how requests travel between workflows; of no records. */
export const requestTotals = (requests: RequestCounts | undefined): Totals =>
  requests === undefined ? emptyTotals() : { ...emptyTotals(), requests };

/** Undefined where none was made. */
export const ownRequests = (): RequestCounts | undefined => total;

type Call = (...args: unknown[]) => Promise<unknown>;

/** The same activities; their counts are taken off their answers and failures. */
export const counting = <A extends object>(activities: A): A =>
  new Proxy(activities, {
    get(target, name) {
      const call = Reflect.get(target, name) as Call;
      return async (...args: unknown[]): Promise<unknown> => {
        try {
          const answer = await call(...args);
          if (!isCounted(answer)) return answer;
          total = addRequests(total, answer.s3Requests);
          return answer.result;
        } catch (error) {
          total = addRequests(total, countsOf(error));
          throw error;
        }
      };
    },
  });

/** From the failure's details; a worker that has died tells what its last heartbeat held. */
function countsOf(error: unknown): RequestCounts | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof TimeoutFailure) return requestsIn(cause.lastHeartbeatDetails) ?? countsOf(cause.cause);
  if (cause instanceof ApplicationFailure || cause instanceof CancelledFailure) return requestsIn(cause.details?.[0]);
  return undefined;
}

const requestsIn = (details: unknown): RequestCounts | undefined =>
  typeof details === 'object' && details !== null && 'requests' in details ? readCounts(details.requests) : undefined;
