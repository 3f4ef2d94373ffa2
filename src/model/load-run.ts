/** `loadToPostgres`: its input and result, as both sides of Temporal and the CLI see them. Pure. */

/** `full` replaces the rows of the table, `delta` upserts by the data set's key, `sample` loads the first rows. */
export const LOAD_TYPES = ['full', 'delta', 'sample'] as const;
export type LoadType = (typeof LOAD_TYPES)[number];

export const LOAD_ENVIRONMENTS = ['development', 'staging', 'production'] as const;
export type LoadEnvironment = (typeof LOAD_ENVIRONMENTS)[number];

/** Which of the places that may name a staging bucket has decided. */
export const BUCKET_SOURCES = ['argument', 'environment', 'default', 'override'] as const;
export type BucketSource = (typeof BUCKET_SOURCES)[number];

/** The bucket that a run stages in, and who has said so. */
export interface StagingBucket {
  readonly bucket: string;
  readonly source: BucketSource;
  /** The variable, or the key of configs/load.json; for the log. `s3_bucket` for the argument. */
  readonly from: string;
}

/** The one argument of `loadToPostgres`, in the names that its callers have. */
export interface LoadInput {
  readonly load_type: LoadType;
  /** A key of `data_sets` in configs/load.json. */
  readonly data_set: string;
  /** `s3://bucket/prefix/` or `s3://bucket/key.csv.gz`. */
  readonly path: string;
  /** Absent: development. */
  readonly env?: LoadEnvironment;
  /** Staging bucket; absent: the environment of the worker, else the default of `env`. */
  readonly s3_bucket?: string;
  /** `sample`: how many rows; absent: what the data set says. */
  readonly sample_rows?: number;
  /** Bad rows that are set aside before the run fails; absent: what the data set says. */
  readonly reject_limit?: number;
  /** Connections that copy at once; absent: what the data set says. */
  readonly parallelism?: number;
  /** That the run reads of its files, over all workers; absent: what the data set says. */
  readonly max_bytes_per_sec?: number;
  /** Identifies the run in keys and child ids. */
  readonly runId?: string;
}

/** What a load counts beside files and bytes. */
export interface LoadCounts {
  /** Rows that the database has confirmed. */
  readonly rows: number;
  readonly chunks: number;
  /** Bad rows that were set aside. */
  readonly rejected: number;
  /** Rows of CSV in the staging bucket: the database must have as many, but for those that were set aside. */
  readonly stagedRows: number;
  /** Bytes of CSV in the staging bucket. */
  readonly stagedBytes: number;
}

export const addLoadCounts = (a: LoadCounts | undefined, b: LoadCounts | undefined): LoadCounts | undefined => {
  if (a === undefined || b === undefined) return a ?? b;
  return {
    rows: a.rows + b.rows,
    chunks: a.chunks + b.chunks,
    rejected: a.rejected + b.rejected,
    stagedRows: a.stagedRows + b.stagedRows,
    stagedBytes: a.stagedBytes + b.stagedBytes,
  };
};

/** The workflow's result, in the names that its readers have. */
export interface LoadResult {
  /** Rows that were loaded. */
  readonly rows: number;
  readonly chunks: number;
  /** Bytes of the staged CSV. */
  readonly bytes: number;
  readonly seconds: number;
  readonly rows_per_sec: number;
  readonly bucket: string;
  readonly bucket_source: BucketSource;
  /** Bad rows that were set aside; the list of them is at `rejects`. */
  readonly rejected: number;
  /** Source files. */
  readonly files: number;
  /** `schema.table` */
  readonly table: string;
  readonly load_type: LoadType;
  readonly data_set: string;
  readonly env: LoadEnvironment;
  readonly run_id: string;
  /** `s3://…/report.json` */
  readonly report: string;
  /** `s3://…` of the rows that were set aside; null where there are none. */
  readonly rejects: string | null;
}
