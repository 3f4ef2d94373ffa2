/** The body of `longhaul load`. */
import { LonghaulError } from '../../../model/errors';
import type { LoadEnvironment, LoadInput, LoadType } from '../../../model/load-run';
import { cleanStaging } from './clean-staging';
import { loadJob } from '../job/load';
import type { Output } from '../print/output';
import { runJob, type StartOptions } from '../follow/run-job';
import { validateLoad } from '../check/load';

/** Each name with dashes has a twin with the underscores of the workflow's input. */
interface Spellings {
  readonly loadType?: LoadType;
  readonly load_type?: LoadType;
  readonly dataSet?: string;
  readonly data_set?: string;
  readonly s3Bucket?: string;
  readonly s3_bucket?: string;
  readonly sampleRows?: number;
  readonly sample_rows?: number;
  readonly rejectLimit?: number;
  readonly reject_limit?: number;
}

export interface LoadOptions extends StartOptions, Spellings {
  readonly path?: string;
  readonly env?: LoadEnvironment;
  readonly parallelism?: number;
  readonly check?: boolean;
  readonly cleanStaging?: boolean;
}

/** Throws InvalidInput where both spellings are given with different values. */
const oneOf = <T>(name: string, dashed: T | undefined, underscored: T | undefined): T | undefined => {
  if (dashed !== undefined && underscored !== undefined && dashed !== underscored) {
    const twin = name.replaceAll('-', '_');
    throw new LonghaulError('InvalidInput', `--${name} and --${twin} are the same option: give it once.`);
  }
  return dashed ?? underscored;
};

/** What was given, under the names of the workflow's input. Not checked. */
export const inputOf = (options: LoadOptions): Partial<LoadInput> =>
  Object.fromEntries(
    Object.entries({
      load_type: oneOf('load-type', options.loadType, options.load_type),
      data_set: oneOf('data-set', options.dataSet, options.data_set),
      path: options.path,
      env: options.env,
      s3_bucket: oneOf('s3-bucket', options.s3Bucket, options.s3_bucket),
      sample_rows: oneOf('sample-rows', options.sampleRows, options.sample_rows),
      reject_limit: oneOf('reject-limit', options.rejectLimit, options.reject_limit),
      parallelism: options.parallelism,
      runId: options.runId,
    } satisfies { [K in keyof LoadInput]: LoadInput[K] | undefined }).filter(([, value]) => value !== undefined),
  );

/** Throws what keeps the run from starting, or the run's own failure. */
export const runLoad = async (output: Output, options: LoadOptions): Promise<void> => {
  const input = inputOf(options);
  if (options.cleanStaging === true) return cleanStaging(output, input);
  if (options.check === true) return validateLoad(output, loadJob.check(input));
  return runJob(output, loadJob, input, options);
};
