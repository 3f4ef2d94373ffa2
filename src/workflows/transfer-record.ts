/**
 * One record: a URL streamed into the bucket, a prefix copied server-side, or a file brought to a local disk. Ends with what
 * is now staged (atomic) or stored (direct), and on failure or cancel takes back whatever it has made before it closes.
 */
import { log, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { addTotals, emptyTotals, type StagedObject, type Totals } from '../model/records';
import { transfer } from './lib/activity-options';
import { firstCause } from './lib/failures';
import { loadRecord } from './lib/load-record';
import { withUndo, type RecordInput, type RecordResult } from './lib/record-work';
import { withOwnRequests } from './lib/requests';
import { restoreRecord } from './lib/restore-record';

export type { RecordInput, RecordResult } from './lib/record-work';

/** A record whose upload is taken away this often has an enemy that more tries do not help against. */
const MAX_STARTS = 3;

export async function transferRecord(input: RecordInput): Promise<RecordResult> {
  log.info('record_start', { source: input.record.source, key: input.record.key });
  const { staged, totals } = await moveRecord(input);
  log.info('record_complete', { source: input.record.source, key: input.record.key });
  return { staged, totals: withOwnRequests(totals) };
}

function moveRecord(input: RecordInput): Promise<RecordResult> {
  switch (input.record.kind) {
    case 'url':
      return transferUrl(input);
    case 'prefix':
      return copyPrefix(input);
    case 'file':
      return restoreRecord(input);
    case 'load':
      return loadRecord(input);
  }
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
          const startedAtMs = workflowInfo().startTime.getTime();
          return moved(await parts.transferParts({ ...input, upload: opened.upload, startedAtMs }));
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

function moved(staged: StagedObject): RecordResult {
  const { line, resentBytes } = staged;
  const totals =
    line.outcome === 'skipped' ? { skipped: 1 } : { transferred: 1, objects: 1, bytes: line.bytes, resentBytes };
  return { staged, totals: { ...emptyTotals(), records: 1, ...totals } };
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

const sizeText = (sizeBytes: number | undefined): string =>
  sizeBytes === undefined ? 'a stream of unknown length' : `${Math.ceil(sizeBytes / 2 ** 20)} MiB`;
