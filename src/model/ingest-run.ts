/** `ingestUrls`: its input and result, as both sides of Temporal and the CLI see them. Pure. */
import type { RequestCounts } from './records';
import type { OnError, Overrides, RunSettings } from './run';

export const ON_COLLISION_MODES = ['error', 'number'] as const;
export type OnCollision = (typeof ON_COLLISION_MODES)[number];

export const INGEST_LOG_LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR'] as const;

export const INGEST_ON_ERROR = ['continue', 'wait'] as const satisfies readonly OnError[];
export type IngestOnError = (typeof INGEST_ON_ERROR)[number];

/** The one argument of `ingestUrls`; every field is optional where the worker's environment has it. */
export interface IngestInput {
  readonly bucket?: string;
  readonly pathPrefix?: string;
  readonly concurrency?: number;
  /** That the run reads, over all workers. */
  readonly maxBytesPerSec?: number;
  readonly s3PartMb?: number;
  readonly httpChunkKb?: number;
  readonly logLevel?: (typeof INGEST_LOG_LEVELS)[number];
  readonly skipUnchanged?: boolean;
  readonly onCollision?: OnCollision;
  /** A media type, or `detect`: what the source declares. */
  readonly contentType?: string;
  /** The day of the keys, `YYYY-MM-DD`, instead of the scheduled or actual start's. */
  readonly date?: string;
  /** Only these files of parameters.json: names, keys or URLs, so that failed ones can be retried alone. */
  readonly files?: readonly string[];
  /** `continue` (the default): the others go on. `wait`: at the end the run waits for retryFailed or skipRecord. */
  readonly onError?: IngestOnError;
  /** True: a run with failed files fails at its end, so that a schedule with pause-on-failure stops. */
  readonly failOnError?: boolean;
  /** Identifies the run in keys and child ids. */
  readonly runId?: string;
}

/** The fields of the input that override a setting of the worker: what `set` of a JobRef holds. */
export const INGEST_OVERRIDES = [
  'pathPrefix',
  'concurrency',
  's3PartMb',
  'httpChunkKb',
  'logLevel',
  'skipUnchanged',
  'onCollision',
  'contentType',
  'maxBytesPerSec',
] as const satisfies readonly (keyof IngestInput)[];
export type IngestOverride = (typeof INGEST_OVERRIDES)[number];

/** What activities need of the input to load the same configuration: `set` of their JobRef. */
export const ingestOverrides = (input: IngestInput): Overrides =>
  Object.fromEntries(INGEST_OVERRIDES.flatMap((field) => (input[field] === undefined ? [] : [[field, input[field]]])));

/** Settings of an ingest run. */
export interface IngestSettings extends RunSettings {
  /** `YYYY-MM-DD`, UTC. */
  readonly date: string;
  readonly skipUnchanged: boolean;
}

/** Where a URL that must not be stored is read again: its place in one version of parameters.json. */
export interface UrlRef {
  /** Position in `file_urls`. */
  readonly index: number;
  /** Of the document, so that another list is noticed. */
  readonly etag: string;
}

export interface IngestFileResult {
  /** Without credentials and query. */
  readonly url: string;
  readonly s3_key: string;
  readonly bytes: number;
  readonly parts: number;
  readonly status: 'success' | 'failed' | 'skipped';
  /** Why it failed; of one that was skipped: an operator has given it up (`skipRecord`), and nothing of it is there. */
  readonly error?: string;
}

/** The workflow's result, in the names that its readers have. */
export interface IngestResult {
  /** `Streamed 2 ok, 0 failed`. */
  readonly message: string;
  readonly elapsed_seconds: number;
  readonly summary: {
    readonly total_files: number;
    readonly successful: number;
    readonly failed: number;
    /** Only where files were skipped. */
    readonly skipped?: number;
    readonly total_bytes: number;
  };
  readonly s3_request_counts: RequestCounts & { readonly total: number };
  readonly results: readonly IngestFileResult[];
  /** Where the results of a long list are: `s3://…/ledger.ndjson`; `results` is empty then. */
  readonly results_in?: string;
  readonly run_id: string;
  /** s3:// URIs of report.json and of the manifest folder; null where there was nothing to do. */
  readonly report: string | null;
  readonly manifest: string | null;
}

/** The day of a run's keys: as asked, else the schedule's, else that of the start. UTC; never changes within a run. */
export const ingestDay = (asked: string | undefined, scheduledStart: Date | undefined, started: Date): string =>
  asked ?? (scheduledStart ?? started).toISOString().slice(0, 10);
