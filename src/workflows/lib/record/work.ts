/** What every kind of record shares: its input and result, and that its own cleanup runs and is told before it closes. */
import { CancellationScope, isCancellation, log, workflowInfo } from '@temporalio/workflow';
import type { BegunUpload, IngestLogFields } from '../../../activities/types';
import type { CleanupReport, RecordSettings } from '../../../model/run';
import type { ManifestRecord, StagedLine, Totals } from '../../../model/records';
import { cleanupSignal, type RecordEnd } from '../batch/messages';
import { firstCause, hasCleanup, notUndone, type Cause } from '../failures';
import { ownRequests } from '../requests';
import { SignalSender } from '../batch/signal-sender';

export interface RecordInput {
  readonly settings: RecordSettings;
  readonly exportId: string | null;
  readonly record: ManifestRecord;
  /** Of a file: what the first try, by its batch, has failed with. */
  readonly tried?: Cause;
  /** Of a URL: what its batch has begun, to go on with. */
  readonly begun?: BegunRecord;
}

/** An upload that the record's first activity has begun. */
export interface BegunRecord {
  readonly upload: BegunUpload;
  /** Of the record, in ms since 1970. */
  readonly startedAtMs: number;
}

export interface RecordResult {
  readonly staged: StagedLine;
  readonly totals: Totals;
}

/** Runs `work`; when it fails or is cancelled, runs `undo` to its end, tells the batch what that did, and throws the first error. */
export async function withUndo<T>(
  input: RecordInput,
  work: () => Promise<T>,
  undo: () => Promise<CleanupReport>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const cleanup = await undone(input, error, undo);
    const { parent } = workflowInfo();
    const requests = ownRequests();
    if (parent !== undefined && (hasCleanup(cleanup) || requests !== undefined)) {
      const end: RecordEnd = { ...cleanup, ...(requests === undefined ? {} : { requests }) };
      await new SignalSender(parent.workflowId, cleanupSignal).send(end);
    }
    throw error;
  }
}

/** Runs `undo` to its end. What cannot be undone is told, never thrown: the record's own error is the one an operator must see. */
export async function undone(
  { settings, record }: RecordInput,
  error: unknown,
  undo: () => Promise<CleanupReport>,
): Promise<CleanupReport> {
  log.warn('record_error', { ...firstCause(error) });
  logFileError(settings, record, error);
  const cleanup = await CancellationScope.nonCancellable(() =>
    undo().catch((undoError: unknown) => notUndone(`record ${record.n}`, undoError)),
  );
  log.info('record_cleanup', { ...cleanup });
  return cleanup;
}

/** Here it is known that no attempt is left. The names of ingestUrls' log events are a contract. */
function logFileError({ job, run }: RecordSettings, record: ManifestRecord, error: unknown): void {
  if (job !== 'ingestUrls' || isCancellation(error)) return;
  const { code, message } = firstCause(error);
  const fields: IngestLogFields['file_error'] = { url: record.source, error: message, s3_key: record.key, code };
  log.error('file_error', { run, ...fields });
}
