/** A run that has ended, as its job looks for its report or ledger. */
import { type Client, WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { LonghaulError } from '../../../model/errors';
import { noReport } from '../job/bucket-report';
import { describeFailure } from '../print/failure';
import type { EndedRun, JobInput, JobResult } from '../job/job';
import { type FoundRun, queryProgress, startInput } from './find';

interface End {
  readonly result?: JobResult;
  readonly details: readonly unknown[];
}

const endOf = async ({ handle }: FoundRun): Promise<End> => {
  try {
    return { result: await handle.result(), details: [] };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    return { details: cause instanceof ApplicationFailure ? (cause.details ?? []) : [] };
  }
};

/** Throws ReportMissing for a run that is still going, or whose input was refused. */
export const endedRun = async (client: Client, run: FoundRun): Promise<EndedRun<JobInput, JobResult>> => {
  const { workflowId } = run.handle;
  if (run.open) throw noReport(workflowId, `it is still running; see longhaul status ${workflowId}`);
  return {
    workflowId,
    input: await startInput(client, run).catch((error: unknown) => {
      if (!(error instanceof LonghaulError) || error.code !== 'InvalidInput') throw error;
      throw noReport(workflowId, `it was refused at its start: ${error.message.replace(/\.$/, '')}`);
    }),
    ...(await endOf(run)),
    // One that workers of today cannot replay tells nothing either.
    progress: () =>
      queryProgress(client, workflowId).catch((error: unknown) => {
        if (describeFailure(error).code !== 'VersionMismatch') throw error;
        return undefined;
      }),
  };
};
