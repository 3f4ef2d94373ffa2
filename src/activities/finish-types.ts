/** What the last activity of a run is told, whatever its job: types alone. */
import type { Totals } from '../model/records';
import type { CleanupReport, FailedRecord, RunSettings } from '../model/run';

export interface InRun {
  readonly settings: RunSettings;
}

export interface FinishArgs extends InRun {
  readonly exportId: string | null;
  readonly outcome: 'succeeded' | 'failed' | 'cancelled';
  readonly totals: Totals;
  readonly pages: number;
  readonly cleanup: CleanupReport | null;
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly failures: readonly FailedRecord[];
  readonly startedAt: string;
  readonly finishedAt: string;
}
