/** From the configuration's words to the SDK's credential providers. */
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { fromIni, fromNodeProviderChain } from '@aws-sdk/credential-providers';
import type { AwsCredentialsSource } from '../../config/types';

/** Keys as they are; a profile from the shared files (its role and SSO settings included); else the SDK's default chain. */
export function credentialsFor(source: AwsCredentialsSource): NonNullable<S3ClientConfig['credentials']> {
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
  }
}
