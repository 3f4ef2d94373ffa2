/** S3 as the environment gives it, for jobs without a configuration file. */
import { LonghaulError } from '../model/errors';
import { Secret } from '../model/secret';
import { type EnvironmentVariables, readVariable } from './read-variable';
import type { StoreConfig } from './types';

/**
 * Keys of the environment are taken here, as the default chain would, so that logs can hide them by their value.
 * Throws ConfigInvalid where the endpoint is no URL.
 */
export const storeFromEnvironment = (env: EnvironmentVariables): StoreConfig => {
  const read = (name: string): string | undefined => readVariable(env, name) ?? undefined;
  const endpoint = read('AWS_ENDPOINT_URL_S3') ?? read('AWS_ENDPOINT_URL') ?? null;
  if (endpoint !== null && !/^https?:\/\/[^/?#@]+\/?$/i.test(endpoint)) {
    throw new LonghaulError(
      'ConfigInvalid',
      'Environment variable AWS_ENDPOINT_URL_S3 must be an http or https URL without path, query and credentials.',
    );
  }
  const accessKeyId = read('AWS_ACCESS_KEY_ID');
  const secretAccessKey = read('AWS_SECRET_ACCESS_KEY');
  const sessionToken = read('AWS_SESSION_TOKEN');
  const hasKeys = accessKeyId !== undefined && secretAccessKey !== undefined && read('AWS_PROFILE') === undefined;
  return {
    region: read('AWS_REGION') ?? read('AWS_DEFAULT_REGION') ?? 'us-east-1',
    endpoint,
    forcePathStyle: endpoint !== null,
    credentials: hasKeys
      ? {
          kind: 'keys',
          accessKeyId,
          secretAccessKey: new Secret(secretAccessKey),
          ...(sessionToken === undefined ? {} : { sessionToken: new Secret(sessionToken) }),
        }
      : { kind: 'default' },
  };
};
