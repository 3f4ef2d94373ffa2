import { loadIngestConfig } from '../../../src/config/ingest';
import { DEFAULT_FILE_NAMES } from '../../../src/config/ingest-file-names';
import { errorOf } from './support';

const BUCKET = { BUCKET_NAME: 'a-bucket' };
const MIB = 1024 ** 2;

test('defaults', () => {
  expect(loadIngestConfig({ env: BUCKET })).toEqual({
    project: 'a-bucket',
    aws: {
      region: 'us-east-1',
      endpoint: null,
      forcePathStyle: false,
      credentials: { kind: 'default' },
      targetBucket: 'a-bucket',
      targetPrefix: 'raw',
      controlPrefix: '_longhaul/ingest',
      maxWorkers: 2,
      httpDownloadTimeoutMs: 300_000,
      partSizeBytes: 50 * MIB,
      publish: 'direct',
      cleanup: 'run',
      serverSideEncryption: null,
      kmsKeyId: null,
    },
    transfer: {
      onError: 'continue',
      toleratedFailures: { percent: 100 },
      allowedHosts: [],
      maxBytesPerSec: null,
      lanes: 2,
      maxLanes: 2,
      pageRecords: 300,
      stallTimeoutMs: 30_000,
      retryForMs: 900_000,
      copyPartThresholdBytes: 5_000_000_000,
    },
    logging: { level: 'INFO' },
    ingest: {
      parametersKey: 'config/parameters.json',
      fileNames: DEFAULT_FILE_NAMES,
      contentType: 'text/csv',
      onCollision: 'error',
      skipUnchanged: false,
      httpChunkBytes: MIB,
      headerVariables: null,
    },
  });
});

test('every variable is read, and the input wins over it', () => {
  const env = {
    ...BUCKET,
    PATH_PREFIX: '/landing/csv/',
    CONCURRENCY: '8',
    S3_PART_MB: '5',
    HTTP_CHUNK_KB: '64',
    LOG_LEVEL: 'debug',
    LONGHAUL_INGEST_FILE_NAMES: '{"sales": "all sales.csv"}',
    LONGHAUL_INGEST_CONTENT_TYPE: 'detect',
    LONGHAUL_INGEST_ON_COLLISION: 'number',
    LONGHAUL_INGEST_SKIP_UNCHANGED: 'true',
    LONGHAUL_INGEST_ALLOWED_HOSTS: '127.0.0.1, 10.0.0.0/8,files.internal:8080',
    LONGHAUL_INGEST_HEADER_VARIABLES: 'VENDOR_HEADERS',
    LONGHAUL_INGEST_MAX_BYTES_PER_SEC: '1000',
    LONGHAUL_INGEST_RETRY_FOR_SEC: '60',
    LONGHAUL_INGEST_STALL_TIMEOUT_SEC: '5',
    LONGHAUL_INGEST_CONTROL_PREFIX: 'ops/ingest/',
  };
  const config = loadIngestConfig({ env });
  expect(config.aws).toMatchObject({ targetPrefix: 'landing/csv', controlPrefix: 'ops/ingest', maxWorkers: 8 });
  expect(config.aws.partSizeBytes).toBe(5 * MIB);
  expect(config.transfer).toMatchObject({ maxBytesPerSec: 1000, retryForMs: 60_000, stallTimeoutMs: 5_000 });
  expect(config.transfer.allowedHosts).toEqual(['127.0.0.1', '10.0.0.0/8', 'files.internal:8080']);
  expect(config.logging.level).toBe('DEBUG');
  expect(config.ingest).toMatchObject({
    fileNames: [{ match: 'sales', name: 'all sales.csv' }],
    contentType: null,
    onCollision: 'number',
    skipUnchanged: true,
    httpChunkBytes: 65_536,
    headerVariables: ['VENDOR_HEADERS'],
  });
  const set = { concurrency: 3, s3PartMb: 6, contentType: 'text/plain', skipUnchanged: false };
  const overridden = loadIngestConfig({ env, bucket: 'another', set });
  expect(overridden.aws).toMatchObject({ targetBucket: 'another', maxWorkers: 3, partSizeBytes: 6 * MIB });
  expect(overridden.ingest).toMatchObject({ contentType: 'text/plain', skipUnchanged: false, onCollision: 'number' });
});

