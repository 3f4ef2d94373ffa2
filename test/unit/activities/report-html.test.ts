import { escapeHtml, reportHtml } from '../../../src/activities/lib/report/html';
import { LISTED, MAX_CELLS, ReportStats, TIME_BINS } from '../../../src/activities/lib/report/stats';
import type { RunReport } from '../../../src/activities/lib/report/run-report';
import { emptyTotals, type LedgerLine } from '../../../src/model/records';

const START = Date.parse('2026-01-31T09:00:00.000Z');
const at = (ms: number): string => new Date(START + ms).toISOString();
const RUN_MS = 120_000;
const run = { startedAt: at(0), finishedAt: at(RUN_MS) };
const line = (n: number, changes: Partial<LedgerLine> = {}): LedgerLine => ({
  n,
  dataset: 'asset',
  source: `https://vendor.example/${n}.parquet`,
  key: `data/${n}.parquet`,
  bytes: 1_000,
  parts: 1,
  attempts: 1,
  outcome: 'transferred',
  startedAt: at(0),
  finishedAt: at(1_000),
  ...changes,
});
const report: RunReport = {
  run: 'nightly',
  project: 'project_01',
  outcome: 'succeeded',
  target: 's3://bucket/data',
  exportId: null,
  ...run,
  seconds: RUN_MS / 1000,
  totals: emptyTotals(),
  failure: null,
  failures: [],
  cleanup: null,
  ledger: 's3://bucket/data/_longhaul/nightly/ledger.ndjson',
};
const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

describe('throughput', () => {
  it('no byte is lost, whenever it moved; an object that was published later counts where it moved', () => {
    const stats = new ReportStats(run);
    stats.add(line(0, { bytes: 60_000, startedAt: at(0), finishedAt: at(60_000) }));
    stats.add(line(1, { bytes: 500, startedAt: at(70_000), finishedAt: at(70_000) }));
    stats.add(line(2, { bytes: 700, startedAt: at(-5_000), finishedAt: at(500_000) }));
    stats.add(line(3, { bytes: 5_000, startedAt: at(100_500), movedAt: at(101_500), finishedAt: at(119_000) }));
    stats.add(line(4, { bytes: 9_999, outcome: 'aborted' }));
    const { rates, binSeconds } = stats;
    expect([rates.length, binSeconds]).toEqual([TIME_BINS, 1]);
    expect(sum(rates) * binSeconds).toBeCloseTo(60_000 + 500 + 700 + 5_000, 5);
    expect(rates[30]).toBeCloseTo(1_000 + 700 / 120, 5);
    expect(rates[100]).toBeCloseTo(2_500 + 700 / 120, 5);
    expect(rates[110]).toBeCloseTo(700 / 120, 5);
  });

  it('a run of no time at all, and one without records, have a page', () => {
    const stats = new ReportStats({ startedAt: at(0), finishedAt: at(0) });
    stats.add(line(0, { startedAt: at(0), finishedAt: at(0) }));
    for (const each of [stats, new ReportStats(run)])
      expect(reportHtml({ ...report, seconds: 0 }, each, 'export')).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('however many records there are', () => {
  const RECORDS = 100_000;
  const stats = new ReportStats(run);
  for (let n = 0; n < RECORDS; n += 1) {
    const failed = { outcome: 'failed', errorCode: 'SourceNotFound', error: 'gone' } as const;
    const isFailed = n % 1_000 === 7;
    stats.add(
      line(n, { finishedAt: at((n * 7919) % RUN_MS), attempts: n === 4_321 ? 9 : 1, ...(isFailed ? failed : {}) }),
    );
  }

  it('the map names each of them once, in order, and keeps the worst of what it puts together', () => {
    const { cells } = stats;
    expect(cells.length).toBeGreaterThan(MAX_CELLS / 2);
    expect(cells.length).toBeLessThanOrEqual(MAX_CELLS);
    expect(sum(cells.map((cell) => cell.lines))).toBe(RECORDS);
    expect(sum(cells.map((cell) => cell.failed))).toBe(RECORDS / 1_000);
    expect(cells.every((cell, n) => cell.first === (n === 0 ? 0 : (cells[n - 1]?.last ?? -2) + 1))).toBe(true);
    expect(cells.find((cell) => cell.first <= 4_321 && cell.last >= 4_321)?.attempts).toBe(9);
  });

  it('lists are short, in order, and say how many there were', () => {
    expect(stats.slowest).toHaveLength(LISTED);
    const times = stats.slowest.map(({ ms }) => ms);
    expect(times).toEqual([...times].sort((a, b) => b - a));
    expect(times[0]).toBe(RUN_MS - 1);
    expect(stats.failed.map(({ n }) => n)).toEqual(Array.from({ length: LISTED }, (_, k) => k * 1_000 + 7));
    expect(stats.codes).toEqual([['SourceNotFound', 100]]);
    expect(reportHtml(report, stats, 'export')).toContain('The first 20 of 100 that failed');
  });

  it('the page stays small', () => {
    expect(Buffer.byteLength(reportHtml(report, stats, 'export'))).toBeLessThan(400_000);
  });
});

it('what others have named is escaped wherever it stands', () => {
  const evil = `"><script>alert('x')</script>&amp;`;
  const stats = new ReportStats(run);
  stats.add(line(0, { source: evil, key: evil }));
  stats.add(
    line(1, { source: evil, outcome: 'failed', errorCode: evil as NonNullable<LedgerLine['errorCode']>, error: evil }),
  );
  const cleanup = { abortedUploads: 1, deletedObjects: 2, problems: [evil], moreProblems: 3 };
  const failure = { code: evil, message: evil };
  const named = { run: evil, project: evil, target: evil, startedAt: evil, finishedAt: evil };
  const html = reportHtml({ ...report, ...named, outcome: 'failed', cleanup, failure }, stats, 'export');
  expect(html.split('<script>')).toHaveLength(2);
  expect(html).toContain(escapeHtml(evil));
  expect(html).not.toContain(evil);
});
