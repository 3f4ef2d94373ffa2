/** What a run costs, before it runs: formulas with measured constants. Pure; docs/scaling.md is made from these. */
import type { RequestCounts } from '../records';
import type { Assumptions } from './assumptions';
import { plannedLimits, type PlannedLimit } from './limits';
import { plannedCost, type PlannedCost } from './money';
import { billedRequests, s3Requests, sourceRequests, totalRequests } from './requests';
import { pagesOf, type RunShape } from './shape';
import { plannedActions, plannedHistories, totalActions, type PlannedActions, type PlannedHistories } from './temporal';
import { plannedTime, type PlannedTime } from './time';
import { bytesOf, objectsOf, recordsOf, type Workload } from './workload';

export {
  ASSUMPTION_NAMES,
  ASSUMPTIONS,
  isAssumptionName,
  PRICES_AS_OF,
  withDefaults,
  type AssumptionName,
  type Assumptions,
} from './assumptions';
export { LIMITS, MAX_RUN_RECORDS, type PlannedLimit } from './limits';
export type { PlannedCost } from './money';
export { DEFAULT_SHAPE, type RunShape } from './shape';
export type { PlannedActions, PlannedHistories } from './temporal';
export type { PlannedTime } from './time';
export {
  addPrefix,
  addUrls,
  emptyWorkload,
  PREFIX_PAGE_OBJECTS,
  scaled,
  type PrefixObjects,
  type Workload,
} from './workload';

export interface RunPlan {
  readonly records: number;
  readonly objects: number;
  readonly bytes: number;
  /** Records whose size nobody has told: bytes and all that follows from them are too low by these. */
  readonly unknownSizes: number;
  readonly pages: number;
  readonly s3: {
    readonly total: number;
    readonly writes: number;
    readonly reads: number;
    readonly byOperation: RequestCounts;
  };
  readonly sourceRequests: number;
  /** Actions with heartbeats, and by kind. */
  readonly actions: { readonly total: number; readonly byKind: PlannedActions };
  readonly histories: PlannedHistories;
  readonly time: PlannedTime;
  readonly cost: PlannedCost;
  readonly limits: readonly PlannedLimit[];
}

/** Of a run in which nothing fails: tries again, retries and operators' orders come on top. */
export function planRun(workload: Workload, shape: RunShape, assume: Assumptions): RunPlan {
  const byOperation = s3Requests(workload, shape);
  const { writes, reads } = billedRequests(byOperation);
  const time = plannedTime(workload, shape, assume);
  const byKind = plannedActions(workload, shape, { seconds: time.movingSec, slotSeconds: time.slotSeconds });
  const histories = plannedHistories(workload, shape, byKind);
  const actions = totalActions(byKind);
  const seconds = Math.max(1, time.totalSec);
  const cost = plannedCost(
    {
      requests: byOperation,
      actions,
      historyBytes: histories.bytes,
      workerCpuSec: time.workerCpuSec,
      sourceBytes: workload.url.bytes,
      storedBytes: bytesOf(workload),
    },
    assume,
  );
  const facts = {
    workload,
    shape,
    assume,
    histories,
    writesPerSec: writes / seconds,
    actionsPerSec: actions / seconds,
  };
  return {
    records: recordsOf(workload),
    objects: objectsOf(workload),
    bytes: bytesOf(workload),
    unknownSizes: workload.url.unknown,
    pages: pagesOf(recordsOf(workload), shape),
    s3: { total: totalRequests(byOperation), writes, reads, byOperation },
    sourceRequests: sourceRequests(workload),
    actions: { total: actions, byKind },
    histories,
    time,
    cost,
    limits: plannedLimits(facts),
  };
}
