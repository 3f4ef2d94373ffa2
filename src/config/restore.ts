/** Loads the configuration of `restoreFiles`: restore.json, restore.yaml or restore.yml in the config folder. */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { LonghaulError } from '../model/errors';
import { ConfigText } from './config-text';
import { credentialsOf } from './credentials';
import { readEnvironment } from './environment';
import type { EnvironmentVariables } from './read-variable';
import { maxLanesOf } from './lanes';
import { applyOverrides, type Overrides } from './overrides';
import { problemsOf } from './problems';
import { reportProblems, type PlacedText } from './report-problems';
import { RESTORE_FILE_RULES, RESTORE_OVERRIDE_RULES, restoreCrossFaults } from './restore-rules';
import { restoreSchema, type RestoreFile } from './restore-schema';
import type { CatalogueConfig, RestoreConfig } from './restore-types';
import { secretFromEnv } from './secret-from-env';
import { YamlText } from './yaml-text';

export type { CatalogueConfig, RestoreConfig, SecretFromEnv } from './restore-types';

const MIB = 1024 ** 2;
const HOUR_MS = 3_600_000;
const RESTORE_FILE_NAMES = ['restore.json', 'restore.yaml', 'restore.yml'] as const;

export interface LoadRestoreOptions {
  /** Folder of the file; LONGHAUL_CONFIG_DIR by default. */
  readonly configDir?: string;
  readonly env?: EnvironmentVariables;
  /** Overrides by dotted name: `{"files_in_parallel": 2, "thaw.tier": "Bulk"}`. */
  readonly set?: Overrides | undefined;
}

/** Undefined where there is no such file. */
const readText = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new LonghaulError('RestoreConfigNotFound', `${file} cannot be read (${code}).`, {}, { cause: error });
  }
};

const findText = (configDir: string): PlacedText => {
  const found = RESTORE_FILE_NAMES.flatMap((name) => {
    const file = path.join(configDir, name);
    const text = readText(file);
    return text === undefined ? [] : [{ file, name, text }];
  });
  const [first, second] = found;
  if (first === undefined) {
    const names = RESTORE_FILE_NAMES.join(', ');
    throw new LonghaulError('RestoreConfigNotFound', `None of ${names} is in ${configDir}.`);
  }
  // Whichever wins, somebody would edit the other and wonder.
  if (second !== undefined) {
    throw new LonghaulError('ConfigInvalid', `${first.name} and ${second.name} are both in ${configDir}: keep one.`);
  }
  return first.name.endsWith('.json') ? new ConfigText(first.file, first.text) : new YamlText(first.file, first.text);
};

const catalogueOf = (file: RestoreFile['catalogue'], folder: string, env: EnvironmentVariables): CatalogueConfig => {
  const timeoutMs = file.timeout_sec * 1000;
  // Which keys go with which type is asked by restoreCrossFaults.
  const given = (value: string | null): string => value ?? '';
  switch (file.type) {
    case 'json':
      return { type: 'json', timeoutMs, path: path.resolve(folder, given(file.path)) };
    case 'postgres':
      return {
        type: 'postgres',
        timeoutMs,
        url: secretFromEnv(given(file.url_env), env),
        schema: file.schema,
        table: given(file.table),
        idColumn: file.id_column,
        column: file.column,
      };
    case 'mongodb':
      return {
        type: 'mongodb',
        timeoutMs,
        url: secretFromEnv(given(file.url_env), env),
        database: file.database,
        collection: given(file.collection),
      };
  }
};

const resolve = (file: RestoreFile, source: string, env: EnvironmentVariables): RestoreConfig => {
  const { s3, thaw, notify } = file;
  return {
    path: source,
    outputDir: path.normalize(file.locations.output),
    s3: {
      enabled: s3.enabled,
      region: s3.region,
      endpoint: s3.endpoint,
      forcePathStyle: s3.force_path_style ?? s3.endpoint !== null,
      credentials: credentialsOf(s3),
    },
    catalogue: catalogueOf(file.catalogue, path.dirname(source), env),
    chunkSizeBytes: file.chunk_size_mb * MIB,
    maxConcurrentRestores: file.max_concurrent_restores,
    filesInParallel: file.files_in_parallel,
    partSizeBytes: file.part_size_mb * MIB,
    maxBytesPerSec: file.max_bytes_per_sec,
    lanes: file.lanes,
    maxLanes: maxLanesOf(file.lanes, file.max_lanes),
    stallTimeoutMs: file.stall_timeout_sec * 1000,
    retryForMs: file.retry_for_sec * 1000,
    retries: file.retries,
    retryIntervalMs: file.retry_interval_sec * 1000,
    maxRunMs: file.max_run_hours * HOUR_MS,
    webhook: notify.webhook_url_env === null ? null : secretFromEnv(notify.webhook_url_env, env),
    thaw: {
      enabled: thaw.enabled,
      tier: thaw.tier,
      days: thaw.days,
      pollIntervalMs: thaw.poll_interval_sec * 1000,
    },
  };
};

/**
 * Loads and checks the restore file. Nothing is contacted and no folder looked at.
 * Throws RestoreConfigNotFound, ConfigMalformed (line and column), ConfigInvalid (every problem at once), and InvalidInput
 * for a wrong override. A variable that is not set is not an error here: `value` of its SecretFromEnv is null.
 */
export const loadRestoreConfig = (options: LoadRestoreOptions = {}): RestoreConfig => {
  const env = options.env ?? process.env;
  const text = findText(options.configDir ?? readEnvironment(env).configDir);
  const set = options.set ?? {};
  const input = applyOverrides(text.value, set, RESTORE_OVERRIDE_RULES);
  const parsed = restoreSchema.safeParse(input);
  const found = parsed.success
    ? restoreCrossFaults(parsed.data)
    : problemsOf(parsed.error.issues, input, RESTORE_FILE_RULES);
  const overridden = found.find((problem) => Object.hasOwn(set, problem.path.join('.')));
  if (overridden !== undefined) throw new LonghaulError('InvalidInput', `Override of ${overridden.text}.`);
  if (!parsed.success || found.length > 0 || text.repeatedKeys().length > 0) {
    throw new LonghaulError('ConfigInvalid', reportProblems(text, found));
  }
  return resolve(parsed.data, text.path, env);
};
