/** The words that `longhaul runs` and `longhaul top` take. Light on purpose: `longhaul --help` loads it. */
import { JANITOR_WORKFLOW, WORKFLOWS, type JobName } from '../../../model/names';
import { JOB_WORDS } from '../job/words';

export const RUN_STATUSES = ['running', 'completed', 'failed', 'cancelled', 'terminated', 'timed-out'] as const;
export type RunStatusWord = (typeof RUN_STATUSES)[number];

/** What `--job` takes here: those of schedules, events, and the janitor, which is listed where it is asked for. */
export const LISTED_JOBS = [...JOB_WORDS, 'transfer', 'janitor'] as const;
export type ListedJob = (typeof LISTED_JOBS)[number];

export const WORKFLOW_OF: Readonly<Record<ListedJob, JobName | typeof JANITOR_WORKFLOW>> = {
  export: WORKFLOWS.exportToS3,
  ingest: WORKFLOWS.ingestUrls,
  load: WORKFLOWS.loadToPostgres,
  restore: WORKFLOWS.restoreFiles,
  transfer: WORKFLOWS.transferEvent,
  janitor: JANITOR_WORKFLOW,
};

/** By what `longhaul top` sorts its rows; `started`: the newest first. */
export const TOP_ORDERS = ['started', 'rate', 'bytes', 'done', 'failed', 'eta', 'name'] as const;
export type TopOrder = (typeof TOP_ORDERS)[number];
