/** Which staging bucket a load uses: asked when a run starts, on the worker that prepares it. */
import { LonghaulError } from '../model/errors';
import { BUCKET_NAME } from '../model/load-input';
import { LOAD_ENVIRONMENTS, type LoadEnvironment, type StagingBucket } from '../model/load-run';
import type { EnvironmentVariables } from './read-variable';

const STAGING_BUCKET_VARIABLE = 'LONGHAUL_STAGING_BUCKET';
/** The first that is set wins; the second is the name that existing deployments set. */
const STAGING_OVERRIDE_VARIABLES = ['LONGHAUL_STAGING_BUCKET_OVERRIDE', 'PYSPARK_TEMP_S3_BUCKET'] as const;

export interface BucketQuestion {
  readonly env: LoadEnvironment;
  /** `s3_bucket` of the input. */
  readonly argument: string | undefined;
  /** `environments.<env>.staging_bucket` of configs/load.json. */
  readonly defaults: Readonly<Partial<Record<LoadEnvironment, string | null>>>;
}

const read = (env: EnvironmentVariables, name: string): string | undefined => env[name]?.trim() || undefined;

const fromVariable = (
  env: EnvironmentVariables,
  name: string,
  source: StagingBucket['source'],
): StagingBucket | undefined => {
  const bucket = read(env, name);
  if (bucket === undefined) return undefined;
  // Existing deployments may have written it as an address.
  const bare = bucket.replace(/^s3:\/\//, '').replace(/\/+$/, '');
  if (!BUCKET_NAME.test(bare))
    throw new LonghaulError(
      'ConfigInvalid',
      `Environment variable ${name}: must be the name of a bucket, got "${bucket.slice(0, 63)}".`,
    );
  return { bucket: bare, source, from: name };
};

const fromDefault = ({ env, defaults }: BucketQuestion): StagingBucket | undefined => {
  for (const name of [env, 'development'] as const) {
    const bucket = defaults[name] ?? null;
    if (bucket !== null) return { bucket, source: 'default', from: `environments.${name}.staging_bucket` };
  }
  return undefined;
};

/** The environment that the bucket is the default of, where that is not the run's own. */
const ownerOf = (bucket: string, { env, defaults }: BucketQuestion): LoadEnvironment | undefined =>
  defaults[env] === bucket ? undefined : LOAD_ENVIRONMENTS.find((name) => defaults[name] === bucket);

/**
 * The operator's override, else the argument, else LONGHAUL_STAGING_BUCKET, else the default of the environment, else
 * development's. Throws StagingBucketMissing where nobody names one, CrossEnvironment where the bucket is that of another
 * environment (so production never falls to development's), ConfigInvalid for a variable that holds no bucket name.
 */
export const resolveStagingBucket = (
  question: BucketQuestion,
  env: EnvironmentVariables = process.env,
): StagingBucket => {
  const { argument } = question;
  const [first, second] = STAGING_OVERRIDE_VARIABLES;
  const found =
    fromVariable(env, first, 'override') ??
    fromVariable(env, second, 'override') ??
    (argument === undefined ? undefined : { bucket: argument, source: 'argument' as const, from: 's3_bucket' }) ??
    fromVariable(env, STAGING_BUCKET_VARIABLE, 'environment') ??
    fromDefault(question);
  const own = `environments.${question.env}.staging_bucket of configs/load.json`;
  if (found === undefined) {
    throw new LonghaulError(
      'StagingBucketMissing',
      `No staging bucket: neither "s3_bucket" nor ${STAGING_BUCKET_VARIABLE} nor ${own} names one.`,
    );
  }
  const owner = ownerOf(found.bucket, question);
  if (owner !== undefined) {
    throw new LonghaulError(
      'CrossEnvironment',
      `A run with env ${question.env} must not stage in ${found.bucket}, the bucket of ${owner} (named by ${found.from}): ` +
        `give "s3_bucket", or set ${own}.`,
    );
  }
  return found;
};
