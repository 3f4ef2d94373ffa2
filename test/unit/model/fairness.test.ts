/** Keys that Temporal takes, whatever a project is called: 64 bytes of UTF-8. */
import { withShare } from '../../../src/activities/lib/prepare/run-share';
import { fairnessKeyOf } from '../../../src/model/fairness';
import type { RunSettings } from '../../../src/model/run';

test.each([
  ['project_01', 'project_01'],
  ['', ''],
  ['x'.repeat(64), 'x'.repeat(64)],
  ['x'.repeat(65), 'x'.repeat(64)],
  // Two, three and four bytes each: never half of one.
  ['ü'.repeat(40), 'ü'.repeat(32)],
  ['日'.repeat(40), '日'.repeat(21)],
  ['🚚'.repeat(40), '🚚'.repeat(16)],
])('%s', (project, key) => {
  expect(fairnessKeyOf(project)).toBe(key);
  expect(Buffer.byteLength(key)).toBeLessThanOrEqual(64);
});

const settings = { project: 'p', maxWorkers: 16 } as RunSettings;

test('a share is what was configured, within the bound of the worker', () => {
  expect(withShare(settings, 256)).toEqual({ ...settings, priority: { fairnessKey: 'p' } });
  expect(withShare(settings, 8, { priority: 1, fairnessWeight: 2.5 })).toEqual({
    ...settings,
    maxWorkers: 8,
    maxWorkersLimit: 8,
    priority: { fairnessKey: 'p', priorityKey: 1, fairnessWeight: 2.5 },
  });
});
