/** The report of a run that keeps it in a bucket: finds it and reads it with that bucket's own settings. */
import { createRequire } from 'node:module';
import type { JobConfig } from '../../../config/types';
import { LonghaulError } from '../../../model/errors';
import type { JobProgress } from '../../../model/run';
import type { EndedRun, JobInput, JobResult } from './job';
import type * as ProjectStore from './project-store';

interface S3Address {
  readonly bucket: string;
  readonly key: string;
}

export const parseS3Uri = (uri: string): S3Address | undefined => {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
  return bucket === undefined || key === undefined ? undefined : { bucket, key };
};

export const noReport = (workflowId: string, why: string): LonghaulError =>
  new LonghaulError('ReportMissing', `The run "${workflowId}" has no report: ${why}.`);

const reportIn = (detail: unknown): string | undefined => {
  const report = typeof detail === 'object' && detail !== null && 'report' in detail ? detail.report : undefined;
  return typeof report === 'string' ? report : undefined;
};

/** The settings of the bucket as this machine has them. `bucket`: where the run says that its report is. */
type SettingsOf = (bucket: string | undefined) => Pick<JobConfig, 'aws'>;

type BucketResult = JobResult & { readonly report: string | null };

/** Of jobs whose bucket need not be in the input. */
const bucketOf = (progress: JobProgress | undefined): string | undefined =>
  progress?.load?.bucket ?? (progress?.job === 'ingestUrls' ? progress.project : undefined);

/** Where a cancelled run put its report: Temporal keeps no details for those, so it follows from the run's name. */
const byName = async <I extends JobInput, R extends BucketResult>(
  run: EndedRun<I, R>,
  settingsOf: SettingsOf,
): Promise<S3Address | undefined> => {
  const progress = await run.progress();
  const name = run.input.runId ?? progress?.run;
  if (name === undefined) return undefined;
  const { targetBucket, controlPrefix } = settingsOf(bucketOf(progress)).aws;
  return { bucket: targetBucket, key: [controlPrefix, name, 'report.json'].filter((part) => part !== '').join('/') };
};

/** Where report.json is: the address stands in the result, or in the details of the failure. Throws ReportMissing. */
export const reportPlace = async <I extends JobInput, R extends BucketResult>(
  run: EndedRun<I, R>,
  settingsOf: SettingsOf,
): Promise<S3Address> => {
  if (run.result?.report === null) throw noReport(run.workflowId, 'there was nothing to do');
  const uri = run.result?.report ?? run.details.map(reportIn).find(Boolean);
  const place = uri === undefined ? await byName(run, settingsOf) : parseS3Uri(uri);
  if (place !== undefined) return place;
  const why = uri === undefined ? 'it failed before it could write one' : `its address ${uri} is not s3://bucket/key`;
  throw noReport(run.workflowId, why);
};

/** The engine and the SDK of AWS: half of what `longhaul status` would load, and it reads no bucket. */
const projectStore = (): typeof ProjectStore => createRequire(__filename)('./project-store') as typeof ProjectStore;

/** report.txt, or report.json. Throws ReportMissing where there is none, or what the store answers. */
export const readBucketReport = async <I extends JobInput, R extends BucketResult>(
  run: EndedRun<I, R>,
  json: boolean,
  settingsOf: SettingsOf,
): Promise<string> => {
  const place = await reportPlace(run, settingsOf);
  const key = json ? place.key : place.key.replace(/\.json$/, '.txt');
  try {
    const { withStore } = projectStore();
    return await withStore(settingsOf(place.bucket), (store) => store.readText(place.bucket, key));
  } catch (error) {
    if (!(error instanceof LonghaulError) || error.code !== 'ObjectNotFound') throw error;
    throw noReport(run.workflowId, `s3://${place.bucket}/${key} is not there`);
  }
};
