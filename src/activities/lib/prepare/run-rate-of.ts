/** A run's own limit of bytes per second, as its settings carry it. */
import { Context } from '@temporalio/activity';
import type { RunRate } from '../../../model/run-rate';

/**
 * Within an activity that the run itself has started: its workflow is the one whose memo tells the limit.
 * @param bytesPerSec what it is started with; null: no limit
 * @param among records that may be in flight at once
 */
export function runRate(bytesPerSec: number | null, among: number): { readonly rate?: RunRate } {
  const { workflowExecution } = Context.current().info;
  if (workflowExecution === undefined) return {};
  const { workflowId } = workflowExecution;
  return { rate: bytesPerSec === null ? { workflowId } : { workflowId, limit: { bytesPerSec, among } } };
}
