/** The body of `longhaul report`: finds the report of a run and prints it. */
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { loadProject } from '../../config/project';
import { LonghaulError } from '../../model/errors';
import { withTemporal } from './connection';
import type { Output } from './output';
import { withStore } from './project-store';
import { findRun, type FoundRun, queryProgress, startInput } from './run';
import type { Client } from '@temporalio/client';

export interface S3Address {
  readonly bucket: string;
  readonly key: string;
}

export const parseS3Uri = (uri: string): S3Address | undefined => {
  const match = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri);
  const [, bucket, key] = match ?? [];
  return bucket === undefined || key === undefined ? undefined : { bucket, key };
};

const reportIn = (detail: unknown): string | undefined => {
  const report = typeof detail === 'object' && detail !== null && 'report' in detail ? detail.report : undefined;
  return typeof report === 'string' ? report : undefined;
};

/** The report's s3:// address stands in the result, or in the details of the failure. */
const fromEnd = async (run: FoundRun): Promise<string | undefined> => {
  try {
    return (await run.handle.result()).report;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { cause } = error;
    return cause instanceof ApplicationFailure ? (cause.details ?? []).map(reportIn).find(Boolean) : undefined;
  }
};

/** Where a cancelled run put its report: Temporal keeps no details for those, so it follows from the run's name. */
const fromName = async (
  client: Client,
  workflowId: string,
  runId: string | undefined,
  place: { targetBucket: string; controlPrefix: string },
): Promise<string | undefined> => {
  const run = runId ?? (await queryProgress(client, workflowId))?.run;
  const key = [place.controlPrefix, run ?? '', 'report.json'].filter((part) => part !== '').join('/');
  return run === undefined ? undefined : `s3://${place.targetBucket}/${key}`;
};

const noReport = (workflowId: string, why: string): LonghaulError =>
  new LonghaulError('ObjectNotFound', `The run "${workflowId}" has no report: ${why}.`);

/**
 * Reads the report with the project's own credentials, from this machine's configuration, and prints report.txt,
 * or report.json with --json. Throws RunNotFound, ObjectNotFound, ConfigNotFound or what the store answers.
 */
export const printReport = async (output: Output, workflowId: string): Promise<void> => {
  const text = await withTemporal(async ({ client }) => {
    const run = await findRun(client, workflowId);
    if (run.open) throw noReport(workflowId, `it is still running; see longhaul status ${workflowId}`);
    const input = await startInput(client, workflowId);
    if (input === undefined) throw noReport(workflowId, 'its input cannot be read');
    const config = loadProject(input.project, { set: input.set });
    const uri = (await fromEnd(run)) ?? (await fromName(client, workflowId, input.runId, config.aws));
    if (uri === undefined) throw noReport(workflowId, 'it failed before it could write one');
    const place = parseS3Uri(uri);
    if (place === undefined) throw noReport(workflowId, `its address ${uri} is not s3://bucket/key`);
    const key = output.json ? place.key : place.key.replace(/\.json$/, '.txt');
    return withStore(config, (store) => store.readText(place.bucket, key)).catch((error: unknown) => {
      if (!(error instanceof LonghaulError) || error.code !== 'ObjectNotFound') throw error;
      throw noReport(workflowId, `s3://${place.bucket}/${key} is not there`);
    });
  });
  if (output.json) output.data(JSON.parse(text) as unknown, () => text);
  else output.io.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
};
