/**
 * One record: a URL streamed into the bucket, or a prefix copied server-side. Ends with what is now staged (atomic) or
 * stored (direct), and on failure or cancel takes back whatever it has made before it closes.
 */
import { CancellationScope, log, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { CleanupReport, RecordSettings } from '../model/run';
import { addTotals, emptyTotals, type ManifestRecord, type StagedLine, type Totals } from '../model/records';
import { transfer } from './lib/activity-options';
import { cleanupSignal } from './lib/batch-messages';
import { firstCause, hasCleanup, notUndone } from './lib/failures';
import { SignalSender } from './lib/signal-sender';

export interface RecordInput {
  readonly settings: RecordSettings;
  readonly exportId: string | null;
  readonly record: ManifestRecord;
}

export interface RecordResult {
  readonly staged: StagedLine;
  readonly totals: Totals;
}

/** A record whose upload is taken away this often has an enemy that more tries do not help against. */
const MAX_STARTS = 3;

export async function transferRecord(input: RecordInput): Promise<RecordResult> {
  log.info('record_start', { source: input.record.source, key: input.record.key });
  const result = input.record.kind === 'url' ? await transferUrl(input) : await copyPrefix(input);
  log.info('record_complete', { source: input.record.source, key: input.record.key });
  return result;
}

async function transferUrl(input: RecordInput): Promise<RecordResult> {
  const { record } = input;
  const undo: { uploadId: string | null } = { uploadId: null };
  // Decided before the first side effect: even an upload whose id never came back is found again under its key.
  return withUndo(
    input,
    async () => {
      for (let start = 1; ; start += 1) {
        // Until this one's id is known, the cleanup has to look for it under the key.
        undo.uploadId = null;
        const opened = await transfer('stream', `Read ${record.source}`, input.settings).openTransfer(input);
        if (opened.kind === 'moved') return moved(opened.staged);
        undo.uploadId = opened.upload.uploadId;
        const parts = transfer(
          'stream',
          `Move ${sizeText(opened.upload.version.sizeBytes)} to ${record.key}`,
          input.settings,
        );
        try {
          return moved(await parts.transferParts({ ...input, upload: opened.upload }));
        } catch (error) {
          // Somebody aborted the upload (a lifecycle rule, a janitor): the record starts again with a new one.
          if (firstCause(error).code !== 'UploadLost' || start >= MAX_STARTS) throw error;
          log.warn('record_restart', { source: record.source, key: record.key, start });
        }
      }
    },
    () =>
      transfer('settle', `Take back ${record.key}`, input.settings).abortTransfer({
        ...input,
        uploadId: undo.uploadId,
        sinceMs: workflowInfo().startTime.getTime(),
      }),
  );
}

function moved(staged: Extract<StagedLine, { line: unknown }>): RecordResult {
  const { line } = staged;
  return {
    staged,
    totals: {
      ...emptyTotals(),
      records: 1,
      transferred: 1,
      objects: 1,
      bytes: line.bytes,
      resentBytes: staged.resentBytes,
    },
  };
}

async function copyPrefix(input: RecordInput): Promise<RecordResult> {
  const { record } = input;
  const undo = { pages: 0 };
  const sinceMs = workflowInfo().startTime.getTime();
  return withUndo(
    input,
    async () => {
      const { pages, objects } = await transfer('stream', `List ${record.source}`, input.settings).listPrefix(input);
      undo.pages = pages;
      let totals: Totals = { ...emptyTotals(), records: 1 };
      for (let page = 0; page < pages; page += 1) {
        setCurrentDetails(`Copied ${totals.objects} of ${objects} objects of ${record.source}`);
        const copy = transfer('stream', `Copy page ${page + 1} of ${pages} of ${record.source}`, input.settings);
        totals = addTotals(totals, await copy.copyPage({ ...input, page, sinceMs }));
      }
      return { staged: { prefixRecord: record.n, pages }, totals };
    },
    () =>
      transfer('settle', `Take back ${record.key}`, input.settings).undoPrefix({
        ...input,
        pages: undo.pages,
        sinceMs,
      }),
  );
}

/** Runs `work`; when it fails or is cancelled, runs `undo` to its end, tells the batch what that did, and throws the first error. */
async function withUndo<T>(
  { record }: RecordInput,
  work: () => Promise<T>,
  undo: () => Promise<CleanupReport>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    log.warn('record_error', { ...firstCause(error) });
    // What cannot be undone is told, never thrown: the record's own error is the one an operator must see.
    const cleanup = await CancellationScope.nonCancellable(() =>
      undo().catch((undoError: unknown) => notUndone(`record ${record.n}`, undoError)),
    );
    log.info('record_cleanup', { ...cleanup });
    const { parent } = workflowInfo();
    if (parent !== undefined && hasCleanup(cleanup)) {
      await new SignalSender(parent.workflowId, cleanupSignal).send(cleanup);
    }
    throw error;
  }
}

const sizeText = (sizeBytes: number | undefined): string =>
  sizeBytes === undefined ? 'a stream of unknown length' : `${Math.ceil(sizeBytes / 2 ** 20)} MiB`;
