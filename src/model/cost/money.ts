/** What a run costs at given prices. Pure. */
import type { RequestCounts } from '../records';
import type { Assumptions } from './assumptions';
import { billedRequests } from './requests';

const GB = 1e9;
const HOURS_A_DAY = 24;
const SEC_AN_HOUR = 3_600;

/** In USD, unless prices are given in another currency. */
export interface PlannedCost {
  readonly s3Requests: number;
  readonly sourceBytes: number;
  readonly temporalActions: number;
  readonly temporalStorage: number;
  readonly workerCpu: number;
  readonly total: number;
  /** Beside the total: keeping what has been moved, for a month. */
  readonly storageMonth: number;
}

export interface Consumption {
  readonly requests: RequestCounts;
  readonly actions: number;
  readonly historyBytes: number;
  readonly workerCpuSec: number;
  readonly sourceBytes: number;
  readonly storedBytes: number;
}

export function plannedCost(used: Consumption, assume: Assumptions): PlannedCost {
  const { writes, reads } = billedRequests(used.requests);
  const s3Requests =
    (writes / 1000) * assume['price.s3_write_per_1000'] + (reads / 1000) * assume['price.s3_read_per_1000'];
  const sourceBytes = (used.sourceBytes / GB) * assume['price.source_per_gb'];
  const temporalActions = (used.actions / 1e6) * assume['price.temporal_per_million_actions'];
  const hours = assume['temporal.retention_days'] * HOURS_A_DAY;
  const temporalStorage = (used.historyBytes / GB) * hours * assume['price.temporal_gb_hour'];
  const workerCpu = (used.workerCpuSec / SEC_AN_HOUR) * assume['price.vcpu_hour'];
  return {
    s3Requests,
    sourceBytes,
    temporalActions,
    temporalStorage,
    workerCpu,
    total: s3Requests + sourceBytes + temporalActions + temporalStorage + workerCpu,
    storageMonth: (used.storedBytes / GB) * assume['price.s3_gb_month'],
  };
}
