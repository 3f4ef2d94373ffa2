/** What workflows may ask of activities: types alone, so that workflow code can import them. */
import type { ExportRequest, ExportResult, ExportSettings } from '../model/export-run';
import type { IngestInput, IngestResult, IngestSettings } from '../model/ingest-run';
import type { CleanupReport, FailedRecord, JobRef, RecordSettings } from '../model/run';
import type {
  GivenRecord,
  LedgerLine,
  ManifestRecord,
  ManifestWritten,
  StagedLine,
  StagedObject,
  Totals,
} from '../model/records';
import type { CreateReply, PollReply } from '../providers/types';
import type { FinishArgs, InRun } from './finish-types';
import type { PrepareRestoreActivities, RestoreActivities } from './restore-types';
import type { BegunUpload } from '../transfer/types';

/** For log lines that only a workflow can write, because only it knows that no attempt is left. */
export type { IngestLogFields } from '../ingest/log-events';
export type { BegunUpload } from '../transfer/types';

export interface OfRecord {
  readonly settings: RecordSettings;
  readonly record: ManifestRecord;
  readonly exportId: string | null;
}

export interface PrepareArgs {
  readonly ref: JobRef;
  readonly run: string;
  /** Null where records are given and the API is not asked. */
  readonly request: ExportRequest | null;
}

export type OpenedRecord =
  { readonly kind: 'moved'; readonly staged: StagedObject } | { readonly kind: 'begun'; readonly upload: BegunUpload };

export interface ManifestSummary extends ManifestWritten {
  readonly prefixRecords: number;
  readonly datasets: number;
}

export interface PrepareIngestArgs {
  readonly ref: JobRef;
  readonly run: string;
  /** Of the keys, `YYYY-MM-DD`. */
  readonly date: string;
  readonly input: Pick<IngestInput, 'onError' | 'failOnError'>;
}

export interface PlanIngestArgs {
  readonly settings: IngestSettings;
  readonly files?: readonly string[];
  /** Of the run's start, ISO 8601: the same in every attempt. */
  readonly ingestionTime: string;
}

export interface FinishIngestArgs extends Omit<FinishArgs, 'settings'> {
  readonly settings: IngestSettings;
}

export interface IngestFiles {
  readonly report: string;
  readonly manifest: string;
  readonly ledger: string;
  /** Of all files, or none where there are more than the result can hold. */
  readonly lines: readonly LedgerLine[];
}

/** What every batch needs: on `longhaul-api`, or on the queue of the host that its run writes to. */
export interface PageActivities {
  readManifestPage(args: InRun & { readonly page: number }): Promise<ManifestRecord[]>;
  /** Writes the staged page of a batch, and its ledger page where nothing is left to publish (direct). */
  stagePage(args: InRun & { readonly page: number; readonly lines: readonly StagedLine[] }): Promise<void>;
}

/** Queue `longhaul-api`: short calls. */
export interface ApiActivities extends PageActivities {
  /** Checks config, API access and that the bucket can be written; `previous` where this run id has succeeded before. */
  prepareRun(args: PrepareArgs): Promise<{ settings: ExportSettings; previous: ExportResult | null }>;
  /** The workflow that holds a target, or null where that one is closed (its hold is then ended). */
  findHolder(args: { readonly lockId: string }): Promise<string | null>;
  createExport(args: InRun & { readonly request: ExportRequest }): Promise<{ reply: CreateReply; mayBeEmpty: boolean }>;
  pollExport(args: InRun & { readonly exportId: string }): Promise<PollReply>;
  /** Writes run.json and all manifest pages; the same call gives the same pages. */
  writeManifest(
    args: InRun & { readonly exportId: string | null; readonly records?: GivenRecord[]; readonly recordsUri?: string },
  ): Promise<ManifestSummary>;
  /** Writes ledger.ndjson, report.json, report.txt and, for a success, `_SUCCESS`, last. */
  finishRun(args: FinishArgs): Promise<{ report: string; manifest: string }>;

  /** As prepareRun, for `ingestUrls`; `previous` only where nothing of that run had failed. */
  prepareIngest(args: PrepareIngestArgs): Promise<{ settings: IngestSettings; previous: IngestResult | null }>;
  /** Reads parameters.json, and writes run.json and the manifest of its files; the same list gives the same pages. */
  planIngest(args: PlanIngestArgs): Promise<ManifestWritten>;
  /** Writes ledger.ndjson, report.json and report.txt. */
  finishIngest(args: FinishIngestArgs): Promise<IngestFiles>;
}

/** Queue `longhaul-files`. */
export interface ClaimActivities extends PrepareRestoreActivities {
  /** Answers the name of a host with local disk; what follows goes to that host's own queue. */
  claimHost(): Promise<string>;
}

/** Queue `longhaul-files-<host>`: what works on one host's disk. */
export type FilesActivities = PageActivities & RestoreActivities;

/** Queue `longhaul-transfer`: bytes move, or many objects are touched; all heartbeat. */
export interface TransferActivities {
  openTransfer(args: OfRecord): Promise<OpenedRecord>;
  /** `startedAtMs`: of the record, in ms since 1970; when this activity was scheduled where absent. */
  transferParts(
    args: OfRecord & { readonly upload: BegunUpload; readonly startedAtMs?: number },
  ): Promise<StagedObject>;
  /** Takes back whatever one URL record has made so far. */
  abortTransfer(
    args: OfRecord & { readonly uploadId: string | null; readonly sinceMs: number },
  ): Promise<CleanupReport>;
  listPrefix(args: OfRecord): Promise<{ pages: number; objects: number }>;
  copyPage(args: OfRecord & { readonly page: number; readonly sinceMs: number }): Promise<Totals>;
  /** Takes back whatever one prefix record has made so far. */
  undoPrefix(args: OfRecord & { readonly pages: number; readonly sinceMs: number }): Promise<CleanupReport>;
  /** Completes every upload of a staged page and writes its ledger page. Forward only. */
  publishPage(args: InRun & { readonly page: number }): Promise<{ totals: Totals; problems: FailedRecord[] }>;
  /** Takes back everything of a staged page and writes its ledger page. */
  undoPage(args: InRun & { readonly page: number }): Promise<CleanupReport>;
  /** Deletes everything below the target prefix but the control prefix; only where the config opts in. */
  clearPrefix(args: InRun): Promise<CleanupReport>;
}
