/** A page of runs from Temporal's visibility store: no worker is asked. */
import type { Client } from '@temporalio/client';
import { executionInfoFromRaw } from '@temporalio/client/lib/helpers';
import { defineSearchAttributeKey } from '@temporalio/common';
import { LonghaulError } from '../../../model/errors';
import { SEARCH_ATTRIBUTES } from '../../../model/names';
import { CALL_TIMEOUT_MS, withinMs } from '../connection';
import { wordOfWorkflow } from '../job/jobs';

const PROJECT = defineSearchAttributeKey(SEARCH_ATTRIBUTES.project, 'KEYWORD');
const STAGE = defineSearchAttributeKey(SEARCH_ATTRIBUTES.stage, 'KEYWORD');
const FAILED = defineSearchAttributeKey(SEARCH_ATTRIBUTES.failed, 'INT');

export interface RunRow {
  readonly workflowId: string;
  readonly temporalRunId: string;
  /** The command that starts such runs. */
  readonly job: string;
  readonly project: string | null;
  /** As the server has it: RUNNING, COMPLETED, FAILED, CANCELLED, TERMINATED, TIMED_OUT. */
  readonly status: string;
  readonly stage: string | null;
  /** As of its last change of stage; null where a run has not told. */
  readonly failedRecords: number | null;
  readonly startedAt: string;
  readonly closedAt: string | null;
  /** Until now, where it is running. */
  readonly seconds: number;
}

export interface RunsPage {
  readonly runs: readonly RunRow[];
  /** What `--after` takes to go on; null where this is the end. */
  readonly next: string | null;
}

const tokenOf = (text: string): Uint8Array => {
  if (/^[\w-]+$/.test(text)) return Buffer.from(text, 'base64url');
  throw new LonghaulError('InvalidInput', '--after: expected what an earlier list has given as "next".');
};

/** The newest runs first. Throws InvalidInput where the server refuses the filter, and what keeps Temporal away. */
export const listRuns = async (client: Client, query: string, pageSize: number, after?: string): Promise<RunsPage> => {
  const { namespace, loadedDataConverter } = client.options;
  const nextPageToken = after === undefined ? undefined : tokenOf(after);
  const reply = await withinMs(client, CALL_TIMEOUT_MS, () =>
    client.workflowService.listWorkflowExecutions({
      namespace,
      query,
      pageSize,
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    }),
  );
  const runs = await Promise.all(
    reply.executions.map(async (raw): Promise<RunRow> => {
      const info = await executionInfoFromRaw(raw, loadedDataConverter, raw, namespace);
      const { closeTime, startTime, typedSearchAttributes } = info;
      return {
        workflowId: info.workflowId,
        temporalRunId: info.runId,
        job: wordOfWorkflow(info.type),
        project: typedSearchAttributes.get(PROJECT) ?? null,
        status: info.status.name,
        // To tell its last stage would cost each event an Action: only the start tells one.
        stage: info.status.name === 'COMPLETED' ? 'done' : (typedSearchAttributes.get(STAGE) ?? null),
        failedRecords: typedSearchAttributes.get(FAILED) ?? null,
        startedAt: startTime.toISOString(),
        closedAt: closeTime?.toISOString() ?? null,
        seconds: Math.max(0, ((closeTime ?? new Date()).getTime() - startTime.getTime()) / 1000),
      };
    }),
  );
  const token = Buffer.from(reply.nextPageToken);
  return { runs, next: token.length === 0 ? null : token.toString('base64url') };
};
