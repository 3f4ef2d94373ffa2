/**
 * One file at a URL. Its batch runs the first activity, which moves all of a small file; a large one goes on in a workflow of its
 * own with the upload that has been begun (docs/decisions/0019). On failure or cancel whoever has the record takes back what it
 * has made.
 */
import { isCancellation, log, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { emptyTotals, type StagedObject } from '../../../model/records';
import type { CleanupReport } from '../../../model/run';
import { transfer } from '../activity-options';
import { firstCause, type Cause } from '../failures';
import { recordDetails, WHERE } from './details';
import { undone, withUndo, type BegunRecord, type RecordInput, type RecordResult } from './work';

/** A record whose upload is taken away this often has an enemy that more tries do not help against. */
const MAX_STARTS = 3;

/**
 * In the batch: the result of a file that was moved at once, or what the record's own workflow has to go on from. Throws what
 * the activity has failed with, after `onUndone` has heard what was taken back; `onFailing` hears of it before.
 */
export async function openUrl(
  input: RecordInput,
  onUndone: (cleanup: CleanupReport) => void,
  onFailing: (cause: Cause) => void,
): Promise<RecordResult | { readonly begun: BegunRecord }> {
  const startedAtMs = Date.now();
  const { record, settings } = input;
  try {
    // The id tells watchers which record it is.
    const activities = transfer('stream', `Read ${record.source}`, settings, { activityId: `record/${record.n}` });
    const opened = await activities.openTransfer(input);
    return opened.kind === 'moved' ? moved(opened.staged) : { begun: { upload: opened.upload, startedAtMs } };
  } catch (error) {
    if (!isCancellation(error)) onFailing(firstCause(error));
    onUndone(await undone(input, error, () => takeBack(input, null, startedAtMs)));
    throw error;
  }
}

/** In the batch: takes back what was begun where no workflow of its own came to be that would. */
export const undoBegun = (input: RecordInput, begun: BegunRecord, error: unknown): Promise<CleanupReport> =>
  undone(input, error, () => takeBack(input, begun.upload.uploadId, begun.startedAtMs));

/** In a workflow of the record's own. */
export function urlRecord(input: RecordInput): Promise<RecordResult> {
  const { record, begun } = input;
  const startedAtMs = begun?.startedAtMs ?? workflowInfo().startTime.getTime();
  const undo = { uploadId: begun?.upload.uploadId ?? null };
  // Decided before the first side effect: even an upload whose id never came back is found again under its key.
  return withUndo(
    input,
    async () => {
      for (let start = 1; ; start += 1) {
        let upload = start === 1 ? begun?.upload : undefined;
        if (upload === undefined) {
          // Until this one's id is known, the cleanup has to look for it under the key.
          undo.uploadId = null;
          const opened = await transfer('stream', `Read ${record.source}`, input.settings).openTransfer(input);
          if (opened.kind === 'moved') return moved(opened.staged);
          upload = opened.upload;
          undo.uploadId = upload.uploadId;
        }
        setCurrentDetails(recordDetails(record, `Moving ${sizeText(upload.version.sizeBytes)} in parts: ${WHERE}`));
        const summary = `Move ${sizeText(upload.version.sizeBytes)} to ${record.key}`;
        try {
          const parts = transfer('stream', summary, input.settings);
          return moved(await parts.transferParts({ ...withoutBegun(input), upload, startedAtMs }));
        } catch (error) {
          // Somebody aborted the upload (a lifecycle rule, a janitor): the record starts again with a new one.
          if (firstCause(error).code !== 'UploadLost' || start >= MAX_STARTS) throw error;
          log.warn('record_restart', { source: record.source, key: record.key, start });
        }
      }
    },
    () => takeBack(input, undo.uploadId, startedAtMs),
  );
}

/** The upload once is enough in the history. */
const withoutBegun = ({ settings, exportId, record }: RecordInput): RecordInput => ({ settings, exportId, record });

const takeBack = (input: RecordInput, uploadId: string | null, sinceMs: number): Promise<CleanupReport> =>
  transfer('settle', `Take back ${input.record.key}`, input.settings).abortTransfer({
    ...withoutBegun(input),
    uploadId,
    sinceMs,
  });

function moved(staged: StagedObject): RecordResult {
  const { line, resentBytes } = staged;
  const totals =
    line.outcome === 'skipped' ? { skipped: 1 } : { transferred: 1, objects: 1, bytes: line.bytes, resentBytes };
  return { staged, totals: { ...emptyTotals(), records: 1, ...totals } };
}

const sizeText = (sizeBytes: number | undefined): string =>
  sizeBytes === undefined ? 'a stream of unknown length' : `${Math.ceil(sizeBytes / 2 ** 20)} MiB`;
