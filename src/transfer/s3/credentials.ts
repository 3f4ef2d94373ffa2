/** From the configuration's words to the SDK's credential providers. */
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { fromIni, fromNodeProviderChain, fromWebToken } from '@aws-sdk/credential-providers';
import type { AwsCredentialsSource } from '../../config/types';
import { googleIdToken } from '../gcs/credentials';

type Credentials = NonNullable<S3ClientConfig['credentials']>;

/** Keys as they are; a profile from the shared files (its role and SSO settings included); else the SDK's default chain. */
export function credentialsFor(source: AwsCredentialsSource, region: string): Credentials {
  switch (source.kind) {
    case 'keys':
      return {
        accessKeyId: source.accessKeyId,
        secretAccessKey: source.secretAccessKey.reveal(),
        ...(source.sessionToken === undefined ? {} : { sessionToken: source.sessionToken.reveal() }),
      };
    case 'profile':
      return fromIni({ profile: source.profile });
    case 'default':
      return fromNodeProviderChain();
    case 'google':
      return roleByGoogle(source, region);
  }
}

/**
 * A role taken with a Google identity token. The SDK calls this again shortly before the role's keys expire; each time a new
 * token is asked for, because one lives an hour and a role may live shorter or longer.
 */
const roleByGoogle =
  (source: Extract<AwsCredentialsSource, { kind: 'google' }>, region: string): Credentials =>
  async () => {
    const { google, audience, roleArn, sessionName, stsEndpoint } = source;
    const webIdentityToken = await googleIdToken(google, audience);
    const clientConfig = { region, ...(stsEndpoint === null ? {} : { endpoint: stsEndpoint }) };
    return fromWebToken({ roleArn, roleSessionName: sessionName, webIdentityToken, clientConfig })();
  };
