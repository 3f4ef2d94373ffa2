/** Ledger lines of records that were not moved; those that were get theirs from the activity that moved them. */
import { isErrorCode } from '../../../model/errors';
import type { FailedRecord } from '../../../model/run';
import type { LedgerLine, ManifestRecord } from '../../../model/records';

/** `startedAt` is absent for a record that was never started. */
export function unmovedLine(
  record: ManifestRecord,
  outcome: 'failed' | 'aborted' | 'skipped',
  startedAt: string | undefined,
  failed: FailedRecord | undefined,
): LedgerLine {
  const now = new Date().toISOString();
  return {
    n: record.n,
    dataset: record.dataset,
    source: record.source,
    key: record.key,
    bytes: 0,
    parts: 0,
    attempts: 0,
    outcome,
    startedAt: startedAt ?? now,
    finishedAt: now,
    ...(failed === undefined
      ? {}
      : { errorCode: isErrorCode(failed.code) ? failed.code : 'Internal', error: failed.message }),
  };
}
