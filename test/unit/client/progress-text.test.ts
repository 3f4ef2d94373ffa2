import { progressLine, statusText } from '../../../src/client/lib/follow/progress-text';
import { STAGES } from '../../../src/model/run';
import { progressOf } from './progress';

const NOW = new Date('2026-01-31T09:31:05.000Z');
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
