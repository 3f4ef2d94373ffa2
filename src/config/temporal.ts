/** How to reach Temporal: its own environment configuration (profiles in temporal.toml, TEMPORAL_* variables). */
import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';
import { LonghaulError } from '../model/errors';
import { childEnv } from './environment';
import type { EnvironmentVariables } from './read-variable';

export interface TemporalConnectionSettings {
  readonly address: string;
  readonly namespace: string;
  readonly tls: boolean;
  /** For Connection.connect and NativeConnection.connect. Holds the API key and TLS key: never log it. */
  readonly connectionOptions: ClientConnectConfig['connectionOptions'] & { readonly address: string };
}

/**
 * Reads the settings of the Temporal client; 127.0.0.1:7233 and namespace `default` where nothing is set.
 * Throws ConfigInvalid where a profile or file cannot be used.
 * Source: https://docs.temporal.io/develop/environment-configuration
 */
export const temporalConnection = (env: EnvironmentVariables = process.env): TemporalConnectionSettings => {
  let config: ClientConnectConfig;
  try {
    config = loadClientConnectConfig({ overrideEnvVars: childEnv({}, env) });
  } catch (error) {
    // The first line alone: a TOML fault goes on to quote the file, which may hold an API key.
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    const file = env.TEMPORAL_CONFIG_FILE === undefined ? '' : ` (TEMPORAL_CONFIG_FILE is ${env.TEMPORAL_CONFIG_FILE})`;
    throw new LonghaulError('ConfigInvalid', `Temporal's environment configuration cannot be used: ${reason}${file}.`);
  }
  const { tls, address, ...rest } = config.connectionOptions;
  const resolved = address === undefined || address === '' ? '127.0.0.1:7233' : address;
  return {
    address: resolved,
    namespace: config.namespace === undefined || config.namespace === '' ? 'default' : config.namespace,
    tls: tls !== undefined && tls !== false && tls !== null,
    connectionOptions: { ...rest, ...(tls === undefined ? {} : { tls }), address: resolved },
  };
};
