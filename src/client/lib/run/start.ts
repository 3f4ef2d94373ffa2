/** Starts a run of any job: the one place that knows how. */
import type { Client, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { LonghaulError } from '../../../model/errors';
import { fairnessKeyOf } from '../../../model/fairness';
import { TASK_QUEUES } from '../../../model/names';
import { summaryText } from '../../../model/summary';
import { CALL_TIMEOUT_MS, withinMs } from '../connection';
import { defaultWorkflowId, type Job, type JobInput, type JobResult, type JobWorkflow } from '../job/job';

export type RunHandle<I extends JobInput, R extends JobResult> = WorkflowHandleWithFirstExecutionRunId<
  JobWorkflow<I, R>
>;

/**
 * Starts a run. A closed run with the same id is no obstacle: a repeated run id that has succeeded gives the same result
 * and moves nothing, one that failed is tried anew. Throws RunExists while one with this id is open.
 */
export const startRun = async <I extends JobInput, R extends JobResult>(
  client: Client,
  job: Job<I, R>,
  input: I,
  workflowId: string = defaultWorkflowId(job, input),
): Promise<RunHandle<I, R>> => {
  const project = job.projectOf(input);
  try {
    return await withinMs(client, CALL_TIMEOUT_MS, () =>
      client.workflow.start<JobWorkflow<I, R>>(job.workflow, {
        taskQueue: TASK_QUEUES.workflows,
        workflowId,
        args: [input],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
        // The run's own tasks; what its records need, the run says itself.
        ...(project === undefined ? {} : { priority: { fairnessKey: fairnessKeyOf(project) } }),
        // Only the starter can set these; they head the run's page in the Web UI.
        staticSummary: summaryText(job.summary(input)),
        staticDetails: `Watch: \`longhaul watch ${workflowId}\`  \nStop it: \`longhaul abort ${workflowId}\``,
      }),
    );
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) {
      throw new LonghaulError('RunExists', `The run "${workflowId}" is already running.`);
    }
    throw error;
  }
};
