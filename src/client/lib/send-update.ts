/** Sends one Update to a run and prints its answer: the body of pause, resume, retry-failed, skip-record, abort, … */
import { WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { LonghaulError } from '../../model/errors';
import type { OperatorReply } from '../../model/run';
import { withinMs, withTemporal } from './connection';
import type { Output } from './output';
import { findOpenRun, isOverdue, noWorker } from './run';

/** Handlers answer at once (they only set state), so a longer silence means that no worker is there. */
const UPDATE_TIMEOUT_MS = 10_000;

/**
 * Throws RunNotFound, RunNotRunning, WorkerMissing, or what the run's validator answered.
 * `toText` makes the sentence that says what happened.
 */
export const sendUpdate = async (
  output: Output,
  workflowId: string,
  update: { readonly name: string; readonly arg?: unknown },
  toText: (state: OperatorReply) => string,
): Promise<void> => {
  const state = await withTemporal(async ({ client }) => {
    const { handle } = await findOpenRun(client, workflowId);
    try {
      return await withinMs(client, UPDATE_TIMEOUT_MS, () =>
        update.arg === undefined
          ? handle.executeUpdate<OperatorReply, []>(update.name)
          : handle.executeUpdate<OperatorReply, [unknown]>(update.name, { args: [update.arg] }),
      );
    } catch (error) {
      if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isOverdue(error)) {
        // The server has it in memory and gives it to the next worker, if that comes soon enough.
        throw noWorker(workflowId, ` The ${update.name} may still be done when one comes.`);
      }
      throw error;
    }
  });
  if (typeof state !== 'object')
    throw new LonghaulError('Internal', `The run "${workflowId}" answered without a state.`);
  output.data({ workflowId, update: update.name, ...state }, toText);
};