test('S3 by the variables of the AWS SDK', () => {
  const keys = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'very-secret', AWS_SESSION_TOKEN: 'very-token' };
  const env = {
    ...BUCKET,
    ...keys,
    AWS_ENDPOINT_URL: 'http://a:1',
    AWS_ENDPOINT_URL_S3: 'http://b:2',
    AWS_REGION: 'eu-west-1',
  };
  const { aws } = loadIngestConfig({ env });
  expect(aws).toMatchObject({ region: 'eu-west-1', endpoint: 'http://b:2', forcePathStyle: true });
  expect(aws.credentials).toMatchObject({ kind: 'keys', accessKeyId: 'AKIA' });
  expect(JSON.stringify(aws)).not.toContain('very-');
  expect(loadIngestConfig({ env: { ...env, AWS_PROFILE: 'p' } }).aws.credentials).toEqual({ kind: 'default' });
  expect(loadIngestConfig({ env: { ...BUCKET, AWS_ENDPOINT_URL: 'http://a:1' } }).aws.endpoint).toBe('http://a:1');
});

test.each([
  [{}, 'ParametersLoad', /^BUCKET_NAME is missing/],
  [{ BUCKET_NAME: ' ' }, 'ParametersLoad', /^BUCKET_NAME is missing/],
  [{ BUCKET_NAME: 's3://x' }, 'ParametersLoad', /^BUCKET_NAME must be the name of a bucket/],
  [
    { ...BUCKET, S3_PART_MB: '4' },
    'ConfigInvalid',
    /^Environment variable S3_PART_MB .*from 5 to 5120, got the text "4"/,
  ],
  [
    { ...BUCKET, PATH_PREFIX: '_longhaul/ingest/x' },
    'ConfigInvalid',
    /^Environment variable PATH_PREFIX must not lie in/,
  ],
  [{ ...BUCKET, LONGHAUL_INGEST_ALLOWED_HOSTS: '10.0.0.0/99' }, 'ConfigInvalid', /LONGHAUL_INGEST_ALLOWED_HOSTS/],
  [{ ...BUCKET, LONGHAUL_INGEST_RETRY_FOR_SEC: '0' }, 'ConfigInvalid', /LONGHAUL_INGEST_RETRY_FOR_SEC/],
  [{ ...BUCKET, LONGHAUL_INGEST_CONTROL_PREFIX: '/' }, 'ConfigInvalid', /must not be empty/],
  [{ ...BUCKET, LONGHAUL_INGEST_FILE_NAMES: 'sales' }, 'ConfigInvalid', /not JSON/],
  [{ ...BUCKET, LONGHAUL_INGEST_FILE_NAMES: '{"a": "../x"}' }, 'ConfigInvalid', /one segment of a key/],
  [
    { ...BUCKET, AWS_ENDPOINT_URL_S3: 'http://u:secret@h' },
    'ConfigInvalid',
    /^[^@]*without path, query and credentials/,
  ],
])('refuses %j', (env: Record<string, string>, code, message) => {
  expect(errorOf(() => loadIngestConfig({ env }))).toMatchObject({
    code,
    message: expect.stringMatching(message) as string,
  });
});

test('a wrong override is a fault of the input, and trust cannot be overridden', () => {
  const refusal = (set: Record<string, string | number>): unknown =>
    errorOf(() => loadIngestConfig({ env: BUCKET, set }));
  expect(refusal({ s3PartMb: 4 })).toMatchObject({
    code: 'InvalidInput',
    message: expect.stringContaining('from 5') as string,
  });
  expect(refusal({ allowedHosts: '127.0.0.1' })).toMatchObject({ code: 'InvalidInput' });
});
