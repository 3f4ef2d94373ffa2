/**
 * One record: a URL streamed into the bucket, a prefix copied server-side, or a file brought to a local disk. Ends with what
 * is now staged (atomic) or stored (direct), and on failure or cancel takes back whatever it has made before it closes.
 */
import { log, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { plural } from '../model/format';
import { addTotals, emptyTotals, type Totals } from '../model/records';
import { transfer } from './lib/activity-options';
import { loadRecord } from './lib/record/load';
import { withUndo, type RecordInput, type RecordResult } from './lib/record/work';
import { withOwnRequests } from './lib/requests';
import { recordDetails } from './lib/record/details';
import { restoreRecord } from './lib/record/restore';
import { urlRecord } from './lib/record/url';

export type { RecordInput, RecordResult } from './lib/record/work';

export async function transferRecord(input: RecordInput): Promise<RecordResult> {
  log.info('record_start', { source: input.record.source, key: input.record.key });
  const { staged, totals } = await moveRecord(input);
  log.info('record_complete', { source: input.record.source, key: input.record.key });
  return { staged, totals: withOwnRequests(totals) };
}

function moveRecord(input: RecordInput): Promise<RecordResult> {
  switch (input.record.kind) {
    case 'url':
      return urlRecord(input);
    case 'prefix':
      return copyPrefix(input);
    case 'file':
      return restoreRecord(input);
    case 'load':
      return loadRecord(input);
  }
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
        const copied = `Copied ${totals.objects} of ${plural(objects, 'object')} (page ${page} of ${pages})`;
        setCurrentDetails(recordDetails(record, copied));
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
