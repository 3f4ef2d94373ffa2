/** `restoreFiles`: the settings of one run, as its history holds them. Pure. */
import type { RestoreOfRecord } from './job-settings';
import type { RunSettings } from './run';

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
