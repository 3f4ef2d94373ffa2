/** Settings of the process. This folder is the only reader of process.env. */
import { homedir, hostname } from 'node:os';
import * as path from 'node:path';
import { MAX_WORKERS_LIMIT } from '../model/run';
import { BRIDGE_VARIABLES } from './bridge-variables';
import { deploymentVersion } from './deployment-version';
import { EVENT_VARIABLES } from './event-variables';
import { INGEST_VARIABLES } from './ingest-variables';
import { PAYLOAD_VARIABLES } from './payload-variables';
import { TRACING_VARIABLES } from './tracing-variables';
import { LOG_LEVELS } from './project-schema';
import {
  type EnvironmentVariables,
  readAddress,
  readBytesPerSec,
  readChoice,
  readInteger,
  readVariable,
} from './read-variable';
import type { Environment } from './types';

/** Calls to one vendor per second, over all workers: most vendors throttle earlier than they can serve. */
const API_CALLS_PER_SECOND = 100;
const MAX_RATE = 100_000;

/** For docs/reference/environment.md. */
export const ENVIRONMENT_VARIABLES = [
  { name: 'LONGHAUL_CONFIG_DIR', default: './configs', meaning: 'Folder that holds one folder per project.' },
  { name: 'LONGHAUL_LOG_LEVEL', default: 'INFO', meaning: 'DEBUG, INFO, WARNING or ERROR.' },
  {
    name: 'LONGHAUL_LOG_FORMAT',
    default: 'json',
    meaning: '`json`: one object per line. `pretty`: plain lines for people.',
  },
  {
    name: 'LONGHAUL_TRANSFER_MEMORY_MB',
    default: '128',
    meaning: 'Upper bound of all part buffers of the process, in MiB.',
  },
  {
    name: 'LONGHAUL_MAX_BYTES_PER_SEC',
    default: 'none',
    meaning:
      'Upper bound of the bytes per second that this process reads from sources, over all its runs and events. What it writes follows from it.',
  },
  { name: 'LONGHAUL_TRANSFER_SLOTS', default: '32', meaning: 'Transfer activities at once in this process.' },
  {
    name: 'LONGHAUL_MAX_WORKERS',
    default: '256',
    meaning:
      'Records that one run moves at once, at most, whatever `max_workers` says and an operator asks for. Below the slots of all transfer workers no run takes all of them.',
  },
  {
    name: 'LONGHAUL_TRANSFERS_PER_SEC',
    default: 'off',
    meaning:
      'Activities that begin per second on the queue `longhaul-transfer`, over all workers. The same on each of them: the last that asks wins.',
  },
  {
    name: 'LONGHAUL_API_CALLS_PER_SEC',
    default: '100',
    meaning: 'The same of the queue `longhaul-api`: calls to vendors, manifests, reports.',
  },
  {
    name: 'LONGHAUL_BUILD_ID',
    default: 'off',
    meaning:
      'The build that this worker is, for [upgrades by versions](../guide-upgrade.md). Off: workers have no versions.',
  },
  {
    name: 'LONGHAUL_DEPLOYMENT_NAME',
    default: 'longhaul',
    meaning: 'The deployment whose build that is: the same on all workers that serve one namespace, of every role.',
  },
  {
    name: 'LONGHAUL_METRICS_ADDRESS',
    default: 'off',
    meaning: 'Address of the Prometheus metrics of the Temporal SDK, `host:port`.',
  },
  {
    name: 'LONGHAUL_HEALTH_ADDRESS',
    default: 'off',
    meaning: 'Address of /health, /ready and /metrics (of the transfers), `host:port`.',
  },
  {
    name: 'LONGHAUL_HOST',
    default: 'host name',
    meaning:
      'Names the local disk that restores write to: the same on every worker of one machine, another on each machine.',
  },
  {
    name: 'XDG_CACHE_HOME',
    default: '~/.cache',
    meaning: 'Folder whose `longhaul` folder keeps the tools of the embedded stack.',
  },
  {
    name: 'LONGHAUL_TEMPORAL_PATH',
    default: 'found',
    meaning: 'The `temporal` program that the embedded stack starts.',
  },
  {
    name: 'LONGHAUL_VERSITYGW_PATH',
    default: 'found',
    meaning: 'The `versitygw` program that the embedded stack starts.',
  },
  {
    name: 'LONGHAUL_ELASTICMQ_PATH',
    default: 'found',
    meaning: 'The folder of jars of the SQS server that `longhaul dev --with bridge` starts.',
  },
  {
    name: 'LONGHAUL_PUBSUB_EMULATOR_PATH',
    default: 'found',
    meaning: 'The program of the Pub/Sub server that `longhaul dev --with bridge` starts.',
  },
  {
    name: 'LONGHAUL_FAKE_GCS_SERVER_PATH',
    default: 'found',
    meaning: 'The `fake-gcs-server` program that one test compares our double of Cloud Storage with.',
  },
  {
    name: 'LONGHAUL_DOWNLOAD_URL',
    default: 'https://github.com',
    meaning: 'A mirror to download these programs from; their checksums are pinned all the same.',
  },
  {
    name: 'LONGHAUL_STAGING_BUCKET',
    default: 'none',
    meaning: '`loadToPostgres`: staging bucket where the input names none; before the default of the environment.',
  },
  {
    name: 'LONGHAUL_STAGING_BUCKET_OVERRIDE',
    default: 'none',
    meaning: '`loadToPostgres`: staging bucket of every load of this worker, whatever the input says.',
  },
  {
    name: 'PYSPARK_TEMP_S3_BUCKET',
    default: 'none',
    meaning: '`loadToPostgres`: the same as LONGHAUL_STAGING_BUCKET_OVERRIDE, which wins; existing deployments set it.',
  },
  ...INGEST_VARIABLES,
  ...EVENT_VARIABLES,
  ...BRIDGE_VARIABLES,
  ...PAYLOAD_VARIABLES,
  ...TRACING_VARIABLES,
] as const;

