/** What the tests of the catalogues share: records as they lie in one, and the error of a look. */
import type { SecretFromEnv } from '../../src/config/restore-types';
import { Secret } from '../../src/model/secret';

export const RECORD = {
  _id: '20250115_sample',
  project_id: 'PRID001',
  s3_upload_path: 'alphakraken-PRID001/',
  file_info: {
    'sample.raw/b.bin': [2_400_000_000_000, 'd41d8cd98f00b204e9800998ecf8427e-500'],
    'sample.raw/a.bin': [5, '5d41402abc4b2a76b9719d911017c592'],
  },
};

/** RECORD as restore sees it. */
export const FOUND = {
  id: '20250115_sample',
  projectId: 'PRID001',
  s3UploadPath: 'alphakraken-PRID001/',
  files: [
    { path: 'sample.raw/a.bin', bytes: 5, etag: '5d41402abc4b2a76b9719d911017c592' },
    { path: 'sample.raw/b.bin', bytes: 2_400_000_000_000, etag: 'd41d8cd98f00b204e9800998ecf8427e-500' },
  ],
};

export const urlFrom = (url: string): SecretFromEnv => ({
  value: new Secret(url),
  source: 'environment variable CATALOGUE_URL',
});

export const never = (): AbortSignal => new AbortController().signal;

export { failureOf } from '../support/thrown';

/** Everything that a logger could print of an error, its causes and its hidden properties. */
export const allTextOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const own = Object.getOwnPropertyNames(error).map((key) => String(error[key as keyof Error]));
  return [...own, error.cause === undefined ? '' : allTextOf(error.cause)].join('\n');
};
