/** What every job's runs have in common: settings, stages, progress, messages. Pure. */
import type { RunPriority } from './fairness';
import type { JobName } from './names';
import type { Totals } from './records';
import type { LoadOfRecord, LoadPlace, RestoreOfRecord } from './job-settings';
import type { RunRate } from './run-rate';

export const PUBLISH_MODES = ['atomic', 'direct'] as const;
export type PublishMode = (typeof PUBLISH_MODES)[number];

export const ON_ERROR_MODES = ['abort', 'continue', 'wait'] as const;
export type OnError = (typeof ON_ERROR_MODES)[number];

/** Overrides of non-secret settings, by their dotted names: `{"aws.max_workers": 4}`. */
export type Overrides = Readonly<Record<string, string | number | boolean | null>>;

/** Says whose configuration an activity works with: enough to build its clients on the worker, no secrets. */
export interface JobRef {
  readonly job: JobName;
  /** exportToS3: the folder below configs/. ingestUrls: the bucket. loadToPostgres: the data set. restoreFiles: the raw file. */
  readonly project: string;
  readonly set?: Overrides;
}

/** What one record needs to know of its run. Every record's history holds it three times over, so it is kept small. */
export interface RecordSettings extends JobRef {
  readonly run: string;
  readonly bucket: string;
  readonly controlPrefix: string;
  readonly publish: PublishMode;
  /** A record that fails retryably is tried again for this long since its last progress. */
  readonly retryForMs: number;
  /** Set where bytes land on a local disk: all activities of the run belong to this host. */
  readonly host?: string;
  /** Absent in runs that began before there was this. */
  readonly rate?: RunRate;
  /** Of restoreFiles alone. */
  readonly restore?: RestoreOfRecord;
  /** Of loadToPostgres alone. */
  readonly load?: LoadOfRecord;
}

/** Non-secret settings of one run, resolved from configuration and the input's overrides. Lives in history. */
export interface RunSettings extends RecordSettings {
  /** No leading or trailing slash; may be empty. */
  readonly targetPrefix: string;
  readonly endpoint: string | null;
  readonly maxWorkers: number;
  /** What a failed or cancelled run takes back. `none`: records stand for themselves, and what is done stays. */
  readonly cleanup: 'run' | 'prefix' | 'none';
  readonly onError: OnError;
  /** How many failed records `continue` tolerates: a number, or a percentage of all records. */
  readonly toleratedFailures: { readonly count: number } | { readonly percent: number };
  readonly pageRecords: number;
  /**
   * True: a batch runs the first activity of its URL records itself, and most need no more (docs/decisions/0019). Absent in runs
   * that began before there was this, whose histories must replay.
   */
  readonly opensInBatch?: true;
  /** Of its tasks in the queues. Absent in runs that began before there was this: they are as they were started. */
  readonly priority?: RunPriority;
  /** Less than MAX_WORKERS_LIMIT where the worker that prepared the run says so. */
  readonly maxWorkersLimit?: number;
  /** Of loadToPostgres alone. */
  readonly place?: LoadPlace;
}

export const recordSettings = (settings: RunSettings): RecordSettings => {
  const { job, project, set, run, bucket, controlPrefix, publish, retryForMs, host, rate, restore, load } = settings;
  return {
    job,
    project,
    ...(set === undefined ? {} : { set }),
    run,
    bucket,
    controlPrefix,
    publish,
    retryForMs,
    ...(host === undefined ? {} : { host }),
    ...(rate === undefined ? {} : { rate }),
    ...(restore === undefined ? {} : { restore }),
    ...(load === undefined ? {} : { load }),
  };
};

export const STAGES = [
  'preparing',
  'waiting',
  'exporting',
  'listing',
  'transferring',
  'parked',
  'publishing',
  'cleaning',
  'reporting',
  'done',
] as const;
export type Stage = (typeof STAGES)[number];

export interface FailedRecord {
  readonly n: number;
  readonly source: string;
  readonly code: string;
  readonly message: string;
  /** What an operator has ordered while it is being taken back; carried out when that has ended. */
  readonly ordered?: 'retry' | 'skip';
}

/** The answer of the `progress` query; also what `longhaul status --json` prints. */
export interface JobProgress {
  readonly job: JobName;
  readonly run: string;
  readonly workflowId: string;
  readonly project: string;
  readonly stage: Stage;
  readonly paused: boolean;
  readonly maxWorkers: number;
  /** Of the run as a whole; null: no limit. */
  readonly maxBytesPerSec: number | null;
  readonly publish: PublishMode | null;
  readonly onError: OnError | null;
  readonly exportId: string | null;
  readonly exportStatus: string | null;
  readonly polls: number;
  /** ISO 8601; null when no poll is due. */
  readonly nextPollAt: string | null;
  /** Of the whole run; null until the manifest is written. */
  readonly recordsTotal: number | null;
  readonly totals: Totals;
  readonly publishedObjects: number;
  /** Of loadToPostgres, once it is prepared; rows and chunks are in `totals.load`. */
  readonly load?: LoadPlace;
  readonly inFlight: number;
  readonly startedAt: string;
  readonly elapsedMs: number;
  readonly bytesPerSec: number;
  readonly etaMs: number | null;
  /** The last few failed records, newest last. */
  readonly failures: FailedRecord[];
  /** Child workflow ids of batches that are running, so that a watcher can look into them. */
  readonly runningBatches: string[];
  /** What an operator can do now, as sentences in Markdown. */
  readonly actions: string[];
  /** The same as commands, as they are typed. Absent in answers of workers from before there was this. */
  readonly commands?: readonly string[];
}

/** The answer of every Update. */
export interface OperatorReply {
  readonly stage: Stage;
  readonly paused: boolean;
  readonly maxWorkers: number;
  /** Null: no limit. */
  readonly maxBytesPerSec: number | null;
  /** Records that the order concerns. */
  readonly affected: number;
}

/** What compensation did; in the report and in the failure's details. */
export interface CleanupReport {
  abortedUploads: number;
  deletedObjects: number;
  /** Not undone, and why; at most 50, `moreProblems` counts the rest. */
  problems: string[];
  moreProblems: number;
}

/** Query, Update and signal names; each has a description in the Web UI. */
export const MESSAGES = {
  progress: 'progress',
  pause: 'pause',
  resume: 'resume',
  setMaxWorkers: 'setMaxWorkers',
  setMaxBytesPerSec: 'setMaxBytesPerSec',
  retryFailed: 'retryFailed',
  skipRecord: 'skipRecord',
  upgrade: 'upgrade',
  abort: 'abort',
} as const;

export const MAX_WORKERS_LIMIT = 256;
