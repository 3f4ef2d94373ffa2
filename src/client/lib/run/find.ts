/** One run in Temporal: is it there, what was asked for, how far is it. */
import {
  type Client,
  isGrpcCancelledError,
  isGrpcDeadlineError,
  isGrpcServiceError,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
} from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow';
import { LonghaulError } from '../../../model/errors';
import { type JobProgress, MESSAGES } from '../../../model/run';
import { TASK_QUEUES, WORKFLOWS } from '../../../model/names';
import { CALL_TIMEOUT_MS, withinMs } from '../connection';
import type { Job, JobInput, JobResult, JobWorkflow } from '../job/job';
import { jobOfWorkflow } from '../job/jobs';

/** A query needs a worker: it answers in milliseconds, or nobody is there. */
const QUERY_TIMEOUT_MS = 4_000;

export interface FoundRun {
  readonly handle: WorkflowHandle<JobWorkflow<JobInput, JobResult>>;
  readonly description: WorkflowExecutionDescription;
  readonly open: boolean;
  readonly job: Job;
}

export const isOpen = (description: WorkflowExecutionDescription): boolean =>
  ['RUNNING', 'PAUSED', 'CONTINUED_AS_NEW'].includes(description.status.name);

/** The newest execution of a workflow id. Throws RunNotFound where there is none, or where it is no job of ours. */
export const findRun = async (client: Client, workflowId: string): Promise<FoundRun> => {
  const handle = client.workflow.getHandle<JobWorkflow<JobInput, JobResult>>(workflowId);
  let description: WorkflowExecutionDescription;
  try {
    description = await withinMs(client, CALL_TIMEOUT_MS, () => handle.describe());
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    const namespace = client.options.namespace;
    throw new LonghaulError('RunNotFound', `There is no run "${workflowId}" in the namespace "${namespace}".`);
  }
  const job = jobOfWorkflow(description.type);
  if (job === undefined) {
    const jobs = Object.keys(WORKFLOWS).join(', ');
    throw new LonghaulError('RunNotFound', `"${workflowId}" is a ${description.type}, not a run of ${jobs}.`);
  }
  return { handle, description, open: isOpen(description), job };
};

/** As findRun, for what only a running run can do. Throws RunNotRunning with how it ended. */
export const findOpenRun = async (client: Client, workflowId: string): Promise<FoundRun> => {
  const run = await findRun(client, workflowId);
  if (run.open) return run;
  const status = run.description.status.name.toLowerCase().replaceAll('_', ' ');
  throw new LonghaulError('RunNotRunning', `The run "${workflowId}" has ended (${status}).`);
};

export const noWorker = (workflowId: string, more = ''): LonghaulError =>
  new LonghaulError(
    'WorkerMissing',
    `No worker answers for the run "${workflowId}" on the task queue "${TASK_QUEUES.workflows}".${more}`,
  );

/** The first workflow task has not been done yet, or no poller was seen lately. */
const GRPC_FAILED_PRECONDITION = 9;

const codeOf = ({ code }: { readonly code: number }): number => code;

/** A call that ran into its deadline. Either side may notice first, and the server then calls it cancelled. */
export const isOverdue = (error: unknown): boolean => isGrpcDeadlineError(error) || isGrpcCancelledError(error);

/** True where the server is well but no worker took the query. */
const isUnanswered = (error: unknown): boolean => {
  if (isOverdue(error)) return true;
  const cause = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
  return isGrpcServiceError(cause) && codeOf(cause) === GRPC_FAILED_PRECONDITION;
};

/** How the SDK marks a history that the code does not replay; a query is answered with it, and leaves no trace in the history. */
const NOT_REPLAYABLE = 'TMPRL1100';

export const notReplayable = (workflowId: string, more = ''): LonghaulError =>
  new LonghaulError(
    'VersionMismatch',
    `A worker cannot replay the run "${workflowId}": its workflow code is another than the one that the run began with.${more}`,
  );

/** The run's own account of itself. Undefined where no worker answers: the server alone does not know it. Throws VersionMismatch. */
export const queryProgress = async (client: Client, workflowId: string): Promise<JobProgress | undefined> => {
  const handle = client.workflow.getHandle(workflowId);
  try {
    return await withinMs(client, QUERY_TIMEOUT_MS, () => handle.query<JobProgress>(MESSAGES.progress));
  } catch (error) {
    if (error instanceof Error && error.message.includes(NOT_REPLAYABLE)) throw notReplayable(workflowId);
    if (isUnanswered(error) || (error instanceof Error && error.name === 'QueryNotRegisteredError')) return undefined;
    throw error;
  }
};

/**
 * The same of a run that goes on, as of now: a workflow's clock stands still between its tasks, so what it says of time is as of
 * the last of them.
 */
export const queryRunning = async (client: Client, workflowId: string): Promise<JobProgress | undefined> => {
  const progress = await queryProgress(client, workflowId);
  return progress === undefined ? undefined : asOf(progress, Date.now());
};

/** An end that was expected earlier than now is none that could be told; a rate is lower by the time in which nothing was told. */
export const asOf = (progress: JobProgress, nowMs: number): JobProgress => {
  const { elapsedMs: thenMs, etaMs: leftMs, startedAt } = progress;
  const elapsedMs = Math.max(thenMs, nowMs - Date.parse(startedAt));
  const etaMs = leftMs === null ? null : leftMs - (elapsedMs - thenMs);
  const { stage, bytesPerSec, totals } = progress;
  const movedMs = bytesPerSec === 0 ? 0 : (totals.bytes * 1_000) / bytesPerSec;
  const rate =
    stage !== 'transferring' || movedMs === 0
      ? bytesPerSec
      : Math.round((totals.bytes * 1_000) / (movedMs + elapsedMs - thenMs));
  return { ...progress, elapsedMs, bytesPerSec: rate, etaMs: etaMs !== null && etaMs > 0 ? etaMs : null };
};

/**
 * What the run was started with, checked as its job checks it, from the first event of its history: it is there without
 * a worker. Throws InvalidInput where it could never have run.
 */
export const startInput = async (client: Client, { handle, job }: FoundRun): Promise<JobInput> => {
  const { workflowId } = handle;
  const history = await withinMs(client, CALL_TIMEOUT_MS, () =>
    client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId },
      maximumPageSize: 1,
    }),
  );
  const payloads = history.history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads;
  const [input] = await decodeArrayFromPayloads(client.options.loadedDataConverter, payloads);
  return job.check(input);
};