const cacheDirOf = (env: EnvironmentVariables): string => {
  const base = readVariable(env, 'XDG_CACHE_HOME');
  // XDG base directory specification: a relative path is invalid and ignored.
  const root =
    base !== null && path.isAbsolute(base) ? base : path.join(readVariable(env, 'HOME') ?? homedir(), '.cache');
  return path.join(root, 'longhaul');
};

/** Reads the settings of the process. Throws ConfigInvalid that names the variable, what was expected and what is there. */
export const readEnvironment = (env: EnvironmentVariables = process.env): Environment => ({
  configDir: path.resolve(readVariable(env, 'LONGHAUL_CONFIG_DIR') ?? 'configs'),
  logLevel: readChoice(env, 'LONGHAUL_LOG_LEVEL', 'INFO', LOG_LEVELS),
  logFormat: readChoice(env, 'LONGHAUL_LOG_FORMAT', 'json', ['json', 'pretty']),
  transferMemoryBytes: readInteger(env, 'LONGHAUL_TRANSFER_MEMORY_MB', 128, 16, 1024 ** 2) * 1024 ** 2,
  maxBytesPerSec: readBytesPerSec(env, 'LONGHAUL_MAX_BYTES_PER_SEC'),
  transferSlots: readInteger(env, 'LONGHAUL_TRANSFER_SLOTS', 32, 1, 1024),
  maxWorkers: readInteger(env, 'LONGHAUL_MAX_WORKERS', MAX_WORKERS_LIMIT, 1, MAX_WORKERS_LIMIT),
  apiCallsPerSec: readInteger(env, 'LONGHAUL_API_CALLS_PER_SEC', API_CALLS_PER_SECOND, 1, MAX_RATE),
  transfersPerSec: readInteger(env, 'LONGHAUL_TRANSFERS_PER_SEC', 0, 1, MAX_RATE) || null,
  deployment: deploymentVersion(env),
  metricsAddress: readAddress(env, 'LONGHAUL_METRICS_ADDRESS'),
  healthAddress: readAddress(env, 'LONGHAUL_HEALTH_ADDRESS'),
  cacheDir: cacheDirOf(env),
  host: (readVariable(env, 'LONGHAUL_HOST') ?? hostname()).replace(/[^A-Za-z0-9._-]/g, '-'),
});

/** The environment for a process that we start: ours, with `overrides`; an override of undefined removes the variable. */
export const childEnv = (
  overrides: EnvironmentVariables = {},
  env: EnvironmentVariables = process.env,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries({ ...env, ...overrides }).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
