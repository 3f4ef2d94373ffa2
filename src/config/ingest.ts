/**
 * The configuration of `ingestUrls`: there is no config.json, everything comes from the worker's environment, and what a
 * run may change comes from its input. Which private hosts may be read and where credentials come from is not among that:
 * whoever may start workflows must not decide whom the worker trusts.
 */
import { LonghaulError } from '../model/errors';
import { checkIngestSetting, INGEST_NAMES } from '../model/ingest-input';
import { INGEST_OVERRIDES, type IngestOverride } from '../model/ingest-run';
import type { Overrides } from '../model/run';
import type { EnvironmentVariables } from './read-variable';
import { DEFAULT_FILE_NAMES, parseFileNames } from './ingest-file-names';
import type { IngestConfig } from './ingest-types';
import { storeFromEnvironment } from './store-environment';
import { isAllowedHost } from './value-rules';

export type { FileNameRule, IngestConfig } from './ingest-types';

const KIB = 1024;
const MIB = 1024 ** 2;
const PARAMETERS_KEY = 'config/parameters.json';
const DEFAULT_CONTROL_PREFIX = '_longhaul/ingest';
/** Two parts of a file move at once, so that memory is CONCURRENCY × 2 × S3_PART_MB. */
const LANES = 2;
const PAGE_RECORDS = 300;
const HTTP_TIMEOUT_MS = 300_000;
/** S3's limit for CopyObject; nothing is copied here. */
const COPY_OBJECT_LIMIT_BYTES = 5_000_000_000;

const DEFAULTS = {
  pathPrefix: 'raw',
  concurrency: 2,
  s3PartMb: 50,
  httpChunkKb: 1024,
  logLevel: 'INFO',
  skipUnchanged: false,
  onCollision: 'error',
  contentType: 'text/csv',
  maxBytesPerSec: null,
} as const satisfies Record<IngestOverride, unknown>;
type Settings = {
  -readonly [K in IngestOverride]: (typeof DEFAULTS)[K] extends null
    ? number | null
    : (typeof DEFAULTS)[K] extends number
      ? number
      : (typeof DEFAULTS)[K] extends boolean
        ? boolean
        : string;
};

export interface LoadIngestOptions {
  readonly env?: EnvironmentVariables;
  /** Wins over BUCKET_NAME; empty means not given. */
  readonly bucket?: string | undefined;
  /** `ingestOverrides` of the input. */
  readonly set?: Overrides | undefined;
}

/** An empty variable counts as not set: that is how orchestrators write "none". */
const read = (env: EnvironmentVariables, name: string): string | undefined => env[name]?.trim() || undefined;

const invalid = (name: string, fault: string): LonghaulError =>
  new LonghaulError('ConfigInvalid', `Environment variable ${name} ${fault}.`);

/** Each setting from the input, else the environment, else its default; a fault says which of them it came from. */
const readSettings = (env: EnvironmentVariables, set: Overrides): Settings => {
  const unknown = Object.keys(set).find((name) => !(INGEST_OVERRIDES as readonly string[]).includes(name));
  if (unknown !== undefined) throw new LonghaulError('InvalidInput', `Setting "${unknown}" cannot be overridden.`);
  const settings = INGEST_OVERRIDES.map((field) => {
    const variable = INGEST_NAMES[field];
    const given = set[field] ?? undefined;
    const raw = given ?? read(env, variable);
    if (raw === undefined) return [field, DEFAULTS[field]];
    const checked = checkIngestSetting(field, raw);
    if (!('fault' in checked)) return [field, checked.value];
    throw given === undefined
      ? invalid(variable, checked.fault)
      : new LonghaulError('InvalidInput', `Input field "${field}" ${checked.fault}.`);
  });
  return Object.fromEntries(settings) as Settings;
};

const bucketOf = (env: EnvironmentVariables, given: string | undefined): string => {
  const bucket = given || read(env, 'BUCKET_NAME');
  if (bucket === undefined) {
    throw new LonghaulError(
      'ParametersLoad',
      'BUCKET_NAME is missing: neither the input ("bucket") nor the environment of the worker names the bucket.',
    );
  }
  const checked = checkIngestSetting('bucket', bucket);
  if ('fault' in checked) throw new LonghaulError('ParametersLoad', `BUCKET_NAME ${checked.fault}.`);
  return bucket;
};

