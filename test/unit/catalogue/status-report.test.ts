import { reportFileName, statusReport, type ReportedFile } from '../../../src/catalogue';

const AT = new Date('2025-02-04T14:30:22.987Z');
const file = (path: string, outcome: ReportedFile['outcome'], more: Partial<ReportedFile> = {}): ReportedFile => ({
  path,
  outcome,
  bytes: 0,
  elapsedMs: 0,
  ...more,
});
const report = (files: ReportedFile[]): string =>
  statusReport({
    rawFileId: '20250115_sample',
    projectId: 'PRID001',
    bucket: 'alphakraken-PRID001',
    at: AT,
    destination: '/data/output/PRID001',
    files,
  });

const GOLDEN = `S3 Download Status Report
=========================
Raw File ID: 20250115_sample
Project ID: PRID001
S3 Bucket: alphakraken-PRID001
Timestamp: 2025-02-04 14:30:22 UTC
Destination: /data/output/PRID001

Files:
------
sample.raw: OK - Downloaded and verified (1234.5 MB in 45.2s)
sample.raw/subfile1.bin: OK - Skipped (already exists)
sample.raw/subfile2.bin: OK - Self-healed (hash mismatch detected, re-downloaded)
sample.raw/subfile3.bin: FAILURE - Network error: Connection timeout

Summary:
--------
Total files: 4
Successful: 3
Failed: 1
Status: PARTIAL FAILURE
`;

test('the report is what it has always been, files sorted by path', () => {
  const text = report([
    file('sample.raw/subfile3.bin', 'failed', { error: 'Network error: Connection timeout' }),
    file('sample.raw/subfile2.bin', 'healed', { bytes: 7, elapsedMs: 9 }),
    file('sample.raw', 'transferred', { bytes: 1234.5 * 1024 ** 2, elapsedMs: 45_200 }),
    file('sample.raw/subfile1.bin', 'skipped'),
  ]);
  expect(text).toBe(GOLDEN);
});

const tailOf = (files: ReportedFile[]): string => report(files).split('--------\n')[1] ?? '';

test.each<[string, ReportedFile[], string]>([
  [
    'all well',
    [file('a', 'transferred'), file('b', 'skipped')],
    'Total files: 2\nSuccessful: 2\nFailed: 0\nStatus: SUCCESS\n',
  ],
  [
    'all failed',
    [file('a', 'failed', { error: 'x' }), file('b', 'aborted')],
    'Total files: 2\nSuccessful: 0\nFailed: 2\nStatus: COMPLETE FAILURE\n',
  ],
  ['nothing at all', [], 'Total files: 0\nSuccessful: 0\nFailed: 0\nStatus: COMPLETE FAILURE\n'],
])('the summary: %s', (_name, files, summary) => {
  expect(tailOf(files)).toBe(summary);
});

test('a cancelled file is a failure that says so', () => {
  expect(report([file('a', 'aborted')])).toContain('\na: FAILURE - Cancelled\n');
  expect(report([file('a', 'failed')])).toContain('\na: FAILURE - Unknown error\n');
});

test('small files show their size as it rounds', () => {
  const files = [
    file('a', 'transferred', { bytes: 1, elapsedMs: 4 }),
    file('b', 'copied', { bytes: 1024 ** 2 * 1.06 }),
  ];
  expect(report(files)).toContain('a: OK - Downloaded and verified (0.0 MB in 0.0s)\n');
  expect(report(files)).toContain('b: OK - Downloaded and verified (1.1 MB in 0.0s)\n');
});

test('a path or message cannot forge lines of the report', () => {
  const text = report([file('a\nStatus: SUCCESS', 'failed', { error: 'x\r\nStatus: SUCCESS\u2028y\u001b[31m' })]);
  expect(text.split('\n').filter((line) => line.startsWith('Status:'))).toEqual(['Status: COMPLETE FAILURE']);
  expect(text).toContain('\na Status: SUCCESS: FAILURE - x Status: SUCCESS y?[31m\n');
});

test('the file is named by id and time, UTC', () => {
  expect(reportFileName('20250115_sample', AT)).toBe('_download_status_20250115_sample_20250204_143022.txt');
  expect(reportFileName('abc', new Date('2025-12-31T23:59:59Z'))).toBe('_download_status_abc_20251231_235959.txt');
});
