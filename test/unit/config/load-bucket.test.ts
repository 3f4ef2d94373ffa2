import { resolveStagingBucket, type BucketQuestion } from '../../../src/config/load-bucket';

const thrownBy = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

const DEFAULTS = { development: 'dev-bucket', staging: 'stage-bucket', production: 'prod-bucket' };

const question = (more: Partial<BucketQuestion> = {}): BucketQuestion => ({
  env: 'development',
  argument: undefined,
  defaults: DEFAULTS,
  ...more,
});

describe('which staging bucket a load uses', () => {
  const all = {
    LONGHAUL_STAGING_BUCKET: 'env-bucket',
    PYSPARK_TEMP_S3_BUCKET: 'spark-bucket',
    LONGHAUL_STAGING_BUCKET_OVERRIDE: 'override-bucket',
  };

  it.each([
    [
      'the default of the environment',
      {},
      undefined,
      ['dev-bucket', 'default', 'environments.development.staging_bucket'],
    ],
    [
      'the environment over the default',
      { LONGHAUL_STAGING_BUCKET: 'env-bucket' },
      undefined,
      ['env-bucket', 'environment', 'LONGHAUL_STAGING_BUCKET'],
    ],
    [
      'the argument over the environment',
      { LONGHAUL_STAGING_BUCKET: 'env-bucket' },
      'my-bucket',
      ['my-bucket', 'argument', 's3_bucket'],
    ],
    [
      'the override over the argument',
      { LONGHAUL_STAGING_BUCKET_OVERRIDE: 'override-bucket' },
      'my-bucket',
      ['override-bucket', 'override', 'LONGHAUL_STAGING_BUCKET_OVERRIDE'],
    ],
    [
      'the older name of the override',
      { PYSPARK_TEMP_S3_BUCKET: 'spark-bucket' },
      'my-bucket',
      ['spark-bucket', 'override', 'PYSPARK_TEMP_S3_BUCKET'],
    ],
    [
      'our name over the older one',
      all,
      'my-bucket',
      ['override-bucket', 'override', 'LONGHAUL_STAGING_BUCKET_OVERRIDE'],
    ],
    [
      'an empty variable counts as none',
      { LONGHAUL_STAGING_BUCKET: ' ', PYSPARK_TEMP_S3_BUCKET: '' },
      undefined,
      ['dev-bucket', 'default', 'environments.development.staging_bucket'],
    ],
    [
      'an address in a variable',
      { PYSPARK_TEMP_S3_BUCKET: 's3://spark-bucket/' },
      undefined,
      ['spark-bucket', 'override', 'PYSPARK_TEMP_S3_BUCKET'],
    ],
  ])('%s', (_, env, argument, [bucket, source, from]) => {
    expect(resolveStagingBucket(question({ argument }), env)).toEqual({ bucket, source, from });
  });

  it('takes the environment that is asked for', () => {
    expect(resolveStagingBucket(question({ env: 'production' }), {})).toMatchObject({
      bucket: 'prod-bucket',
      source: 'default',
    });
  });

  it.each(['staging', 'production'] as const)('never lets %s fall to the bucket of development', (env) => {
    const defaults = { ...DEFAULTS, [env]: null };
    expect(thrownBy(() => resolveStagingBucket(question({ env, defaults }), {}))).toMatchObject({
      code: 'CrossEnvironment',
      message: expect.stringContaining(`environments.${env}.staging_bucket`) as unknown,
    });
  });

  it.each([
    ['argument', {}, 'dev-bucket'],
    ['environment', { LONGHAUL_STAGING_BUCKET: 'dev-bucket' }, undefined],
    ['override', { LONGHAUL_STAGING_BUCKET_OVERRIDE: 'dev-bucket' }, undefined],
  ])('refuses the bucket of another environment from the %s', (_, env, argument) => {
    expect(thrownBy(() => resolveStagingBucket(question({ env: 'production', argument }), env))).toMatchObject({
      code: 'CrossEnvironment',
      message: expect.stringContaining('dev-bucket') as unknown,
    });
  });

  it('says where a bucket can be named when nobody has', () => {
    expect(thrownBy(() => resolveStagingBucket(question({ defaults: {} }), {}))).toMatchObject({
      code: 'StagingBucketMissing',
      message: expect.stringMatching(/s3_bucket.*LONGHAUL_STAGING_BUCKET.*environments\.development/) as unknown,
    });
  });

  it('refuses a variable that holds no bucket name', () => {
    expect(thrownBy(() => resolveStagingBucket(question(), { LONGHAUL_STAGING_BUCKET: 'a/b c' }))).toMatchObject({
      code: 'ConfigInvalid',
      message: expect.stringContaining('LONGHAUL_STAGING_BUCKET') as unknown,
    });
  });
});
