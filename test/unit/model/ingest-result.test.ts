import { ingestResult, MAX_INLINE_RESULTS, requestCounts } from '../../../src/model/ingest-result';
import { emptyTotals, type LedgerLine, type Outcome } from '../../../src/model/records';

const line = (n: number, outcome: Outcome, more: Partial<LedgerLine> = {}): LedgerLine => ({
  n,
  dataset: 'transactions',
  source: `https://host/${n}.csv`,
  key: `raw/2025/08/26/${n}.csv`,
  bytes: 10,
  parts: 1,
  attempts: 1,
  outcome,
  startedAt: '2025-08-26T00:00:00.000Z',
  finishedAt: '2025-08-26T00:00:01.000Z',
  ...more,
});
const base = { elapsedMs: 18_424, runId: 'r', report: 's3://b/report.json', manifest: 's3://b/m/', ledger: 's3://b/l' };

test('the document of a run', () => {
  const totals = { ...emptyTotals(), records: 2, transferred: 1, failed: 1, bytes: 10 };
  const requests = { create_multipart: 2, upload_part: 16, complete_multipart: 1, abort_multipart: 1, list_parts: 3 };
  const lines = [line(1, 'failed', { bytes: 0, parts: 0, error: 'gone' }), line(0, 'transferred')];
  expect(ingestResult({ ...base, totals, lines, requests })).toEqual({
    message: 'Streamed 1 ok, 1 failed',
    elapsed_seconds: 18.42,
    summary: { total_files: 2, successful: 1, failed: 1, total_bytes: 10 },
    s3_request_counts: { ...requests, put_object: 0, get_object: 0, total: 23 },
    results: [
      { url: 'https://host/0.csv', s3_key: 'raw/2025/08/26/0.csv', bytes: 10, parts: 1, status: 'success' },
      {
        url: 'https://host/1.csv',
        s3_key: 'raw/2025/08/26/1.csv',
        bytes: 0,
        parts: 0,
        status: 'failed',
        error: 'gone',
      },
    ],
    run_id: 'r',
    report: 's3://b/report.json',
    manifest: 's3://b/m/',
  });
});

test('skipped files are told apart, aborted ones have failed', () => {
  const totals = { ...emptyTotals(), records: 3, skipped: 2, aborted: 1 };
  const givenUp = { ...line(2, 'skipped'), errorCode: 'SourceNotFound', error: 'not there' } as const;
  const result = ingestResult({ ...base, totals, lines: [line(0, 'skipped'), line(1, 'aborted'), givenUp] });
  expect(result.message).toBe('Streamed 0 ok, 1 failed, 2 skipped');
  expect(result.summary).toMatchObject({ successful: 0, failed: 1, skipped: 2 });
  expect(result.results.map(({ status, error }) => [status, error])).toEqual([
    ['skipped', undefined],
    ['failed', 'aborted'],
    ['skipped', 'not there'],
  ]);
});

test('results of a long list are left to the ledger', () => {
  const result = (records: number): object =>
    ingestResult({
      ...base,
      totals: { ...emptyTotals(), records, transferred: records },
      lines: [line(0, 'transferred')],
    });
  expect(result(MAX_INLINE_RESULTS)).not.toHaveProperty('results_in');
  expect(result(MAX_INLINE_RESULTS + 1)).toMatchObject({ results: [], results_in: 's3://b/l' });
});

test('the named counters are there also at 0, and the total is the sum whatever it was', () => {
  const zero = { create_multipart: 0, upload_part: 0, complete_multipart: 0, abort_multipart: 0, put_object: 0 };
  expect(requestCounts()).toEqual({ ...zero, get_object: 0, total: 0 });
  expect(requestCounts({ get_object: 2, head_object: 1, total: 99 })).toMatchObject({
    get_object: 2,
    head_object: 1,
    total: 3,
  });
});
