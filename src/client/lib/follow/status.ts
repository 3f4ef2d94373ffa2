/** The bodies of `longhaul status` and `longhaul watch`. */
import type { Client } from '@temporalio/client';
import { LonghaulError } from '../../../model/errors';
import { WORKFLOWS } from '../../../model/names';
import type { JobProgress } from '../../../model/run';
import { replayCommand } from '../../../model/transfer-event';
import { withTemporal } from '../connection';
import { describeFailure, type Failure, failureText } from '../print/failure';
import type { Output } from '../print/output';
import { viewFor } from './progress-view';
import { statusText } from './progress-text';
import type { Job, JobResult } from '../job/job';
import { noteShortfall } from './run-job';
import { findJanitor, janitorStatus, watchJanitor } from '../janitor/follow';
import { noAnswer } from '../run/no-answer';
import { findRun, type FoundRun, queryProgress, queryRunning } from '../run/find';
import { type InFlight, readInFlight } from '../run/details';
import { waitForRun } from './wait';

/** What `status --json` prints: the progress query's answer where a worker gives one, and what the server knows. */
export interface RunStatus extends Partial<JobProgress> {
  readonly workflowId: string;
  /** As the server has it: RUNNING, COMPLETED, FAILED, CANCELLED, TERMINATED, TIMED_OUT. */
  readonly status: string;
  readonly inFlightTransfers: readonly InFlight[];
  readonly result?: JobResult;
  readonly failure?: Failure;
}

/** How a closed run ended: from history, so it needs no worker. */
const endOf = async (run: FoundRun): Promise<Pick<RunStatus, 'result' | 'failure'>> => {
  if (run.open) return {};
  try {
    return { result: await run.handle.result() };
  } catch (error) {
    // Not how the run ended, but that this process cannot read how.
    if (error instanceof LonghaulError) throw error;
    return { failure: describeFailure(error) };
  }
};

/** How a run has ended is known without its own account of it. */
const progressOf = async (client: Client, workflowId: string, isOpen: boolean): Promise<JobProgress | undefined> => {
  if (isOpen) return queryRunning(client, workflowId);
  return queryProgress(client, workflowId).catch((error: unknown) => {
    if (describeFailure(error).code !== 'VersionMismatch') throw error;
    return undefined;
  });
};

const eventIdOf = (workflowId: string): string | null => /^transfer-event\/(.+)$/.exec(workflowId)?.[1] ?? null;

/** Where a run has failed: which page has the commands, and how an event that has come through a queue runs again. */
const afterwards = (job: Job, workflowId: string, { code }: Failure): string[] => [
  ...(code === 'Cancelled' ? [] : [`more: longhaul help ${code}`]),
  ...(job.workflow === WORKFLOWS.transferEvent && code !== 'Cancelled'
    ? [`again: ${replayCommand(eventIdOf(workflowId))}, where it came through a queue`]
    : []),
];

const textOf = (job: Job, status: RunStatus, progress: JobProgress | undefined): string => {
  const { workflowId, result, failure } = status;
  if (result !== undefined) return job.resultText(workflowId, result);
  const head =
    progress === undefined
      ? `run        ${workflowId} (${status.status.toLowerCase()})`
      : statusText(progress, status.status, status.inFlightTransfers);
  return failure === undefined
    ? head
    : [head, failureText(failure), ...afterwards(job, workflowId, failure)].join('\n');
};

/** Throws RunNotFound; what keeps it from reading encrypted payloads; WorkerMissing where a running run has no worker that could tell how far it is. */
export const showStatus = async (output: Output, workflowId: string): Promise<void> => {
  await withTemporal(async ({ client }) => {
    const janitor = await findJanitor(client, workflowId);
    if (janitor !== undefined) return janitorStatus(output, janitor);
    const run = await findRun(client, workflowId);
    const end = await endOf(run);
    // A run that has succeeded is told by its result: no need for a worker to replay it.
    const answer = end.result === undefined ? await progressOf(client, workflowId, run.open) : undefined;
    // A terminated run never saw its end: it would still offer what nobody can do any more.
    const progress = answer === undefined || run.open ? answer : { ...answer, actions: [], commands: [] };
    if (run.open && progress === undefined) throw await noAnswer(client, workflowId);
    const inFlightTransfers = run.open ? await readInFlight(client, progress?.runningBatches ?? []) : [];
    const status: RunStatus = {
      ...progress,
      workflowId,
      status: run.description.status.name,
      inFlightTransfers,
      ...end,
    };
    output.data(status, (shown) => textOf(run.job, shown, progress));
  });
};

/** Follows a run; progress is the data here, so it goes to stdout. Throws RunNotFound or the run's failure. */
export const watch = async (output: Output, workflowId: string): Promise<void> => {
  await withTemporal(async ({ client }) => {
    const janitor = await findJanitor(client, workflowId);
    if (janitor !== undefined) return watchJanitor(output, janitor);
    const { handle, job } = await findRun(client, workflowId);
    const result = await waitForRun(client, handle, viewFor(output.io.stdout, output.json, 'data'), output);
    output.data({ type: 'result', workflowId, result }, () => job.resultText(workflowId, result));
    noteShortfall(output, job, result);
  });
};