const integer = (env: EnvironmentVariables, name: string, min: number): number | null => {
  const text = read(env, name);
  if (text === undefined) return null;
  if (!/^\d{1,15}$/.test(text) || Number(text) < min)
    throw invalid(name, `must be a whole number from ${min}, got "${text.slice(0, 60)}"`);
  return Number(text);
};

const list = (env: EnvironmentVariables, name: string): string[] | null =>
  read(env, name)
    ?.split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '') ?? null;

const allowedHosts = (env: EnvironmentVariables): string[] => {
  const name = 'LONGHAUL_INGEST_ALLOWED_HOSTS';
  const hosts = list(env, name) ?? [];
  const wrong = hosts.find((host) => !isAllowedHost(host));
  if (wrong !== undefined)
    throw invalid(name, `must hold host names, host:port or CIDR blocks, got "${wrong.slice(0, 60)}"`);
  return hosts;
};

const controlPrefixOf = (env: EnvironmentVariables): string => {
  const name = 'LONGHAUL_INGEST_CONTROL_PREFIX';
  const checked = checkIngestSetting('pathPrefix', read(env, name) ?? DEFAULT_CONTROL_PREFIX);
  if ('fault' in checked) throw invalid(name, checked.fault);
  // At the bucket's top it would mix with everything else, and a listing of it would be one of the bucket.
  if (checked.value === '') throw invalid(name, 'must not be empty');
  return String(checked.value);
};

/**
 * Reads and checks everything; nothing is contacted. Throws ParametersLoad where no bucket is named, ConfigInvalid that
 * names the variable, InvalidInput that names the field of the input.
 */
export const loadIngestConfig = (options: LoadIngestOptions = {}): IngestConfig => {
  const env = options.env ?? process.env;
  const bucket = bucketOf(env, options.bucket);
  const settings = readSettings(env, options.set ?? {});
  const fileNames = read(env, 'LONGHAUL_INGEST_FILE_NAMES');
  const controlPrefix = controlPrefixOf(env);
  if (`${settings.pathPrefix}/`.startsWith(`${controlPrefix}/`)) {
    throw invalid('PATH_PREFIX', `must not lie in ${controlPrefix}, where the runs keep their own files`);
  }
  return {
    project: bucket,
    aws: {
      ...storeFromEnvironment(env),
      targetBucket: bucket,
      targetPrefix: settings.pathPrefix,
      controlPrefix,
      maxWorkers: settings.concurrency,
      httpDownloadTimeoutMs: HTTP_TIMEOUT_MS,
      partSizeBytes: settings.s3PartMb * MIB,
      publish: 'direct',
      cleanup: 'run',
      serverSideEncryption: null,
      kmsKeyId: null,
    },
    transfer: {
      // The other files go on, and the result says what failed.
      onError: 'continue',
      toleratedFailures: { percent: 100 },
      allowedHosts: allowedHosts(env),
      maxBytesPerSec: settings.maxBytesPerSec,
      lanes: LANES,
      maxLanes: LANES,
      pageRecords: PAGE_RECORDS,
      stallTimeoutMs: (integer(env, 'LONGHAUL_INGEST_STALL_TIMEOUT_SEC', 1) ?? 30) * 1000,
      retryForMs: (integer(env, 'LONGHAUL_INGEST_RETRY_FOR_SEC', 1) ?? 900) * 1000,
      copyPartThresholdBytes: COPY_OBJECT_LIMIT_BYTES,
    },
    logging: { level: settings.logLevel as IngestConfig['logging']['level'] },
    ingest: {
      parametersKey: PARAMETERS_KEY,
      fileNames: fileNames === undefined ? DEFAULT_FILE_NAMES : parseFileNames(fileNames),
      contentType: settings.contentType === 'detect' ? null : settings.contentType,
      onCollision: settings.onCollision as IngestConfig['ingest']['onCollision'],
      skipUnchanged: settings.skipUnchanged,
      httpChunkBytes: settings.httpChunkKb * KIB,
      headerVariables: list(env, 'LONGHAUL_INGEST_HEADER_VARIABLES'),
    },
  };
};
