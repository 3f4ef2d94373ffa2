import type { RunSettings } from '../../../model/run';

/** Whether a run with this many failed records still counts as a success (transfer.tolerated_failures). */
export function toleratesFailures(
  tolerated: RunSettings['toleratedFailures'],
  failedRecords: number,
  allRecords: number,
): boolean {
  const limit = 'count' in tolerated ? tolerated.count : (allRecords * tolerated.percent) / 100;
  return failedRecords <= limit;
}
