/** The body that `longhaul export`, `ingest` and `restore` share: start a run, and wait for it. */
import { withTemporal } from '../connection';
import { defaultWorkflowId, type Job, type JobInput, type JobResult } from '../job/job';
import type { Output } from '../print/output';
import { viewFor } from './progress-view';
import { startRun } from '../run/start';
import { waitForRun } from './wait';

export interface StartOptions {
  readonly wait?: boolean;
  readonly detach?: boolean;
  readonly runId?: string;
  readonly workflowId?: string;
}

/** Says on stderr what a run that has succeeded has left undone. */
export const noteShortfall = <I extends JobInput, R extends JobResult>(
  output: Output,
  job: Job<I, R>,
  result: R,
): void => {
  const shortfall = job.shortfall(result);
  if (shortfall !== undefined) output.note(`warning: ${shortfall}`);
};

/**
 * Starts a run and waits for it unless told otherwise. The input is checked before anything is contacted; `complete`
 * adds what depends on the id. Throws what keeps the run from starting, or its own failure.
 */
export const runJob = async <I extends JobInput, R extends JobResult>(
  output: Output,
  job: Job<I, R>,
  given: unknown,
  options: StartOptions,
  complete: (input: I, workflowId: string) => Promise<I> = (input) => Promise.resolve(input),
): Promise<void> => {
  // The workflow checks its input too; here it costs nothing and leaves no failed run behind.
  const bare = job.check(given);
  await withTemporal(async ({ client, namespace }) => {
    const workflowId = options.workflowId ?? defaultWorkflowId(job, bare);
    const handle = await startRun(client, job, await complete(bare, workflowId), workflowId);
    const started = { workflowId, temporalRunId: handle.firstExecutionRunId, namespace };
    if (options.detach === true) {
      output.data(started, () => workflowId);
      output.note(`Started. Watch it with: longhaul watch ${workflowId}`);
      return;
    }
    output.note(`Started ${workflowId} (Temporal namespace ${namespace}, run ${started.temporalRunId}).`);
    const view = viewFor(output.io.stderr, output.json, 'aside');
    const result = await waitForRun(client, handle, view, output);
    output.data({ workflowId, ...result }, () => job.resultText(workflowId, result));
    noteShortfall(output, job, result);
  });
};
