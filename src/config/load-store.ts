/** The settings of a staging bucket in the form that the transfer of every job takes. */
import type { LoadConfig, LoadEnvironmentConfig } from './load-types';
import type { JobConfig } from './types';

const MIB = 1024 ** 2;
/** Parts of the multipart uploads of reports and ledgers; staged chunks have their own. */
const PART_SIZE_BYTES = 8 * MIB;
const HTTP_TIMEOUT_MS = 30_000;

/** @param bucket the one that the run stages in, which need not be the environment's default */
export const loadStore = (
  { controlPrefix }: Pick<LoadConfig, 'controlPrefix'>,
  { store }: LoadEnvironmentConfig,
  bucket: string,
): JobConfig['aws'] => ({
  ...store,
  targetBucket: bucket,
  targetPrefix: '',
  controlPrefix,
  maxWorkers: 1,
  httpDownloadTimeoutMs: HTTP_TIMEOUT_MS,
  partSizeBytes: PART_SIZE_BYTES,
  publish: 'direct',
  cleanup: 'run',
  serverSideEncryption: null,
  kmsKeyId: null,
});
