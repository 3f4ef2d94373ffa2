/** Loads the configuration of `loadToPostgres`: load.json in the config folder. */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { LonghaulError } from '../model/errors';
import type { LoadEnvironment } from '../model/load-run';
import { ConfigText } from './config-text';
import { credentialsOf } from './credentials';
import { readEnvironment } from './environment';
import type { EnvironmentVariables } from './read-variable';
import { loadCrossFaults, loadFileRules } from './load-rules';
import { loadSchema, type DataSetFile, type EnvironmentFile, type LoadFile } from './load-schema';
import type { DataSetColumn, DataSetConfig, LoadConfig, LoadEnvironmentConfig } from './load-types';
import { problemsOf } from './problems';
import { reportProblems } from './report-problems';
import type { SecretFromEnv } from './restore-types';
import { secretFromEnv } from './secret-from-env';
import { trimSlashes } from './value-rules';

const MIB = 1024 ** 2;
const LOAD_FILE_NAME = 'load.json';

export interface LoadLoadOptions {
  /** Folder of the file; LONGHAUL_CONFIG_DIR by default. */
  readonly configDir?: string;
  readonly env?: EnvironmentVariables;
}

const readText = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    const what = code === 'ENOENT' || code === 'ENOTDIR' ? 'There is no' : `Cannot read (${code})`;
    throw new LonghaulError('LoadConfigNotFound', `${what} ${file}.`, {}, { cause: error });
  }
};

const byEnvironment = <T>(of: (name: LoadEnvironment) => T): Record<LoadEnvironment, T> => ({
  development: of('development'),
  staging: of('staging'),
  production: of('production'),
});

const environmentOf = (name: LoadEnvironment, file: EnvironmentFile): LoadEnvironmentConfig => ({
  name,
  stagingBucket: file.staging_bucket,
  store: {
    region: file.region,
    endpoint: file.endpoint,
    forcePathStyle: file.force_path_style ?? file.endpoint !== null,
    credentials: credentialsOf(file),
  },
});

const columnOf = ({ name, from, type, constant }: DataSetFile['columns'][number]): DataSetColumn => ({
  name,
  from: constant === undefined ? (from ?? name) : null,
  constant,
  type,
});

const connectionOf = (
  { connection_env: named }: DataSetFile,
  environment: LoadEnvironment,
  env: EnvironmentVariables,
): SecretFromEnv => {
  const variable = typeof named === 'string' ? named : named[environment];
  if (variable !== undefined) return secretFromEnv(variable, env);
  return { value: null, source: `connection_env names no variable for ${environment}` };
};

const dataSetOf = (name: string, file: DataSetFile, env: EnvironmentVariables): DataSetConfig => {
  const parts = file.table.split('.');
  const table = parts.pop() ?? '';
  const timeoutSec = file.statement_timeout_sec;
  return {
    name,
    table: { schema: parts[0] ?? null, table },
    ledgerSchema: file.ledger_schema,
    columns: file.columns.map(columnOf),
    extraColumns: file.extra_columns,
    drop: file.drop,
    key: file.key,
    format: file.format,
    csv: {
      delimiter: file.csv.delimiter,
      quote: file.csv.quote,
      escape: file.csv.escape,
      header: file.csv.header,
      nullText: file.csv.null,
    },
    connections: byEnvironment((environment) => connectionOf(file, environment, env)),
    sslMode: file.sslmode ?? undefined,
    iam: file.iam,
    allowEmpty: file.allow_empty,
    rejectLimit: file.reject_limit,
    sampleRows: file.sample_rows,
    parallelism: file.parallelism,
    maxBytesPerSec: file.max_bytes_per_sec,
    chunkSizeBytes: Math.ceil(file.chunk_mb * MIB),
    via: file.via,
    retryForMs: file.retry_for_sec * 1000,
    stallTimeoutMs: file.stall_timeout_sec * 1000,
    lockWaitMs: file.lock_wait_sec * 1000,
    statementTimeoutMs: timeoutSec === null ? null : timeoutSec * 1000,
  };
};

const unknownDataSet = (name: string, source: string, known: readonly string[]): LonghaulError => {
  const shown = known.slice(0, 20).map((one) => `"${one}"`);
  const list = shown.length === 0 ? 'it has none' : `it has ${shown.join(', ')}`;
  return new LonghaulError('DataSetUnknown', `${source} has no data set "${name}": ${list}.`);
};

const resolve = (file: LoadFile, source: string, env: EnvironmentVariables): LoadConfig => {
  const dataSets = Object.keys(file.data_sets);
  return {
    path: source,
    controlPrefix: trimSlashes(file.control_prefix),
    environments: byEnvironment((name) => environmentOf(name, file.environments[name])),
    dataSets,
    dataSet: (name) => {
      // Not `in`: a data set of the name "constructor" is unknown too.
      const found = dataSets.includes(name) ? file.data_sets[name] : undefined;
      if (found === undefined) throw unknownDataSet(name, source, dataSets);
      return dataSetOf(name, found, env);
    },
  };
};

/** The default bucket of each environment. */
export const defaultBuckets = ({ environments }: LoadConfig): Record<LoadEnvironment, string | null> =>
  byEnvironment((name) => environments[name].stagingBucket);

/**
 * Loads and checks configs/load.json. Nothing is contacted.
 * Throws LoadConfigNotFound, ConfigMalformed (line and column), ConfigInvalid (every problem at once). A variable that is
 * not set is not an error here: `value` of its SecretFromEnv is null.
 */
export const loadLoadConfig = (options: LoadLoadOptions = {}): LoadConfig => {
  const env = options.env ?? process.env;
  const file = path.join(options.configDir ?? readEnvironment(env).configDir, LOAD_FILE_NAME);
  const text = new ConfigText(file, readText(file));
  const parsed = loadSchema.safeParse(text.value);
  const named: unknown = text.value['data_sets'];
  const names = typeof named === 'object' && named !== null ? Object.keys(named) : [];
  const found = parsed.success
    ? loadCrossFaults(parsed.data)
    : problemsOf(parsed.error.issues, text.value, loadFileRules(names));
  if (!parsed.success || found.length > 0 || text.repeatedKeys().length > 0) {
    throw new LonghaulError('ConfigInvalid', reportProblems(text, found));
  }
  return resolve(parsed.data, text.path, env);
};
