/** A secret that a config file names by the environment variable that holds it. */
import { Secret } from '../model/secret';
import type { EnvironmentVariables } from './read-variable';
import type { SecretFromEnv } from './restore-types';

/** Not an error where it is not set: the message belongs to whoever needs it. */
export const secretFromEnv = (name: string, env: EnvironmentVariables): SecretFromEnv => {
  // Files and secret stores like to end a value with a line feed.
  const value = env[name]?.trim();
  if (value === undefined) return { value: null, source: `environment variable ${name} is not set` };
  if (value === '') return { value: null, source: `environment variable ${name} is empty` };
  return { value: new Secret(value), source: `environment variable ${name}` };
};
