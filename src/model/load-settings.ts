/** `loadToPostgres`: the settings of one run, as its history holds them. Pure. */
import type { BucketSource, LoadEnvironment, LoadType } from './load-run';
import type { RunSettings } from './run';

/** What each file needs to know of its run, beside what every record does. */
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

/** Who may be asked whether a staging folder is still in use. */
export interface LoadOwner {
  readonly workflowId: string;
  /** Of the first execution: the same over continue-as-new. */
  readonly temporalRunId: string;
}

export interface LoadSettings extends RunSettings {
  readonly load: LoadOfRecord;
  readonly place: LoadPlace;
  /** `s3://bucket/prefix/`, as the input has it. */
  readonly path: string;
  /** Of the table: where the load works too. */
  readonly schema: string;
  readonly owner: LoadOwner;
}

/** Workflow id of the hold: one load of a table at a time. */
export const loadHoldId = ({ database, table }: LoadPlace): string => `longhaul-load/${database}/${table}`;
