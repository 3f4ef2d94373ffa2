import { type InFlight, progressBlock, progressLine, statusText } from '../../../src/client/lib/progress-text';
import { STAGES } from '../../../src/model/run';
import { emptyTotals } from '../../../src/model/records';
import { progressOf } from './progress';

const NOW = new Date('2026-01-31T09:31:05.000Z');
const transfer = (changes: Partial<InFlight> = {}): InFlight => ({
  n: 12,
  activity: 'transferParts',
  bytes: 64 * 1024 ** 2,
  sizeBytes: 256 * 1024 ** 2,
  attempt: 1,
  lastError: null,
  ...changes,
});

describe('the block on a terminal', () => {
  it('shows stage, records, bytes, rate, ETA and what is in flight', () => {
    expect(progressBlock(progressOf(), [transfer()], 120, NOW)).toEqual([
      'export-project_01-nightly  moving records',
      '[██████░░░░░░░░░░░░░░░░░░] 25%  375/1,500 records',
      '3.1 GiB · 50.0 MiB/s · ETA 3 min 15 s · 16 in flight of 16 · elapsed 1 min 05 s',
      '  #12     [████░░░░░░░░░░░░] 64.0 MiB of 256 MiB',
    ]);
  });

  it('shows the export while it is waited for', () => {
    const waiting = progressOf({
      stage: 'exporting',
      exportStatus: 'PROCESSING',
      nextPollAt: '2026-01-31T09:31:20.000Z',
      recordsTotal: null,
      totals: emptyTotals(),
      bytesPerSec: 0,
      etaMs: null,
      inFlight: 0,
    });
    expect(progressBlock(waiting, [], 120, NOW)).toEqual([
      'export-project_01-nightly  waiting for the vendor’s export',
      'export exp-1, PROCESSING, 3 polls, next in 15 s',
      '0 B · 0 in flight of 16 · elapsed 1 min 05 s',
    ]);
  });

  it('shows retries with their reason, the last failures, and what can be done when parked', () => {
    const failures = [1, 2, 3, 4].map((n) => ({
      n,
      source: `https://e.com/${n}`,
      code: 'SourceNotFound',
      message: 'gone',
    }));
    const parked = progressOf({ stage: 'parked', failures, actions: ['Update `abort` ends the run'] });
    const block = progressBlock(parked, [transfer({ attempt: 4, lastError: 'connection reset' })], 200, NOW).join('\n');
    expect(block).toContain('attempt 4: connection reset');
    expect(block).not.toContain('failed #1 ');
    expect(block).toContain('failed #4 https://e.com/4: gone [SourceNotFound]');
    expect(block).toContain('Update `abort` ends the run');
  });

  it('stays small however much is in flight, and every line fits', () => {
    const many = Array.from({ length: 40 }, (_, n) => transfer({ n, attempt: 2, lastError: 'x'.repeat(500) }));
    const block = progressBlock(progressOf(), many, 40, NOW);
    expect(block).toHaveLength(3 + 6 + 1);
    expect(block.at(-1)).toBe('  and 34 more');
    expect(Math.max(...block.map((line) => line.length))).toBeLessThan(40);
  });

  it('copes with a run without records, and with a source without length', () => {
    const empty = progressBlock(progressOf({ recordsTotal: 0, totals: emptyTotals() }), [], 120, NOW);
    expect(empty.join('\n')).not.toContain('NaN');
    const [, , , line] = progressBlock(progressOf(), [transfer({ n: null, sizeBytes: null })], 120, NOW);
    expect(line).toBe('  transferParts 64.0 MiB');
  });
});

it('one line for a log holds the same', () => {
  const failed = progressOf({ paused: true, totals: { ...progressOf().totals, failed: 2 } });
  expect(progressLine(failed, [], NOW)).toBe(
    'moving records (paused) · 375/1,500 records, 2 failed · 3.0 GiB · 50.0 MiB/s · ETA 3 min 15 s · 16 in flight of 16 · elapsed 1 min 05 s',
  );
});

it('files are called files, and a bucket a bucket', () => {
  const ingest = progressOf({ job: 'ingestUrls', project: 'my-bucket', publish: 'direct', exportId: null });
  expect(statusText(ingest, 'RUNNING', []).split('\n').slice(0, 5)).toEqual([
    'run        export-project_01-nightly (running)',
    'bucket     my-bucket',
    'stage      moving files',
    'files      375/1,500 files',
    'moved      3.0 GiB · 50.0 MiB/s · ETA 3 min 15 s · 16 in flight of 16 · elapsed 1 min 05 s',
  ]);
  expect(statusText(ingest, 'RUNNING', [])).not.toMatch(/record|published|export {5}/);
  expect(progressLine(ingest, [], NOW)).toMatch(/^moving files · 375\/1,500 files · /);
});

it('every stage has words of its own', () => {
  const words = STAGES.map((stage) => statusText(progressOf({ stage }), 'RUNNING', []).split('\n')[2]);
  expect(new Set(words).size).toBe(STAGES.length);
  expect(words.join()).not.toContain('undefined');
});
