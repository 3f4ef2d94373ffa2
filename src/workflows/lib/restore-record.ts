/**
 * One file of a restore: tried, thawed first where it is archived, and tried again after a durable pause where trying for
 * minutes has not helped. On failure or cancel nothing is left beside the file.
 */
import { isCancellation, log, setCurrentDetails, sleep } from '@temporalio/workflow';
import type { RestoredFileLine } from '../../activities/restore-types';
import { ERRORS, isErrorCode } from '../../model/errors';
import { emptyTotals } from '../../model/records';
import type { RestoreOfRecord } from '../../model/restore-settings';
import { files } from './activity-options';
import { failure, firstCause, type Cause } from './failures';
import { withUndo, type RecordInput, type RecordResult } from './record-work';

/** A copy that has expired again this often was not thawed for long enough (thaw.days). */
const MAX_THAWS = 3;

export async function restoreRecord(input: RecordInput): Promise<RecordResult> {
  const { record } = input;
  if (record.refused !== undefined) throw failure('PathConflict', record.refused);
  const run = placeOf(input);
  return withUndo(
    input,
    async () => restored(await untilRestored(input, run)),
    () => files('clear', `Clean up beside ${record.key}`, run.host).clearFile(input),
  );
}

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
  const { record } = input;
  let retries = 0;
  let thaws = 0;
  for (;;) {
    try {
      return await files('stream', `Restore ${record.key}`, host).restoreFile(input);
    } catch (error) {
      if (isCancellation(error)) throw error;
      const cause = firstCause(error);
      if (cause.code === 'SourceArchived' && restore.thaw !== null && thaws < MAX_THAWS) {
        thaws += 1;
        await thaw(input, host, restore.thaw.pollIntervalMs);
        continue;
      }
      if (!mayPass(cause) || retries >= restore.retries) throw error;
      retries += 1;
      log.warn('file_retry', { file: record.key, retry: retries, delayMs: restore.retryIntervalMs, ...cause });
      const again = `Try ${retries} of ${restore.retries} more after ${cause.code}`;
      setCurrentDetails(`${again}: ${cause.message}`);
      await sleep(restore.retryIntervalMs, { summary: again });
    }
  }
}

/** What has been given up after its time may pass all the same: the table says so, not the failure. */
const mayPass = ({ code }: Cause): boolean => isErrorCode(code) && ERRORS[code].retryable;

async function thaw(input: RecordInput, host: string, pollIntervalMs: number): Promise<void> {
  const { record } = input;
  await files('control', `Ask for a readable copy of ${record.source}`, host).thawFile(input);
  setCurrentDetails(`${record.source} is archived; waiting until S3 has thawed it`);
  for (;;) {
    await sleep(pollIntervalMs, { summary: `Thawing ${record.key}` });
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
