/** The result document of `ingestUrls`, built from what the run knows. Pure: workflow code builds it. */
import type { IngestFileResult, IngestResult } from './ingest-run';
import type { LedgerLine, Outcome, RequestCounts, Totals } from './records';

/** More files than this are left to the ledger: at 300 bytes each they would come near to Temporal's payload limit. */
export const MAX_INLINE_RESULTS = 500;

/** Always in the result, also at 0: readers of the document sum and graph them. */
const NAMED_COUNTERS = [
  'create_multipart',
  'upload_part',
  'complete_multipart',
  'abort_multipart',
  'put_object',
  'get_object',
] as const;

export interface IngestResultParts {
  readonly totals: Totals;
  /** Of the whole run; ignored where there are more than MAX_INLINE_RESULTS, so it need not be complete then. */
  readonly lines: readonly LedgerLine[];
  /** Every S3 request of the run; `totals.requests` where absent. */
  readonly requests?: RequestCounts | undefined;
  readonly elapsedMs: number;
  readonly runId: string;
  readonly report: string | null;
  readonly manifest: string | null;
  /** s3:// URI of the ledger, named where the results are left out. */
  readonly ledger: string | null;
}

const statusOf = (outcome: Outcome): IngestFileResult['status'] => {
  switch (outcome) {
    case 'transferred':
    case 'copied':
    case 'healed':
      return 'success';
    case 'skipped':
      return 'skipped';
    case 'failed':
    case 'aborted':
      return 'failed';
  }
};

const fileResult = (line: LedgerLine): IngestFileResult => {
  const status = statusOf(line.outcome);
  const reason = line.error ?? line.errorCode ?? line.outcome;
  return {
    url: line.source,
    s3_key: line.key,
    bytes: line.bytes,
    parts: line.parts,
    status,
    // A skipped one with an error is no unchanged file: an operator has given it up.
    ...(status === 'failed' || (status === 'skipped' && line.errorCode !== undefined) ? { error: reason } : {}),
  };
};

/** All six named counters, whatever else was counted, and `total`: their sum. */
export const requestCounts = (counts: RequestCounts = {}): IngestResult['s3_request_counts'] => {
  const all = Object.fromEntries([
    ...NAMED_COUNTERS.map((name) => [name, 0] as const),
    ...Object.entries(counts).filter(([name]) => name !== 'total'),
  ]);
  return { ...all, total: Object.values(all).reduce((sum, count) => sum + count, 0) };
};

export const ingestResult = (parts: IngestResultParts): IngestResult => {
  const { totals, lines, elapsedMs, runId, report, manifest, ledger } = parts;
  const successful = totals.transferred + totals.copied + totals.healed;
  const failed = totals.failed + totals.aborted;
  const isLong = totals.records > MAX_INLINE_RESULTS || lines.length > MAX_INLINE_RESULTS;
  const skipped = totals.skipped === 0 ? '' : `, ${totals.skipped} skipped`;
  return {
    message: `Streamed ${successful} ok, ${failed} failed${skipped}`,
    elapsed_seconds: Math.round(elapsedMs / 10) / 100,
    summary: {
      total_files: totals.records,
      successful,
      failed,
      ...(totals.skipped === 0 ? {} : { skipped: totals.skipped }),
      total_bytes: totals.bytes,
    },
    s3_request_counts: requestCounts(parts.requests ?? totals.requests),
    results: isLong ? [] : [...lines].sort((a, b) => a.n - b.n).map(fileResult),
    ...(isLong && ledger !== null ? { results_in: ledger } : {}),
    run_id: runId,
    report,
    manifest,
  };
};
