/** What differs between the jobs that move records in batches; `record-run.ts` is what they share. Types alone. */
import type { JobName } from '../../../model/names';
import type { ManifestSize, ManifestWritten, Totals } from '../../../model/records';
import type { CleanupReport, FailedRecord, RunSettings } from '../../../model/run';
import type { BatchesState } from '../batch/batches';
import type { Cause } from '../failures';
import type { Hold } from '../hold/hold';
import type { RunProgress } from './progress';

/** How a run has ended, for its report. */
export interface Ending {
  readonly exportId: string | null;
  readonly outcome: 'succeeded' | 'failed' | 'cancelled';
  readonly totals: Totals;
  readonly pages: number;
  readonly cleanup: CleanupReport | null;
  readonly failure: Cause | null;
  readonly failures: readonly FailedRecord[];
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** Where the report of a run is; jobs add what their result needs of it. */
export interface Filed {
  readonly report: string;
}

/** What only this run has while it lasts. */
export type RunHold = Pick<Hold, 'release' | 'goOn'>;

/** What one job does at each step. Every method throws ApplicationFailures with codes of the table. */
export interface RecordJob<S extends RunSettings, R extends object, F extends Filed> {
  readonly name: JobName;
  readonly project: string;
  /** Checks, before anything is made; `previous`: the result, where this run id has succeeded before. */
  prepare(run: string): Promise<{ readonly settings: S; readonly previous: R | null }>;
  /** Waits for whatever only one run may have. Nothing is made before. */
  hold(settings: S): Promise<readonly RunHold[]>;
  /** Waits until the source is there; answers the id that its records are asked for by, if there is one. */
  obtain(settings: S, progress: RunProgress): Promise<string | null>;
  writeManifest(settings: S, exportId: string | null): Promise<ManifestWritten>;
  /**
   * Once every record is in: the one step that makes the run's work visible, for jobs whose records are not visible by
   * themselves. A cancel still reaches it; what it throws fails the run, which then takes back what it has made.
   */
  complete?(settings: S, totals: Totals): Promise<void>;
  /** Removes what the run has needed for itself, beside its records; after a success too. Never throws. */
  tidy?(settings: S): Promise<CleanupReport>;
  /** Why the job itself has cancelled its run, which then fails by this. */
  readonly ownEnd?: Cause | undefined;
  finish(settings: S, ending: Ending): Promise<F>;
  result(settings: S, ending: Ending, filed: F): R;
}

/** What a run hands to itself when its history has grown long. */
export interface Continuation<S extends RunSettings = RunSettings> {
  readonly run: string;
  readonly settings: S;
  readonly exportId: string | null;
  readonly manifest: ManifestSize;
  readonly batches: BatchesState;
  readonly startedMs: number;
  readonly transferStartedMs: number;
  readonly paused: boolean;
  readonly maxWorkers: number;
  /** What an operator has set; null: no limit. */
  readonly maxBytesPerSec?: number | null;
}
