/** What the tests of every vendor of signed URLs do with a run, and look for in what it has left. */
import type { SampleFile } from '../../src/dev/export-api';
import type { SampleVendor } from '../../src/dev/sample-vendors/vendor';
import { expireInTheMiddle, slowDown } from './expired-in-the-middle';
import type { RunHandle } from './run-outcome';
import { findSecrets, historyOfRun } from './secret-search';
import type { TestProject } from './test-project';

/** The run that `start` has started, after the URL of `file` has expired in the middle of it and a fresh one was asked for. */
export async function expireDuring(
  vendor: SampleVendor,
  file: SampleFile,
  start: () => Promise<RunHandle>,
): Promise<RunHandle> {
  const read = (): number => vendor.stats.files[vendor.urlPath(file)]?.bytes ?? 0;
  const before = read();
  slowDown(vendor.faults, file.path);
  const handle = await start();
  await expireInTheMiddle(vendor.faults, () => read() - before);
  vendor.faults.clear();
  return handle;
}

/**
 * Neither key nor signature is in the histories of a run of so many records, and the file host has not seen the key. Each of
 * `shown` is there, or the search has looked at the wrong things.
 */
export async function expectNoSecrets(
  vendor: SampleVendor,
  project: TestProject,
  run: { readonly workflowId: string; readonly runId: string; readonly records: number },
  shown: readonly string[],
): Promise<void> {
  expect(vendor.stats.apiKeySeenAtFileHost).toBe(false);
  const exhibits = await historyOfRun(project, run.workflowId, run.runId, run.records);
  for (const words of shown) expect(exhibits.some(([, text]) => text.includes(words))).toBe(true);
  expect(findSecrets(exhibits, [vendor.apiKey])).toEqual([]);
}
