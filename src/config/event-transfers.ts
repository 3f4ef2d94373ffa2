/** Settings of `transferEvent` on a worker: everything else stands in the event. */
import { type EnvironmentVariables, readBytesPerSec, readInteger, readVariable } from './read-variable';
import { MAX_LANES, maxLanesOf } from './lanes';
import { storeFromEnvironment } from './store-environment';
import type { StoreConfig } from './types';

const MIB = 1024 ** 2;
/** S3's limits of one part: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const PART_MIN_MB = 5;
const PART_MAX_MB = 5 * 1024;
const MAX_STALL_SEC = 3_600;

export interface EventTransferConfig {
  readonly partSizeBytes: number;
  readonly lanes: number;
  readonly maxLanes: number;
  readonly stallTimeoutMs: number;
  readonly maxBytesPerSec: number | null;
  /** Of S3; the region is the event's. */
  readonly s3: Omit<StoreConfig, 'region'>;
  /** Null: Google's own, with Application Default Credentials. */
  readonly gcsEndpoint: string | null;
}

const readLanes = (env: EnvironmentVariables): Pick<EventTransferConfig, 'lanes' | 'maxLanes'> => {
  const lanes = readInteger(env, 'LONGHAUL_EVENT_LANES', 4, 1, MAX_LANES);
  return { lanes, maxLanes: readInteger(env, 'LONGHAUL_EVENT_MAX_LANES', maxLanesOf(lanes, null), lanes, MAX_LANES) };
};

/** Throws ConfigInvalid that names the variable, what was expected and what is there. */
export const readEventTransferConfig = (env: EnvironmentVariables = process.env): EventTransferConfig => ({
  partSizeBytes: readInteger(env, 'LONGHAUL_EVENT_PART_MB', 8, PART_MIN_MB, PART_MAX_MB) * MIB,
  ...readLanes(env),
  stallTimeoutMs: readInteger(env, 'LONGHAUL_EVENT_STALL_TIMEOUT_SEC', 30, 1, MAX_STALL_SEC) * 1000,
  maxBytesPerSec: readBytesPerSec(env, 'LONGHAUL_EVENT_MAX_BYTES_PER_SEC'),
  s3: storeFromEnvironment(env),
  gcsEndpoint: readVariable(env, 'STORAGE_EMULATOR_HOST'),
});
