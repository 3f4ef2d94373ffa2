/** What a run and its batches tell each other: absolute values, sent in order (SignalSender), so the newest counts. */
import { defineSignal } from '@temporalio/workflow';
import type { CleanupReport, FailedRecord, RunSettings } from '../../../model/run';
import type { ManifestRecord, RequestCounts, Totals } from '../../../model/records';
import type { Cause } from '../failures';

/** One order of an operator. */
export interface RecordOrder {
  readonly kind: 'retry' | 'skip';
  /** Null: every failed record. */
  readonly records: readonly number[] | null;
}

/** Run → batch. */
export interface BatchControl {
  readonly paused: boolean;
  readonly limit: number;
  readonly order?: RecordOrder;
}

/** Batch → run. */
export interface BatchReport {
  readonly page: number;
  readonly inFlight: number;
  readonly unstarted: number;
  readonly totals: Totals;
  /** Failed records that wait for an operator (`on_error: wait`), or that have failed so far; at most 50. */
  readonly failed: readonly FailedRecord[];
  /** True: everything else of the batch is done and it waits for an operator. */
  readonly parked: boolean;
  /** Set as soon as the batch is going to fail, before its cleanup, so that other batches stop early. */
  readonly failure?: Cause;
  /** Set by the batch's last report when it had to clean up. */
  readonly cleanup?: CleanupReport;
}

export interface BatchInput {
  readonly settings: RunSettings;
  readonly exportId: string | null;
  readonly page: number;
  readonly control: BatchControl;
  /** The page's records, where they are so few that their run has been given them; else the batch reads its page. */
  readonly records?: readonly ManifestRecord[];
}

/** A batch that ended well; its objects are listed in its staged page. */
export interface BatchResult {
  readonly totals: Totals;
  readonly failed: readonly FailedRecord[];
  /** What its failed records have taken back; absent where there was nothing. */
  readonly cleanup?: CleanupReport;
}

/** Record → batch, before a record that did not end well closes: what it has taken back, or could not, and its S3 requests. */
export interface RecordEnd extends CleanupReport {
  readonly requests?: RequestCounts;
}

export const controlSignal = defineSignal<[BatchControl]>('control');
export const cleanupSignal = defineSignal<[RecordEnd]>('recordCleanup');
export const reportSignal = defineSignal<[BatchReport]>('report');

export const MAX_REPORTED_FAILURES = 50;
