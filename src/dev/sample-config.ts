/** The project `sample`: its config.json, written for the addresses and keys of one embedded stack. */
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import type { StackDescription } from './types';

export const SAMPLE_PROJECT = 'sample';

/** Overrides one level deep: `{aws: {publish: 'direct'}}` keeps the other keys of `aws`. */
export type ConfigOverrides = Record<string, Record<string, unknown>>;

/** A config.json of the shape of docs/reference/configuration.md that reads from and writes to the stack. */
export const sampleConfig = (
  stack: Pick<StackDescription, 's3' | 'exportApi'>,
  targetBucket: string,
  overrides: ConfigOverrides = {},
): ConfigOverrides => {
  const config: ConfigOverrides = {
    api_: { endpoint: stack.exportApi.endpoint, api_key: stack.exportApi.apiKey, poll_interval_sec: 1 },
    aws: {
      target_bucket: targetBucket,
      target_prefix: 'sample/data',
      region: stack.s3.region,
      endpoint: stack.s3.endpoint,
      force_path_style: true,
      access_key_id: stack.s3.accessKeyId,
      secret_access_key: stack.s3.secretAccessKey,
    },
    transfer: { allowed_hosts: ['127.0.0.1'] },
    logging: { level: 'INFO' },
  };
  for (const [section, values] of Object.entries(overrides)) config[section] = { ...config[section], ...values };
  return config;
};

/** Writes `<configDir>/<project>/config.json`, readable by its owner alone because it holds keys. */
export const writeProjectConfig = (configDir: string, project: string, config: ConfigOverrides): void => {
  const folder = path.join(configDir, project);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'config.json'), `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
};
