/** True request counts: every activity runs here, so that none of its S3 requests is missed, whichever code makes it. */
import { Context } from '@temporalio/activity';
import { readCounts, type CountedResult } from '../../../model/counted';
import { addRequests, type RequestCounts } from '../../../model/records';
import { countRequests } from '../../../transfer';

type Activity = (...args: never[]) => Promise<unknown>;

/** What earlier attempts have counted: the last of their heartbeats that reached the server. */
export function earlierRequests(): RequestCounts | undefined {
  const details: unknown = Context.current().info.heartbeatDetails;
  if (typeof details !== 'object' || details === null) return undefined;
  return readCounts((details as { requests?: unknown }).requests);
}

/**
 * The same activities with the form of their answer changed: to CountedResult, where requests were made. Workflows take it
 * apart (src/workflows/lib/requests.ts), so neither side's code sees it. Failed attempts hand their counts on by `resumable`.
 */
export function counted<A extends { readonly [K in keyof A]: Activity }>(activities: A): A {
  const wrapped = Object.entries<Activity>(activities).map(([name, activity]) => [name, wrap(activity)]);
  return Object.fromEntries(wrapped) as A;
}

const wrap =
  (activity: Activity): Activity =>
  async (...args) => {
    const earlier = earlierRequests();
    const { result, requests } = await countRequests(() => activity(...args));
    const s3Requests = addRequests(earlier, requests) ?? {};
    return Object.keys(s3Requests).length === 0 ? result : ({ result, s3Requests } satisfies CountedResult);
  };
