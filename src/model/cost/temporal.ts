/**
 * What a run asks of Temporal: Actions as Temporal Cloud counts them (docs.temporal.io/cloud/actions) and the size of its
 * histories. Constants are those of histories on the embedded server; bench/plan holds them against a run.
 */
import { pagesGiven, pagesOf, type RunShape } from './shape';
import { recordsOf, type Workload } from './workload';

export interface PlannedActions {
  /** Starts: the run, its hold, its batches, and records that need one of their own. */
  readonly workflows: number;
  readonly activities: number;
  /** Between batches and the run. */
  readonly signals: number;
  readonly timers: number;
  /** Changes of the stage that the Web UI filters by. */
  readonly searchAttributes: number;
  /** In no history: one for each upload of several parts, and one a second while these move. */
  readonly heartbeats: number;
}

export interface PlannedHistories {
  /** Events of the longest of each kind, as a bound. */
  readonly batchEvents: number;
  readonly recordEvents: number;
  /** Of all executions of the run together. */
  readonly runEvents: number;
  readonly continuedAsNew: number;
  /** Events of the last execution, which publishes all pages. */
  readonly lastRunEvents: number;
  readonly bytes: number;
}

/** Temporal suggests to continue as new at this many events, and ends a workflow at the other. */
export const SUGGESTED_EVENTS = 4_096;
export const MAX_EVENTS = 51_200;

/** A batch reports every 2 s, later at intervals of a fifteenth of its time: src/workflows/transfer-batch.ts. */
const REPORT_SEC = 2;
const REPORT_FRACTION = 1 / 15;
/** When it begins and as its last records end. */
const REPORTS_AT_ENDS = 6;
/** The run answers with limits when the next page takes over. */
const CONTROLS_A_PAGE = 3;

/** Reports of a batch that runs this long; never more than two for each record. */
function reportsOfBatch(seconds: number, records: number): number {
  const steady = REPORT_SEC / REPORT_FRACTION;
  const periodic =
    seconds <= steady
      ? seconds / REPORT_SEC
      : steady / REPORT_SEC + Math.log(seconds / steady) / Math.log(1 + REPORT_FRACTION);
  return Math.min(REPORTS_AT_ENDS + Math.floor(periodic), 1 + 2 * records);
}

/** Activities of a batch: its page is read, staged, and published by the run (atomic). */
const batchActivities = ({ publish }: RunShape): number => (publish === 'atomic' ? 3 : 2);
/** Prepare, write the manifest, write the report. */
const RUN_ACTIVITIES = 3;

/** Of records alone: one for a small file, two for one of several parts; a listing and one for 200 objects of a prefix. */
const recordActivities = ({ url, prefix }: Workload): number => url.records + url.large + prefix.records + prefix.pages;

/** Records with a workflow of their own: files of several parts, and prefixes. */
const recordWorkflows = ({ url, prefix }: Workload): number => url.large + prefix.records;

/** What the server does for the records, in records of one activity; `childWeight`: what one with a workflow costs beside. */
export const effortOf = (workload: Workload, childWeight: number): number =>
  workload.url.records + workload.prefix.pages + recordWorkflows(workload) * childWeight;

/** `seconds`: time in which records move; `slotSeconds`: of transfers of several parts, added up. */
export function plannedActions(
  workload: Workload,
  shape: RunShape,
  { seconds, slotSeconds }: { readonly seconds: number; readonly slotSeconds: number },
): PlannedActions {
  const records = recordsOf(workload);
  const pages = pagesOf(records, shape);
  const signals =
    pages === 0 ? 0 : pages * reportsOfBatch(seconds / pages, records / pages) + (pages - 1) * CONTROLS_A_PAGE;
  const asked = shape.job === 'exportToS3' && shape.polls > 0;
  return {
    workflows: 2 + pages + recordWorkflows(workload),
    activities:
      RUN_ACTIVITIES +
      (asked ? 1 + shape.polls : 0) +
      pages * batchActivities(shape) -
      pagesGiven(records, shape) +
      recordActivities(workload),
    signals: Math.round(signals),
    timers: Math.max(0, shape.polls - 1),
    // preparing, listing, transferring, reporting, done; exporting where the API is asked; publishing.
    searchAttributes: 5 + (asked ? 1 : 0) + (shape.publish === 'atomic' ? 1 : 0),
    heartbeats: Math.round(workload.url.large + slotSeconds),
  };
}

export const totalActions = (actions: PlannedActions): number =>
  Object.values<number>({ ...actions }).reduce((sum, n) => sum + n, 0);

/** A workflow task is three events, an activity three and the task that hears of it; a child three and two tasks at most. */
const TASK = 3;
const ACTIVITY = 3;
const CHILD_EVENTS = 3 + 2 * TASK;
const RECORD_BASE = 2 + TASK;
/** A signal that arrives, and one that is sent, each with the task that deals with it. */
const HEARD = 1 + TASK;
const SENT = 2 + TASK;
/** Stages, hold and the activities of the run itself. */
const RUN_BASE = 80;
/** A batch that takes longer than planned reports more often: what is a bound must allow for it. */
const SLACK = 1.25;

/** Bytes of history, measured: of a record in its batch's; of a workflow beside that; of one activity more; of a page in the run's. */
const RECORD_BYTES = 2_700;
const CHILD_BYTES = 4_430 + 3_120;
const ACTIVITY_BYTES = 2_100;
const PAGE_BYTES = 16_000;
const RUN_BYTES = 15_000;

export function plannedHistories(workload: Workload, shape: RunShape, actions: PlannedActions): PlannedHistories {
  const { url, prefix } = workload;
  const records = recordsOf(workload);
  const pages = pagesOf(records, shape);
  const signalsOfPage = pages === 0 ? 0 : (SLACK * actions.signals) / pages;
  const inBatch = Math.min(records, shape.pageRecords);
  const prefixActivities = prefix.records === 0 ? 0 : 1 + prefix.mostPages;
  const activitiesOfChild = Math.max(url.large > 0 ? 1 : 0, prefixActivities);
  const children = recordWorkflows(workload);
  const published = shape.publish === 'atomic' ? ACTIVITY + TASK : 0;
  const pageEvents = CHILD_EVENTS + Math.ceil(signalsOfPage * HEARD);
  const moving = RUN_BASE + pages * pageEvents;
  const continuedAsNew = Math.max(0, Math.ceil(moving / SUGGESTED_EVENTS) - 1);
  return {
    batchEvents:
      RECORD_BASE +
      (2 + inBatch) * (ACTIVITY + TASK) +
      Math.min(children, inBatch) * CHILD_EVENTS +
      Math.ceil(signalsOfPage * SENT),
    recordEvents: children === 0 ? 0 : RECORD_BASE + activitiesOfChild * (ACTIVITY + TASK),
    runEvents: moving + pages * published,
    continuedAsNew,
    lastRunEvents: Math.min(moving, SUGGESTED_EVENTS) + pages * published,
    bytes:
      RUN_BYTES +
      pages * PAGE_BYTES +
      url.records * RECORD_BYTES +
      children * CHILD_BYTES +
      prefix.pages * ACTIVITY_BYTES,
  };
}
