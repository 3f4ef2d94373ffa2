/** The body of `longhaul report`: how the run ended, and what its job says of where the report is. */
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { LonghaulError } from '../../model/errors';
import { noReport } from './bucket-report';
import { withTemporal } from './connection';
import type { JobResult } from './job';
import type { Output } from './output';
import { findRun, type FoundRun, queryProgress, startInput } from './run';

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

/**
 * Prints the report for people, or as JSON. It is read with the settings and credentials of this machine.
 * Throws RunNotFound, ObjectNotFound, ConfigNotFound or what the store answers.
 */
export const printReport = async (output: Output, workflowId: string): Promise<void> => {
  const text = await withTemporal(async ({ client }) => {
    const run = await findRun(client, workflowId);
    if (run.open) throw noReport(workflowId, `it is still running; see longhaul status ${workflowId}`);
    const ended = {
      workflowId,
      input: await startInput(client, run).catch((error: unknown) => {
        if (!(error instanceof LonghaulError) || error.code !== 'InvalidInput') throw error;
        throw noReport(workflowId, `it was refused at its start: ${error.message.replace(/\.$/, '')}`);
      }),
      ...(await endOf(run)),
      progress: () => queryProgress(client, workflowId),
    };
    return run.job.readReport(ended, output.json);
  });
  if (output.json) output.data(JSON.parse(text) as unknown, () => text);
  else output.io.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
};
