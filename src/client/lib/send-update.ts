/** Sends one Update to a run and prints its answer: the body of pause, resume, retry-failed, skip-record, abort, … */
import { WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { LonghaulError } from '../../model/errors';
import type { Stage } from '../../model/export-run';
import { withinMs, withTemporal } from './connection';
import type { Output } from './output';
import { findOpenRun, isOverdue, noWorker } from './run';

/** Handlers answer at once (they only set state), so a longer silence means that no worker is there. */
const UPDATE_TIMEOUT_MS = 10_000;

/** What every Update of exportToS3 answers. */
export interface ShortState {
  readonly stage: Stage;
  readonly paused: boolean;
  readonly maxWorkers: number;
  /** How many records the Update concerned, where it concerns records. */
  readonly affected: number;
}

/**
 * Throws RunNotFound, RunNotRunning, WorkerMissing, or what the run's validator answered.
 * `toText` makes the sentence that says what happened.
 */
export const sendUpdate = async (
  output: Output,
  workflowId: string,
  update: { readonly name: string; readonly arg?: unknown },
  toText: (state: ShortState) => string,
): Promise<void> => {
  const state = await withTemporal(async ({ client }) => {
    const { handle } = await findOpenRun(client, workflowId);
    try {
      return await withinMs(client, UPDATE_TIMEOUT_MS, () =>
        update.arg === undefined
          ? handle.executeUpdate<ShortState, []>(update.name)
          : handle.executeUpdate<ShortState, [unknown]>(update.name, { args: [update.arg] }),
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
