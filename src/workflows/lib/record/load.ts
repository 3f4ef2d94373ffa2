/** One file of a load: staged as chunks, which are copied meanwhile, several at once. What it leaves is the run's to remove. */
import { CancellationScope, log, setCurrentDetails } from '@temporalio/workflow';
import type { CopiedChunks } from '../../../activities/load-types';
import { eachOf } from '../../../model/each-of';
import { plural } from '../../../model/format';
import type { LoadCounts } from '../../../model/load-run';
import type { LoadOfRecord } from '../../../model/job-settings';
import { emptyTotals } from '../../../model/records';
import { transfer } from '../activity-options';
import { emptyCleanup, failure } from '../failures';
import { recordDetails, WHERE } from './details';
import { withUndo, type RecordInput, type RecordResult } from './work';

/**
 * Activities that copy the chunks of one file, at most: each is some six events of the record's history, which stays
 * below the 4,096 at which Temporal wants it to end. Beyond, an activity copies several chunks in a row.
 */
const MAX_COPIES = 400;

export async function loadRecord(input: RecordInput): Promise<RecordResult> {
  const { load } = input.settings;
  if (load === undefined) throw failure('Internal', 'These are not the settings of a load');
  // Staging folder and tables are the run's as a whole: it removes them when all files have ended.
  return withUndo(
    input,
    () => stageAndCopy(input, load),
    () => Promise.resolve(emptyCleanup()),
  );
}

async function stageAndCopy(input: RecordInput, { parallelism }: LoadOfRecord): Promise<RecordResult> {
  const { record, settings } = input;
  const startedAt = new Date().toISOString();
  setCurrentDetails(recordDetails(record, `Staging as CSV: ${WHERE}`));
  const staged = await transfer('load', `Stage ${record.source}`, settings).stageSource(input);
  log.info('file_staged', { source: record.source, ...staged });
  const counts = { rows: 0, chunks: 0, rejected: 0 };
  const add = (copied: CopiedChunks): void => {
    counts.rows += copied.rows;
    counts.chunks += copied.chunks;
    counts.rejected += copied.rejected;
    const state = `Copied ${counts.chunks} of ${plural(staged.chunks, 'chunk')}, ${plural(counts.rows, 'row')}`;
    setCurrentDetails(recordDetails(record, state));
  };
  add(staged.copied);
  await copyRest(input, { from: staged.copied.chunks, chunks: staged.chunks, parallelism }, add);
  const load: LoadCounts = { ...counts, stagedRows: staged.rows, stagedBytes: staged.bytes };
  const bytes = record.expected?.bytes ?? 0;
  const line = {
    n: record.n,
    dataset: record.dataset,
    source: record.source,
    key: record.key,
    bytes,
    parts: staged.chunks,
    attempts: 1,
    outcome: 'transferred',
    startedAt,
    finishedAt: new Date().toISOString(),
    load,
  } as const;
  return {
    staged: { line, transferId: '', resentBytes: 0 },
    totals: { ...emptyTotals(), records: 1, transferred: 1, objects: staged.chunks, bytes, load },
  };
}

interface Copies {
  /** The first chunk that is not known to be copied. */
  readonly from: number;
  readonly chunks: number;
  readonly parallelism: number;
}

/** The first failure stops the others, and all have ended when this throws: none may copy into a table that is gone. */
async function copyRest(
  input: RecordInput,
  { from: first, chunks, parallelism }: Copies,
  onCopied: (copied: CopiedChunks) => void,
): Promise<void> {
  const size = Math.max(1, Math.ceil((chunks - first) / MAX_COPIES));
  const starts = Array.from({ length: Math.ceil((chunks - first) / size) }, (_, at) => first + at * size);
  const scope = new CancellationScope();
  let failed: { readonly error: unknown } | undefined;
  await scope.run(() =>
    eachOf(starts, parallelism, async (from) => {
      if (failed !== undefined) return;
      const to = Math.min(chunks, from + size);
      const what = to - from === 1 ? `chunk ${from + 1}` : `chunks ${from + 1} to ${to}`;
      try {
        const summary = `Copy ${what} of ${chunks} of ${input.record.source}`;
        onCopied(await transfer('load', summary, input.settings).copyChunks({ ...input, from, to }));
      } catch (error) {
        // What is cancelled because of the first is not the cause of anything.
        failed ??= { error };
        scope.cancel();
      }
    }),
  );
  if (failed !== undefined) throw failed.error;
}
