/** Waiting for a run at a prompt: progress, Ctrl-C, and how it ended. */
import type { Client, WorkflowHandle } from '@temporalio/client';
import { EXIT_CODES } from '../../../model/errors';
import type { JobInput, JobResult, JobWorkflow } from '../job/job';
import { ExitWith, type Output } from '../print/output';
import type { ProgressView } from './progress-view';
import { watchRun } from './watch-run';

/** Ctrl-C leaves the run alone: it belongs to the server. Exit code 130, as shells give it. */
export const waitForRun = async <I extends JobInput, R extends JobResult>(
  client: Client,
  handle: WorkflowHandle<JobWorkflow<I, R>>,
  view: ProgressView,
  output: Output,
): Promise<R> => {
  const { workflowId } = handle;
  const interrupted = new AbortController();
  const onSignal = (): void => interrupted.abort(new ExitWith(EXIT_CODES.cancelled));
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    return await watchRun(client, handle, view, interrupted.signal);
  } catch (error) {
    if (error instanceof ExitWith) {
      output.note(`The run goes on. Watch it:     longhaul watch ${workflowId}`);
      output.note(`Stop it:                      longhaul abort ${workflowId}`);
    }
    throw error;
  } finally {
    process.removeListener('SIGINT', onSignal);
    process.removeListener('SIGTERM', onSignal);
  }
};
