/** What the settings of a run hold for one job alone: the part that each record needs, and where a load goes. Pure. */
import type { BucketSource, LoadEnvironment, LoadType } from './load-run';

/** `restoreFiles`: what each file needs to know of its run, beside what every record does. */
export interface RestoreOfRecord {
  readonly rawFileId: string;
  readonly projectId: string;
  /** Times that a file is tried again after `retryForMs` has not helped. */
  readonly retries: number;
  /** Before each of these. */
  readonly retryIntervalMs: number;
  /** Null: an archived object is a file that failed. */
  readonly thaw: { readonly pollIntervalMs: number } | null;
}

/** `loadToPostgres`: what each file needs to know of its run, beside what every record does. */
export interface LoadOfRecord {
  readonly loadType: LoadType;
  readonly env: LoadEnvironment;
  /** `<data set>-<unix seconds>-<8 hex>`: names the run in the database and its staging folder. Never used twice. */
  readonly loadId: string;
  /** Key prefix of the staged chunks; ends in `/`. */
  readonly stagingPrefix: string;
  /** Bad rows of the whole run that are set aside. */
  readonly rejectLimit: number;
  /** `sample`: rows to load; null: all. */
  readonly maxRows: number | null;
  /** Chunks that one file copies at once; the connections of a worker are bounded by the same number. */
  readonly parallelism: number;
}

/** Where a load goes; in `progress` and in its report. */
export interface LoadPlace {
  /** `schema.table`, as the database has it. */
  readonly table: string;
  /** `host:port/database`. */
  readonly database: string;
  readonly loadType: LoadType;
  readonly env: LoadEnvironment;
  readonly bucket: string;
  readonly bucketSource: BucketSource;
  /** The variable, the key of configs/load.json, or `s3_bucket`: what has named the bucket. */
  readonly bucketFrom: string;
}
