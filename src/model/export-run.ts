/** `exportToS3`: its input, settings, result and messages, as both sides of Temporal and the CLI see them. Pure. */
import type { GivenRecord, Totals } from './records';

export const EXPORT_TYPES = ['vulnerability', 'policy', 'remediation', 'software'] as const;
export type ExportType = (typeof EXPORT_TYPES)[number];

export const PUBLISH_MODES = ['atomic', 'direct'] as const;
export type PublishMode = (typeof PUBLISH_MODES)[number];

export const ON_ERROR_MODES = ['abort', 'continue', 'wait'] as const;
export type OnError = (typeof ON_ERROR_MODES)[number];

/** What to ask the vendor for. Dates are `YYYY-MM-DD`, for `remediation` alone. */
export interface ExportRequest {
  readonly type: ExportType;
  readonly startDate?: string;
  readonly endDate?: string;
}

/** The one argument of `exportToS3`. */
export interface ExportInput {
  readonly project: string;
  readonly export?: ExportType;
  readonly startDate?: string;
  readonly endDate?: string;
  /** Skip the API and move these. */
  readonly records?: GivenRecord[];
  /** The same as `records`, as NDJSON in a bucket the worker can read, for lists too long for one payload. */
  readonly recordsUri?: string;
  /** Overrides of non-secret settings, by the dotted names of config.json: `{"aws.max_workers": 4}`. */
  readonly set?: Record<string, string | number | boolean | null>;
  /** Identifies the run in keys and child ids; running it again once it succeeded gives the same result, moving nothing. */
  readonly runId?: string;
}

/** Says which project and overrides an activity works for: enough to build its clients on the worker, no secrets. */
export interface ProjectRef {
  readonly project: string;
  readonly set?: Record<string, string | number | boolean | null>;
}

/** Non-secret settings of one run, resolved from the project's config and the input's overrides. Lives in history. */
export interface RunSettings extends ProjectRef {
  readonly run: string;
  readonly bucket: string;
  /** No leading or trailing slash; may be empty. */
  readonly targetPrefix: string;
  readonly controlPrefix: string;
  readonly endpoint: string | null;
  readonly maxWorkers: number;
  readonly publish: PublishMode;
  readonly cleanup: 'run' | 'prefix';
  readonly onError: OnError;
  /** How many failed records `continue` tolerates: a number, or a percentage of all records. */
  readonly toleratedFailures: { readonly count: number } | { readonly percent: number };
  readonly pollIntervalMs: number;
  readonly exportTimeoutMs: number;
  readonly pageRecords: number;
  /** A record that fails retryably is tried again for this long since its last progress. */
  readonly retryForMs: number;
}

export interface ExportResult extends Totals {
  readonly runId: string;
  readonly exportId: string | null;
  readonly seconds: number;
  /** s3:// URIs of report.json and of the manifest folder. */
  readonly report: string;
  readonly manifest: string;
}

export const STAGES = [
  'preparing',
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
}

/** The answer of the `progress` query; also what `longhaul status --json` prints. */
export interface ExportProgress {
  readonly run: string;
  readonly workflowId: string;
  readonly project: string;
  readonly stage: Stage;
  readonly paused: boolean;
  readonly maxWorkers: number;
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
  readonly inFlight: number;
  readonly startedAt: string;
  readonly elapsedMs: number;
  readonly bytesPerSec: number;
  readonly etaMs: number | null;
  /** The last few failed records, newest last. */
  readonly failures: FailedRecord[];
  /** Child workflow ids of batches that are running, so that a watcher can look into them. */
  readonly runningBatches: string[];
  /** What an operator can do now, as sentences. */
  readonly actions: string[];
}

/** The answer of every Update. */
export interface OperatorReply {
  readonly stage: Stage;
  readonly paused: boolean;
  readonly maxWorkers: number;
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
  retryFailed: 'retryFailed',
  skipRecord: 'skipRecord',
  abort: 'abort',
} as const;

export const MAX_WORKERS_LIMIT = 256;
