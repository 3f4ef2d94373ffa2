/** `restoreFiles`: the settings of one run, as its history holds them. Pure. */
import type { RunSettings } from './run';

/** What each file needs to know of its run, beside what every record does. */
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

export interface RestoreSettings extends RunSettings {
  readonly host: string;
  readonly restore: RestoreOfRecord;
  /** Absolute path of `<locations.output>/<project_id>`. */
  readonly destination: string;
  readonly include: readonly string[] | null;
  /** Raw files that the host restores at once. */
  readonly slots: number;
  /** When the run has to have ended, in milliseconds since 1970. */
  readonly deadlineMs: number;
}

/** Workflow ids of the holds: one restore of a raw file at a time on a host, and so many restores at once there. */
export const restoreHoldId = ({ host, restore }: Pick<RestoreSettings, 'host' | 'restore'>): string =>
  `longhaul-restore/${host}/${restore.projectId}/${restore.rawFileId}`;
export const restoreSlotId = (host: string, slot: number): string => `longhaul-restore-slot/${host}/${slot}`;
