/**
 * One file of a restore. Its batch tries it first, as an activity; what that cannot finish becomes a record workflow, which
 * thaws what is archived, and tries again after a durable pause where trying for minutes has not helped (docs/decisions/0020).
 * On failure or cancel nothing is left beside the file.
 */
import { isCancellation, log, setCurrentDetails, sleep } from '@temporalio/workflow';
import type { RestoredFileLine } from '../../../activities/restore-types';
import { ERRORS, isErrorCode } from '../../../model/errors';
import { emptyTotals } from '../../../model/records';
import type { RestoreOfRecord } from '../../../model/job-settings';
import { summaryText } from '../../../model/summary';
import type { CleanupReport } from '../../../model/run';
import { files } from '../activity-options';
import { failed, failure, firstCause, type Cause } from '../failures';
import { clock, MOVING, recordDetails } from './details';
import { undone, withUndo, type RecordInput, type RecordResult } from './work';

/** A copy that has expired again this often was not thawed for long enough (thaw.days). */
const MAX_THAWS = 3;

/**
 * In the batch: the result, or what the file's own workflow has to go on from. Throws PathConflict where the file is not to be
 * tried, and the cancel, after `onUndone` has heard what was cleaned up.
 */
export async function tryFile(
  input: RecordInput,
  onUndone: (cleanup: CleanupReport) => void,
): Promise<RecordResult | { readonly tried: Cause }> {
  assertWanted(input);
  const { host } = placeOf(input);
  try {
    return restored(await restoring(input, host));
  } catch (error) {
    if (!isCancellation(error)) return { tried: firstCause(error) };
    onUndone(await undone(input, error, () => clear(input, host)));
    throw error;
  }
}

/** In a workflow of the file's own. */
export async function restoreRecord(input: RecordInput): Promise<RecordResult> {
  assertWanted(input);
  const place = placeOf(input);
  return withUndo(
    input,
    async () => restored(await untilRestored(input, place)),
    () => clear(input, place.host),
  );
}

function assertWanted({ record }: RecordInput): void {
  if (record.refused !== undefined) throw failure('PathConflict', record.refused);
}

/** The id of the activity tells watchers which record it is. */
const restoring = (input: RecordInput, host: string): Promise<RestoredFileLine> =>
  files('stream', `Restore ${input.record.key}`, host, { activityId: `record/${input.record.n}` }).restoreFile(input);

const clear = (input: RecordInput, host: string): Promise<CleanupReport> =>
  files('clear', `Clean up beside ${input.record.key}`, host).clearFile(input);

interface Place {
  readonly host: string;
  readonly restore: RestoreOfRecord;
}

function placeOf({ settings }: RecordInput): Place {
  const { host, restore } = settings;
  if (host === undefined || restore === undefined) throw failure('Internal', 'These are not the settings of a restore');
  return { host, restore };
}

async function untilRestored(input: RecordInput, { host, restore }: Place): Promise<RestoredFileLine> {
  const { record, tried } = input;
  let retries = 0;
  let thaws = 0;
  /** Returns where another try is due. */
  const afterFailure = async (error: unknown): Promise<void> => {
    const cause = firstCause(error);
    if (cause.code === 'SourceArchived' && restore.thaw !== null && thaws < MAX_THAWS) {
      thaws += 1;
      return thaw(input, host, restore.thaw.pollIntervalMs);
    }
    if (!mayPass(cause) || retries >= restore.retries) throw error;
    retries += 1;
    log.warn('file_retry', { file: record.key, retry: retries, delayMs: restore.retryIntervalMs, ...cause });
    const again = `Try ${retries} of ${restore.retries} more after ${cause.code}`;
    const atMs = Date.now() + restore.retryIntervalMs;
    setCurrentDetails(recordDetails(record, `${again}, at ${clock(atMs)}`, cause));
    await sleep(restore.retryIntervalMs, { summary: again });
  };
  if (tried !== undefined) await afterFailure(failed(tried));
  for (;;) {
    setCurrentDetails(recordDetails(record, MOVING));
    try {
      return await restoring(input, host);
    } catch (error) {
      if (isCancellation(error)) throw error;
      await afterFailure(error);
    }
  }
}

/** What has been given up after its time may pass all the same: the table says so, not the failure. */
const mayPass = ({ code }: Cause): boolean => isErrorCode(code) && ERRORS[code].retryable;

async function thaw(input: RecordInput, host: string, pollIntervalMs: number): Promise<void> {
  const { record } = input;
  await files('control', `Ask for a readable copy of ${record.source}`, host).thawFile(input);
  setCurrentDetails(recordDetails(record, 'Archived: waiting until S3 has thawed it'));
  for (;;) {
    await sleep(pollIntervalMs, { summary: summaryText(`Wait until S3 has thawed ${record.key}`) });
    if (await files('call', `Is ${record.key} thawed?`, host).isThawed(input)) return;
  }
}

function restored(staged: RestoredFileLine): RecordResult {
  const { line, resentBytes } = staged;
  const moved = { objects: 1, bytes: line.bytes, resentBytes };
  switch (line.outcome) {
    case 'skipped':
      return { staged, totals: { ...emptyTotals(), records: 1, skipped: 1 } };
    case 'healed':
      return { staged, totals: { ...emptyTotals(), records: 1, healed: 1, ...moved } };
    case 'transferred':
      return { staged, totals: { ...emptyTotals(), records: 1, transferred: 1, ...moved } };
  }
}
