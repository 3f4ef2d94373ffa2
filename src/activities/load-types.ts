/** What the workflow of loadToPostgres may ask of activities: types alone. */
import type { LoadInput, LoadResult } from '../model/load-run';
import type { LoadOwner, LoadSettings } from '../model/load-settings';
import type { ManifestRecord, ManifestWritten } from '../model/records';
import type { CleanupReport, JobRef, RecordSettings } from '../model/run';
import type { FinishArgs } from './finish-types';

export interface PrepareLoadArgs {
  readonly ref: JobRef;
  readonly run: string;
  readonly input: LoadInput;
  /** When the run has started, in ms since 1970: part of its staging folder's name. */
  readonly startedMs: number;
  readonly owner: LoadOwner;
}

export interface OfSource {
  readonly settings: RecordSettings;
  readonly record: ManifestRecord;
}

export interface CopiedChunks {
  readonly chunks: number;
  readonly rows: number;
  readonly rejected: number;
}

export interface StagedSource {
  readonly chunks: number;
  readonly rows: number;
  /** Of the staged CSV. */
  readonly bytes: number;
  /** The first chunks, which were copied while others were staged. */
  readonly copied: CopiedChunks;
}

export interface CompletedLoad {
  /** Rows that came from the files into the table. */
  readonly rows: number;
  readonly rejected: number;
  /** delta: rows whose key came again later. */
  readonly duplicates: number;
  readonly method: 'swap' | 'rewrite' | 'upsert';
}

export interface FinishLoadArgs extends Omit<FinishArgs, 'settings'> {
  readonly settings: LoadSettings;
  /** Null where the load did not come so far. */
  readonly completed: CompletedLoad | null;
}

export interface LoadFiled {
  readonly report: string;
  readonly result: LoadResult;
}

export interface CleanLoadArgs {
  readonly ref: JobRef;
  readonly input: { readonly env?: LoadInput['env']; readonly s3_bucket?: string };
}

/** What terminated loads had left. */
export interface CleanedStaging {
  readonly bucket: string;
  /** Names of the staging folders that were removed. */
  readonly removed: readonly string[];
  readonly objects: number;
  readonly bytes: number;
  /** Folders that are left because their run still goes on, or is too young. */
  readonly kept: number;
}

/** Queue `longhaul-api`. */
export interface LoadApiActivities {
  /** Checks configuration, bucket, files, database and table; makes nothing that stays. */
  prepareLoad(args: PrepareLoadArgs): Promise<{ settings: LoadSettings; previous: LoadResult | null }>;
  /** Lists the files, writes the manifest, and makes the table that chunks go to; the same call gives the same. */
  planLoad(args: { readonly settings: LoadSettings }): Promise<ManifestWritten>;
  /** Writes ledger.ndjson, report.txt and report.json. */
  finishLoad(args: FinishLoadArgs): Promise<LoadFiled>;
  /** Removes staging folders of runs that do not run any more and are old enough. */
  cleanStaging(args: CleanLoadArgs): Promise<CleanedStaging>;
}

/** Queue `longhaul-transfer`. */
export interface LoadTransferActivities {
  /**
   * One file to CSV chunks in the staging bucket, which are copied meanwhile, each exactly once; the list of chunks is written
   * when all are staged. Many chunks that are not copied then are left to `copyChunks`, and so to all workers.
   */
  stageSource(args: OfSource): Promise<StagedSource>;
  /** Copies the chunks `from` to `to` (not included) of a file, each exactly once. */
  copyChunks(args: OfSource & { readonly from: number; readonly to: number }): Promise<CopiedChunks>;
  /** Checks the count and makes the rows those of the table, in one transaction; repeated, it answers the same. */
  completeLoad(args: { readonly settings: LoadSettings; readonly stagedRows: number }): Promise<CompletedLoad>;
  /** Removes the staging folder and the tables of the run. */
  tidyLoad(args: { readonly settings: LoadSettings }): Promise<CleanupReport>;
}
