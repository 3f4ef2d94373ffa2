/** Starts `exportToS3`: the one place that knows how; the CLI, the quickstart, the tests and the bench come here. */
import type { Client, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { LonghaulError } from '../../model/errors';
import type { ExportInput, ExportResult } from '../../model/export-run';
import { TASK_QUEUES, WORKFLOWS } from '../../model/names';
import { CALL_TIMEOUT_MS, withinMs } from './connection';
import { compactTime } from './format';

export type ExportWorkflow = (input: ExportInput) => Promise<ExportResult>;
export type ExportHandle = WorkflowHandleWithFirstExecutionRunId<ExportWorkflow>;

/** `export-<project>-<run id>`, or with the time in UTC where the input names no run. */
export const defaultWorkflowId = (input: ExportInput, now: Date = new Date()): string =>
  `export-${input.project}-${input.runId ?? compactTime(now)}`;

const summaryOf = (input: ExportInput): string => {
  const given = input.records !== undefined || input.recordsUri !== undefined;
  return `${given ? 'Given records' : `${input.export ?? 'vulnerability'} export`} of ${input.project} to S3`;
};

/**
 * Starts a run. A closed run with the same id is no obstacle: a repeated run id that has succeeded gives the same result
 * and moves nothing, one that failed is tried anew. Throws RunExists while one with this id is open.
 */
export const startExport = async (
  client: Client,
  input: ExportInput,
  workflowId: string = defaultWorkflowId(input),
): Promise<ExportHandle> => {
  try {
    return await withinMs(client, CALL_TIMEOUT_MS, () =>
      client.workflow.start<ExportWorkflow>(WORKFLOWS.exportToS3, {
        taskQueue: TASK_QUEUES.workflows,
        workflowId,
        args: [input],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
        // Only the starter can set these; they head the run's page in the Web UI.
        staticSummary: summaryOf(input),
        staticDetails: `Watch: \`longhaul watch ${workflowId}\`  \nStop and clean up: \`longhaul abort ${workflowId}\``,
      }),
    );
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) {
      throw new LonghaulError('RunExists', `The run "${workflowId}" is already running.`);
    }
    throw error;
  }
};
