/** Sends one Update to a run and prints its answer: the body of pause, resume, retry-failed, skip-record, abort, … */
import { randomUUID } from 'node:crypto';
import { type Client, isGrpcServiceError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { LonghaulError } from '../../../model/errors';
import { MESSAGES, type OperatorReply } from '../../../model/run';
import { withinMs, withTemporal } from '../connection';
import { JOB_TERMS, type JobTerms } from '../job/words';
import type { Output } from '../print/output';
import { noAnswer } from '../run/no-answer';
import { findOpenRun, isOverdue, queryProgress, startInput } from '../run/find';

/** Handlers answer at once (they only set state), so a longer silence means that no worker is there. */
const UPDATE_TIMEOUT_MS = 10_000;

/** What is known of a run that has just been asked to cancel itself. */
const CANCEL_REQUESTED: OperatorReply = {
  stage: 'cleaning',
  paused: false,
  maxWorkers: 1,
  maxBytesPerSec: null,
  affected: 0,
};

const reasonOf = (arg: unknown): string =>
  typeof arg === 'object' && arg !== null && 'reason' in arg ? String(arg.reason) : '';

const GRPC_NOT_FOUND = 5;

/** As `cancel` of the SDK's handle, which takes no reason: Temporal keeps it with the request, in the run's history. */
const requestCancel = async (client: Client, workflowId: string, reason: string): Promise<void> => {
  const { namespace, identity } = client.options;
  const workflowExecution = { workflowId };
  const request = { namespace, identity, requestId: randomUUID(), workflowExecution, reason };
  try {
    await client.workflowService.requestCancelWorkflowExecution(request);
  } catch (error) {
    const code: number | undefined = isGrpcServiceError(error) ? error.code : undefined;
    const isEnded = code === GRPC_NOT_FOUND;
    throw isEnded ? new LonghaulError('RunNotRunning', `The run "${workflowId}" has just ended.`) : error;
  }
};

/**
 * Throws RunNotFound, RunNotRunning, InvalidInput where the run takes no such orders (now), WorkerMissing, or what the run's validator answered.
 * `toText` makes the sentence that says what happened.
 */
export const sendUpdate = async (
  output: Output,
  workflowId: string,
  update: { readonly name: string; readonly arg?: unknown },
  toText: (state: OperatorReply, terms: JobTerms) => string,
): Promise<void> => {
  const [state, terms] = await withTemporal(async ({ client }) => {
    const run = await findOpenRun(client, workflowId);
    const { handle, job } = run;
    if (job.endsByCancel === true && update.name === MESSAGES.abort) {
      // Where no worker answers, nobody knows: the request is in its history then, for the worker that comes.
      const progress = await queryProgress(client, workflowId);
      const reason = progress === undefined ? undefined : job.cancelRefusal?.(progress);
      if (reason !== undefined) throw new LonghaulError('InvalidInput', reason);
      await withinMs(client, UPDATE_TIMEOUT_MS, () => requestCancel(client, workflowId, reasonOf(update.arg)));
      return [CANCEL_REQUESTED, JOB_TERMS[job.workflow]] as const;
    }
    const refusal = job.refusal?.(workflowId, await startInput(client, run), update.name);
    if (refusal !== undefined) throw new LonghaulError('InvalidInput', refusal);
    try {
      const reply = await withinMs(client, UPDATE_TIMEOUT_MS, () =>
        update.arg === undefined
          ? handle.executeUpdate<OperatorReply, []>(update.name)
          : handle.executeUpdate<OperatorReply, [unknown]>(update.name, { args: [update.arg] }),
      );
      return [reply, JOB_TERMS[job.workflow]] as const;
    } catch (error) {
      if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isOverdue(error)) {
        // The server has it in memory and gives it to the next worker, if that comes soon enough.
        throw await noAnswer(client, workflowId, ` The ${update.name} may still be done when one comes.`);
      }
      throw error;
    }
  });
  if (typeof state !== 'object')
    throw new LonghaulError('Internal', `The run "${workflowId}" answered without a state.`);
  output.data({ workflowId, update: update.name, ...state }, (shown) => toText(shown, terms));
};
