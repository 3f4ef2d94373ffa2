/** Limits that bind as runs grow: how near a plan comes to each, and what Longhaul does there. Pure. */
import type { Assumptions } from './assumptions';
import type { PlannedHistories } from './temporal';
import { MAX_EVENTS, SUGGESTED_EVENTS } from './temporal';
import type { RunShape } from './shape';
import { recordsOf, type Workload } from './workload';

export type LimitState = 'within' | 'near' | 'beyond';

export interface PlannedLimit {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  readonly unit: string;
  /** `near` from four fifths on. `beyond` is an error only where `isRefused`. */
  readonly state: LimitState;
  readonly isRefused: boolean;
  /** What Longhaul does, or what to do. */
  readonly what: string;
}

/** A listing of more is a mistake or an attack: it is refused before anything moves. */
export const MAX_RUN_RECORDS = 5_000_000;
const MAX_PARTS = 10_000;
/** Amazon S3 User Guide, "Best practices design patterns": for each partitioned prefix. */
const S3_WRITES_PER_S = 3_500;
const NEAR = 0.8;

interface Facts {
  readonly workload: Workload;
  readonly shape: RunShape;
  readonly assume: Assumptions;
  readonly histories: PlannedHistories;
  readonly writesPerSec: number;
  readonly actionsPerSec: number;
}

interface Rule {
  readonly name: string;
  readonly limit: number | ((facts: Facts) => number);
  readonly unit: string;
  readonly value: (facts: Facts) => number;
  readonly what: string;
  readonly isRefused?: true;
}

/** Memory that the parts of one transfer hold. */
const transferBytes = ({ workload, shape }: Facts): number =>
  workload.url.large === 0 ? 0 : Math.min(shape.lanes, Math.max(1, workload.url.mostParts)) * shape.partSizeBytes;

export const LIMITS: readonly Rule[] = [
  {
    name: 'records of a run',
    limit: MAX_RUN_RECORDS,
    unit: 'records',
    value: ({ workload }) => recordsOf(workload),
    what: 'More are refused (RecordInvalid): split the list, or give a prefix as one record, which counts once.',
    isRefused: true,
  },
  {
    name: 'history of the run, publishing',
    limit: MAX_EVENTS,
    unit: 'events',
    value: ({ histories }) => histories.lastRunEvents,
    what: 'All pages are published by one execution, six events each; beyond, Temporal ends it. Use publish direct, page_records 400, or several runs.',
    isRefused: true,
  },
  {
    name: 'history of the run, moving',
    limit: SUGGESTED_EVENTS,
    unit: 'events',
    value: ({ histories }) => (histories.continuedAsNew === 0 ? histories.runEvents : SUGGESTED_EVENTS),
    what: 'The run starts no more pages, waits for those under way, and continues as new with the next one.',
  },
  {
    name: 'history of a batch',
    limit: MAX_EVENTS,
    unit: 'events',
    value: ({ histories }) => histories.batchEvents,
    what: 'Bounded by page_records, 400 at most.',
  },
  {
    name: 'history of a record',
    limit: MAX_EVENTS,
    unit: 'events',
    value: ({ histories }) => histories.recordEvents,
    what: 'A prefix takes six events for 200 objects; beyond, Temporal ends its workflow. Give several prefixes instead of one.',
    isRefused: true,
  },
  {
    name: 'parts of an object',
    limit: MAX_PARTS,
    unit: 'parts',
    value: ({ workload }) => workload.url.mostParts,
    what: 'The part size is raised so that the object fits.',
  },
  {
    name: 'writes to S3',
    limit: S3_WRITES_PER_S,
    unit: 'requests/s for a prefix',
    value: ({ writesPerSec }) => writesPerSec,
    what: 'SlowDown is waited out and tried again. S3 splits busy prefixes by itself; {dataset}, {run} and {export_id} in key_template spread keys.',
  },
  {
    name: 'Actions of the namespace',
    limit: ({ assume }) => assume['temporal.actions_per_s_limit'],
    unit: 'actions/s',
    value: ({ actionsPerSec }) => actionsPerSec,
    what: 'Calls that are refused are tried again by the SDK: the run takes longer. Lower max_workers, or have the limit raised.',
  },
  {
    name: 'memory for parts',
    limit: ({ shape }) => shape.transferMemoryBytes / 2 ** 20,
    unit: 'MiB of a worker',
    value: (facts) => (transferBytes(facts) * Math.min(facts.shape.maxWorkers, facts.workload.url.large)) / 2 ** 20,
    what: 'Transfers wait for memory instead of taking it: fewer move at once. Raise LONGHAUL_TRANSFER_MEMORY_MB or add workers.',
  },
];

const stateOf = (value: number, limit: number): LimitState =>
  value > limit ? 'beyond' : value >= NEAR * limit ? 'near' : 'within';

export const plannedLimits = (facts: Facts): PlannedLimit[] =>
  LIMITS.map(({ name, limit: bound, unit, value: of, what, isRefused = false }) => {
    const limit = typeof bound === 'number' ? bound : bound(facts);
    const value = of(facts);
    return { name, value, limit, unit, state: stateOf(value, limit), isRefused, what };
  });
