/** Loads a project: configs/<project>/config.json, checked as a whole, with defaults, units and secrets wrapped. */
import { LonghaulError } from '../model/errors';
import { Secret } from '../model/secret';
import { ConfigText } from './config-text';
import { credentialsOf } from './credentials';
import { readEnvironment } from './environment';
import type { EnvironmentVariables } from './read-variable';
import { maxLanesOf } from './lanes';
import { applyOverrides, type Overrides } from './overrides';
import { problemsOf } from './problems';
import { reportProblems } from './report-problems';
import { readConfigText } from './project-dir';
import { projectSchema, type ProjectFile } from './project-schema';
import { crossFaults } from './project-rules';
import { providerFaults } from './provider-rules';
import { providerSettings } from './provider-settings';
import type { ProjectConfig } from './types';
import { trimSlashes } from './value-rules';

export { listProjects } from './project-dir';

const MIB = 1024 ** 2;

export interface LoadProjectOptions {
  /** Folder of the project folders; LONGHAUL_CONFIG_DIR by default. */
  readonly configDir?: string;
  readonly env?: EnvironmentVariables;
  /** Overrides by dotted name: `{"aws.max_workers": 4}`. */
  readonly set?: Overrides | undefined;
}

const findApiKey = (api: ProjectFile['api_'], env: EnvironmentVariables): { apiKey: Secret | null; source: string } => {
  const given = api.api_key?.trim() ?? '';
  if (given !== '') return { apiKey: new Secret(given), source: 'api_.api_key' };
  if (api.api_key_env === null) return { apiKey: null, source: 'neither api_.api_key nor api_.api_key_env is set' };
  const variable = `environment variable ${api.api_key_env} (api_.api_key_env)`;
  // Files and secret stores like to end a value with a line feed, which no HTTP header may hold.
  const value = env[api.api_key_env]?.trim();
  if (value === undefined) return { apiKey: null, source: `${variable} is not set` };
  return value === ''
    ? { apiKey: null, source: `${variable} is empty` }
    : { apiKey: new Secret(value), source: variable };
};

const toleratedOf = (value: string | number): ProjectConfig['transfer']['toleratedFailures'] =>
  typeof value === 'number' ? { count: value } : { percent: Number(value.slice(0, -1)) };

const resolve = (project: string, file: ProjectFile, env: EnvironmentVariables): ProjectConfig => {
  const { api_: api, aws, transfer, temporal } = file;
  const { apiKey, source } = findApiKey(api, env);
  const targetPrefix = trimSlashes(aws.target_prefix);
  const controlPrefix = targetPrefix === '' ? '_longhaul' : `${targetPrefix}/_longhaul`;
  return {
    project,
    api: {
      provider: api.provider,
      endpoint: api.endpoint,
      apiKey,
      apiKeyNamed: (api.api_key ?? api.api_key_env) !== null,
      apiKeySource: source,
      organizationId: api.organization_id,
      pollIntervalMs: api.poll_interval_sec * 1000,
      exportTimeoutMs: api.export_timeout_sec * 1000,
      httpTimeoutMs: api.http_timeout_sec * 1000,
    },
    aws: {
      region: aws.region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-east-1'),
      endpoint: aws.endpoint,
      forcePathStyle: aws.force_path_style ?? aws.endpoint !== null,
      credentials: credentialsOf(aws),
      targetBucket: aws.target_bucket,
      targetPrefix,
      controlPrefix: aws.control_prefix === null ? controlPrefix : trimSlashes(aws.control_prefix),
      maxWorkers: aws.max_workers,
      httpDownloadTimeoutMs: aws.http_download_timeout_sec * 1000,
      partSizeBytes: aws.part_size_mb * MIB,
      publish: aws.publish,
      cleanup: aws.cleanup,
      keyTemplate: aws.key_template,
      serverSideEncryption: aws.server_side_encryption,
      kmsKeyId: aws.kms_key_id,
    },
    temporal: { priority: temporal.priority, fairnessWeight: temporal.fairness_weight },
    providers: providerSettings(file),
    transfer: {
      onError: transfer.on_error,
      toleratedFailures: toleratedOf(transfer.tolerated_failures),
      allowedHosts: transfer.allowed_hosts,
      maxBytesPerSec: transfer.max_bytes_per_sec,
      lanes: transfer.lanes,
      maxLanes: maxLanesOf(transfer.lanes, transfer.max_lanes),
      pageRecords: transfer.page_records,
      stallTimeoutMs: transfer.stall_timeout_sec * 1000,
      retryForMs: transfer.retry_for_sec * 1000,
      copyPartThresholdBytes: transfer.copy_part_threshold_mb * MIB,
    },
    logging: { level: file.logging.level },
  };
};

/**
 * Loads and checks one project. Nothing is contacted.
 * Throws ConfigNotFound, ConfigMalformed (line and column), ConfigInvalid (every problem at once), and InvalidInput for
 * a wrong project name or override. A missing API key is not an error here: see requireApiKey.
 */
export const loadProject = (project: string, options: LoadProjectOptions = {}): ProjectConfig => {
  const env = options.env ?? process.env;
  const source = readConfigText(options.configDir ?? readEnvironment(env).configDir, project);
  const text = new ConfigText(source.path, source.text);
  const set = options.set ?? {};
  const input = applyOverrides(text.value, set);
  const parsed = projectSchema.safeParse(input);
  const own = parsed.success ? crossFaults(parsed.data) : problemsOf(parsed.error.issues, input);
  const found = [...own, ...providerFaults(input)];
  const overridden = found.find((problem) => Object.hasOwn(set, problem.path.join('.')));
  if (overridden !== undefined) throw new LonghaulError('InvalidInput', `Override of ${overridden.text}.`);
  if (!parsed.success || found.length > 0 || text.repeatedKeys().length > 0) {
    throw new LonghaulError('ConfigInvalid', reportProblems(text, found));
  }
  return resolve(project, parsed.data, env);
};

/** The API key, or ApiKeyMissing that names the variable or key it should have come from. */
export const requireApiKey = (config: ProjectConfig): Secret => {
  if (config.api.apiKey !== null) return config.api.apiKey;
  throw new LonghaulError('ApiKeyMissing', `Project "${config.project}" has no API key: ${config.api.apiKeySource}.`);
};
