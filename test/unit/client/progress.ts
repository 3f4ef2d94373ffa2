import type { JobProgress } from '../../../src/model/run';
import { emptyTotals } from '../../../src/model/records';

/** A run in the middle of its transfers. */
export const progressOf = (changes: Partial<JobProgress> = {}): JobProgress => ({
  job: 'exportToS3',
  run: 'nightly',
  workflowId: 'export-project_01-nightly',
  project: 'project_01',
  stage: 'transferring',
  paused: false,
  maxWorkers: 16,
  maxBytesPerSec: null,
  publish: 'atomic',
  onError: 'abort',
  exportId: 'exp-1',
  exportStatus: 'COMPLETE',
  polls: 3,
  nextPollAt: null,
  recordsTotal: 1500,
  totals: { ...emptyTotals(), records: 375, transferred: 375, objects: 375, bytes: 3 * 1024 ** 3 },
  publishedObjects: 0,
  inFlight: 16,
  startedAt: '2026-01-31T09:30:00.000Z',
  elapsedMs: 65_000,
  bytesPerSec: 52_428_800,
  etaMs: 195_000,
  failures: [],
  runningBatches: [],
  actions: [],
  ...changes,
});
