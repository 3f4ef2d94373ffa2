/** Errors: Google Cloud Storage and its credentials, and what checksums and conditions of both stores add. */
import { entry, type ErrorEntry } from './entry';

export const GCS_ERRORS = {
  GoogleCredentialsMissing: entry(
    'access',
    false,
    'operator',
    'No Google credentials were found.',
    'Give the worker a service account, or a workload identity configuration: docs/reference/gcs.md.',
  ),
  GoogleCredentialsRefused: entry(
    'access',
    false,
    'operator',
    'Google refuses the identity of the worker.',
    'Compare the service account, the workload identity pool and its provider with docs/reference/gcs.md.',
  ),
  TokenUnavailable: entry(
    'unreachable',
    true,
    'operator',
    'The service that gives access tokens does not answer.',
    'It is tried again; if it goes on, check the network from the worker to the token endpoint in the message.',
  ),
  DestinationExists: entry(
    'destination',
    false,
    'operator',
    'There is an object under the key already, and it was not to be replaced.',
    'Nothing was written. Remove the object, choose another key, or allow it to be replaced.',
  ),
  SourceDamaged: entry(
    'source',
    true,
    'vendor',
    'The bytes that came are not those that the source keeps a checksum of.',
    'Nothing was published; it is read again. If it goes on, the object at the source is damaged.',
  ),
} as const satisfies Record<string, ErrorEntry>;
