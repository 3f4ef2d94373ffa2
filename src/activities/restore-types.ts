/** What the workflow of restoreFiles may ask of a host with local disk: types alone. */
import type { LedgerLine, ManifestRecord, StagedObject } from '../model/records';
import type { RestoredRecord } from '../model/restore-run';
import type { RestoreSettings } from '../model/restore-settings';
import type { CleanupReport, JobRef, RecordSettings } from '../model/run';
import type { FinishArgs } from './finish-types';

export interface PrepareRestoreArgs {
  readonly ref: JobRef;
  readonly run: string;
  readonly rawFileId: string;
  readonly include: readonly string[] | null;
  /** When the run has started, in ms since 1970: its time limit counts from there. */
  readonly startedMs: number;
}

export interface OfFile {
  readonly settings: RecordSettings;
  readonly record: ManifestRecord;
}

export interface RestoredFileLine extends StagedObject {
  readonly line: LedgerLine & { readonly outcome: 'transferred' | 'skipped' | 'healed' };
}

export interface FinishRestoreArgs extends Omit<FinishArgs, 'settings'> {
  readonly settings: RestoreSettings;
}

export interface RestoreFiled {
  /** Path of the status report. */
  readonly report: string;
  readonly restored: RestoredRecord;
}

/** Queue `longhaul-files`, where any host answers, and `longhaul-files-<host>`. */
export interface PrepareRestoreActivities {
  /**
   * Validates in the documented order, each failure under its own code; makes nothing that stays. The settings name the
   * host that has answered: whatever follows goes there.
   */
  prepareRestore(args: PrepareRestoreArgs): Promise<RestoreSettings>;
}

/** Queue `longhaul-files-<host>`. */
export interface RestoreActivities extends PrepareRestoreActivities {
  /** Number of a slot that nobody, or `taker`, has; fails with HostBusy, and is tried again, while there is none. */
  findFreeSlot(args: { readonly host: string; readonly slots: number; readonly taker: string }): Promise<number>;
  /** Writes run.json and the manifest of the files; the same record gives the same pages. */
  writeRestoreManifest(args: { readonly settings: RestoreSettings }): Promise<{ records: number; pages: number }>;
  restoreFile(args: OfFile): Promise<RestoredFileLine>;
  /** Removes what attempts have left beside the file; never the file. */
  clearFile(args: OfFile): Promise<CleanupReport>;
  /** Asks for readable copies of an archived object, and once a run of all others that are archived and wanted. */
  thawFile(args: OfFile): Promise<void>;
  isThawed(args: OfFile): Promise<boolean>;
  /** Writes the ledger, report.json and the status report, and notifies. */
  finishRestore(args: FinishRestoreArgs): Promise<RestoreFiled>;
}
