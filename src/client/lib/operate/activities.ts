/** The bodies of `longhaul activity list`, `pause`, `unpause` and `reset`. */
import { randomUUID } from 'node:crypto';
import { type Client, isGrpcServiceError } from '@temporalio/client';
import { LonghaulError } from '../../../model/errors';
import { activitiesText, doesText } from './activity-text';
import { CALL_TIMEOUT_MS, withinMs, withTemporal } from '../connection';
import { findJanitor } from '../janitor/follow';
import type { Output } from '../print/output';
import { type PendingActivity, pendingActivities } from './pending-activities';
import { findOpenRun, isOpen } from '../run/find';
import { styleFor } from '../print/terminal';

const GRPC_NOT_FOUND = 5;

/** Of a job, or of the janitor. Throws RunNotFound, RunNotRunning. */
const assertOpen = async (client: Client, workflowId: string): Promise<void> => {
  const janitor = await findJanitor(client, workflowId);
  if (janitor === undefined || !isOpen(janitor.description)) await findOpenRun(client, workflowId);
};

/** Throws RunNotFound, RunNotRunning. */
export const listActivities = async (output: Output, workflowId: string): Promise<void> => {
  const pending = await withTemporal(async ({ client }) => {
    await assertOpen(client, workflowId);
    return pendingActivities(client, workflowId);
  });
  output.data({ workflowId, ...pending }, (shown) => activitiesText(shown, styleFor(output.io.stdout)));
};

export type ActivityOrder =
  | { readonly verb: 'pause'; readonly reason?: string }
  | { readonly verb: 'unpause' }
  | { readonly verb: 'reset'; readonly forgetProgress?: boolean; readonly keepPaused?: boolean };

/** An activity by its id in the list, or all of a record by its number, with or without `record/` or `#`. */
export const isMeant = (target: string, { id, record }: Pick<PendingActivity, 'id' | 'record'>): boolean => {
  const number = /^(?:#|record\/)?(\d+)$/.exec(target)?.[1];
  return id === target || (number !== undefined && record === Number(number));
};

const notPending = (workflowId: string, target: string): LonghaulError =>
  new LonghaulError(
    'ActivityNotFound',
    `The run "${workflowId}" has no activity "${target.slice(0, 80)}" pending: it has ended, has not begun, or never was.`,
  );

/**
 * By the calls that servers have had longest: those that take their place (…ActivityExecution) do the same, and need a server
 * of 2026. Throws ActivityNotFound where it has ended meanwhile.
 */
const send = async (client: Client, runId: string, activity: PendingActivity, order: ActivityOrder): Promise<void> => {
  const { namespace, identity } = client.options;
  const { workflowId, activityId: id } = activity;
  const request = { namespace, identity, execution: { workflowId }, activity: 'id' as const, id };
  const { workflowService } = client;
  try {
    await withinMs<object>(client, CALL_TIMEOUT_MS, () => {
      switch (order.verb) {
        case 'pause':
          return workflowService.pauseActivity({ ...request, reason: order.reason ?? '', requestId: randomUUID() });
        case 'unpause':
          return workflowService.unpauseActivity(request);
        case 'reset':
          return workflowService.resetActivity({
            ...request,
            resetHeartbeat: order.forgetProgress === true,
            keepPaused: order.keepPaused === true,
          });
      }
    });
  } catch (error) {
    const code: number | undefined = isGrpcServiceError(error) ? error.code : undefined;
    throw code === GRPC_NOT_FOUND ? notPending(runId, activity.id) : error;
  }
};

const SAYS: Readonly<Record<ActivityOrder['verb'], (run: string, activity: PendingActivity) => string>> = {
  pause: (run, { id, state }) =>
    `${id} ${state === 'running' ? 'stops with its next heartbeat, about a second from now' : 'is not tried again'}; what it has sent stays. Go on with: longhaul activity unpause ${run} ${id}`,
  unpause: (_run, { id }) => `${id} goes on from where it was.`,
  reset: (_run, { id, state }) =>
    `${id} starts anew as attempt 1${state === 'running' ? ', about ten seconds from now' : ''}; what it has sent stays.`,
};

/** An order to one activity, or to all of one record. Throws RunNotFound, RunNotRunning, ActivityNotFound. */
export const orderActivity = async (
  output: Output,
  workflowId: string,
  target: string,
  order: ActivityOrder,
): Promise<void> => {
  const meant = await withTemporal(async ({ client }) => {
    await assertOpen(client, workflowId);
    const { activities } = await pendingActivities(client, workflowId);
    const found = activities.filter((activity) => isMeant(target, activity));
    if (found.length === 0) throw notPending(workflowId, target);
    for (const activity of found) await send(client, workflowId, activity, order);
    return found;
  });
  const message = { workflowId, order: order.verb, activities: meant };
  output.data(message, ({ activities }) =>
    activities.map((one) => `${SAYS[order.verb](workflowId, one)} (${doesText(one)})`).join('\n'),
  );
};
