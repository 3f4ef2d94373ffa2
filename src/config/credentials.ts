/** The AWS credentials of a section of a config file: the same four keys wherever they stand. */
import { Secret } from '../model/secret';
import type { Problem } from './problems';
import type { AwsCredentialsSource } from './types';

export interface CredentialKeys {
  readonly profile: string | null;
  readonly access_key_id: string | null;
  readonly secret_access_key: string | null;
  readonly session_token: string | null;
}

/** Explicit keys, else the profile, else the default chain of the SDK. */
export const credentialsOf = (keys: CredentialKeys): AwsCredentialsSource => {
  if (keys.access_key_id !== null && keys.secret_access_key !== null) {
    return {
      kind: 'keys',
      accessKeyId: keys.access_key_id,
      secretAccessKey: new Secret(keys.secret_access_key),
      ...(keys.session_token === null ? {} : { sessionToken: new Secret(keys.session_token) }),
    };
  }
  return keys.profile === null ? { kind: 'default' } : { kind: 'profile', profile: keys.profile };
};

/** Half a pair would fall back to the worker's own role silently, and act with the wrong identity. */
export const credentialFaults = (section: string, keys: CredentialKeys): Problem[] => {
  const faults: Problem[] = [];
  const fault = (key: keyof CredentialKeys, text: string): void => {
    faults.push({ path: [section, key], text: `${section}.${key} needs ${text} beside it` });
  };
  if (keys.access_key_id !== null && keys.secret_access_key === null) {
    fault('access_key_id', `${section}.secret_access_key`);
  }
  if (keys.secret_access_key !== null && keys.access_key_id === null) {
    fault('secret_access_key', `${section}.access_key_id`);
  }
  if (keys.session_token !== null && keys.access_key_id === null) {
    fault('session_token', `${section}.access_key_id and ${section}.secret_access_key`);
  }
  return faults;
};
