/** What the ledger of a run says of an object, and what is there today. Pure. */
import type { LedgerLine } from '../../../model/records';
import { agreement, decodeChecksums } from '../../../transfer';
import type { StoredObject } from '../../../transfer';

/** In the order of how bad they are. */
export const DIFFERENCES = ['missing', 'size', 'checksum', 'newer', 'extra'] as const;
export type DifferenceKind = (typeof DIFFERENCES)[number];

export interface Difference {
  readonly kind: DifferenceKind;
  /** `s3://bucket/key`, `gs://bucket/key` or a path. */
  readonly object: string;
  /** Of the ledger; null for what it does not name. */
  readonly record: number | null;
  /** One clause: what was expected, and what is there. */
  readonly detail: string;
}

/** `size`: the size is right, and store and ledger have no checksum in common. */
export type Verdict = { readonly equal: 'checksum' | 'size' } | Omit<Difference, 'object' | 'record'>;

/** What a run has written, as far as it can be compared. */
export type Expected = Pick<LedgerLine, 'bytes' | 'crc32' | 'crc32c' | 'versionId' | 'outcome'> & {
  /** The marker in the metadata of what the run has written; undefined where there is none to compare. */
  readonly transferId?: string | undefined;
};

/** Whether a line names something that must be there: what failed, was given up or was taken back left nothing. */
export const isExpected = ({ outcome, errorCode }: Pick<LedgerLine, 'outcome' | 'errorCode'>): boolean => {
  switch (outcome) {
    case 'transferred':
    case 'copied':
    case 'healed':
      return true;
    case 'skipped':
      // One that had not changed is there; one with an error is what an operator has given up.
      return errorCode === undefined;
    case 'failed':
    case 'aborted':
      return false;
  }
};

const writtenSince = (expected: Expected, found: StoredObject): string | undefined => {
  if (expected.versionId !== undefined && found.versionId !== undefined && expected.versionId !== found.versionId)
    return `version ${found.versionId} instead of ${expected.versionId}`;
  if (expected.transferId !== undefined && found.transferId !== expected.transferId)
    return found.transferId === undefined ? 'written since, not by Longhaul' : 'written since, by another run';
  return undefined;
};

/** `found`: undefined where nothing is there. */
export const compare = (expected: Expected, found: StoredObject | undefined): Verdict => {
  if (found === undefined) return { kind: 'missing', detail: 'is not there' };
  // A file that had not changed was left as it was, and the ledger says nothing of what that is.
  if (expected.outcome === 'skipped') return { equal: 'size' };
  const since = writtenSince(expected, found);
  const why = since === undefined ? '' : `; ${since}`;
  if (found.bytes !== expected.bytes)
    return { kind: 'size', detail: `has ${found.bytes} bytes instead of ${expected.bytes}${why}` };
  const sums = agreement(found, decodeChecksums(expected));
  if (sums === false) return { kind: 'checksum', detail: `has another checksum${why}` };
  if (since !== undefined) return { kind: 'newer', detail: since };
  return { equal: sums === undefined ? 'size' : 'checksum' };
};
