/** The body of `longhaul report --open` and `--output`: report.html of a run as a file of this machine. */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { RESTORE_CONTROL_FOLDER } from '../../../activities/lib/manifest/restore-plan';
import type { JobConfig } from '../../../config/types';
import { loadRestoreConfig } from '../../../config/restore';
import { LonghaulError } from '../../../model/errors';
import type { RestoreInput, RestoreResult } from '../../../model/restore-run';
import { mapLocalError } from '../../../transfer';
import { noReport, reportPlace } from '../job/bucket-report';
import { withTemporal } from '../connection';
import { endedRun } from '../run/ended';
import type { EndedRun, Job, JobInput, JobResult } from '../job/job';
import { knownRestore } from '../job/restore';
import { openFile } from './open-file';
import type { Output } from '../print/output';
import { withStore } from '../job/project-store';
import { findRun } from '../run/find';

export interface HtmlOptions {
  readonly open: boolean;
  /** Where to write it; a new folder for temporary files where absent. */
  readonly output?: string | undefined;
}

type Ended = EndedRun<JobInput, JobResult>;

const fromBucket = async (job: Job, run: Ended): Promise<string> => {
  const storeOf = (bucket: string | undefined): Pick<JobConfig, 'aws'> => {
    const store = job.storeOf?.(run.input, bucket);
    if (store === undefined) throw noReport(run.workflowId, `a ${job.word} writes none; see longhaul status`);
    return store;
  };
  if (job.storeOf === undefined) storeOf(undefined);
  const { bucket, key } = await reportPlace(run as Parameters<typeof reportPlace>[0], storeOf);
  const html = key.replace(/\.json$/, '.html');
  try {
    return await withStore(storeOf(bucket), (store) => store.readText(bucket, html));
  } catch (error) {
    if (!(error instanceof LonghaulError) || error.code !== 'ObjectNotFound') throw error;
    throw noReport(run.workflowId, `s3://${bucket}/${html} is not there`);
  }
};

const fromDisk = async (job: Job, run: EndedRun<RestoreInput, RestoreResult>): Promise<string> => {
  const several = job.refusal?.(run.workflowId, run.input, 'report');
  if (several !== undefined) throw new LonghaulError('InvalidInput', several);
  const known = knownRestore(run);
  const name = known?.runId ?? run.input.runId ?? (await run.progress())?.run;
  if (name === undefined) throw noReport(run.workflowId, 'its name is not known');
  const { outputDir } = loadRestoreConfig({ set: run.input.set });
  const file = path.join(outputDir, RESTORE_CONTROL_FOLDER, name, 'report.html');
  return readFile(file, 'utf8').catch(() => {
    const where = known?.host === undefined ? '' : `; look for it on the host ${known.host}`;
    throw noReport(run.workflowId, `${file} is not on this machine${where}`);
  });
};

const place = async (workflowId: string, output: string | undefined): Promise<string> => {
  if (output !== undefined) return path.resolve(output);
  const folder = await mkdtemp(path.join(tmpdir(), 'longhaul-report-'));
  return path.join(folder, `${workflowId.replace(/[^\w.-]/g, '-')}.html`);
};

/** Throws RunNotFound, ReportMissing where there is none, what the store or the disk answers. */
export const htmlReport = async (output: Output, workflowId: string, options: HtmlOptions): Promise<void> => {
  const html = await withTemporal(async ({ client }) => {
    const run = await findRun(client, workflowId);
    const ended = await endedRun(client, run);
    return run.job.workflow === 'restoreFiles'
      ? fromDisk(run.job, ended as EndedRun<RestoreInput, RestoreResult>)
      : fromBucket(run.job, ended);
  });
  const file = await place(workflowId, options.output);
  await writeFile(file, html).catch((error: unknown) => {
    throw mapLocalError(error, `Writing ${file}`);
  });
  const opened = options.open && (await openFile(file));
  output.data({ workflowId, file, opened }, () => file);
  if (options.open && !opened) output.note('Nothing here can open it: open the file in a browser.');
};
