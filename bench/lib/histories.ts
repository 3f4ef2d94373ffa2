/** How long the histories of a run have grown. */
import type { Client } from '@temporalio/client';
import { until } from '../../src/dev/wait';

export interface LongestHistories {
  root: number;
  batch: number;
  record: number;
  /** Of all of them together. */
  bytes: number;
}

/** Visibility is written a moment after a workflow closes. */
const VISIBLE_TIMEOUT_MS = 60_000;

/** The most events that any workflow of each kind has, over all that belong to the run. */
export async function longestHistories(client: Client, runId: string): Promise<LongestHistories> {
  const query = `WorkflowId STARTS_WITH "${runId}"`;
  await until(async () => (await client.workflow.count(`${query} AND ExecutionStatus = "Running"`)).count === 0, {
    what: 'the closed workflows to be listed',
    timeoutMs: VISIBLE_TIMEOUT_MS,
  });
  const longest: LongestHistories = { root: 0, batch: 0, record: 0, bytes: 0 };
  for await (const { workflowId, historyLength, historySize } of client.workflow.list({ query })) {
    const kind = workflowId.includes('/record/') ? 'record' : workflowId.includes('/batch/') ? 'batch' : 'root';
    longest.bytes += historySize ?? 0;
    longest[kind] = Math.max(longest[kind], historyLength);
  }
  return longest;
}

/** Seconds from the start of a run's first batch to the end of its last: the time in which children run. */
export async function batchesSeconds(client: Client, workflowId: string): Promise<number> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const timesMs = (events ?? [])
    .filter((event) => {
      const started = event.childWorkflowExecutionStartedEventAttributes;
      const completed = event.childWorkflowExecutionCompletedEventAttributes;
      return (started ?? completed)?.workflowType?.name === 'transferBatch';
    })
    .map(({ eventTime }) => Number(eventTime?.seconds ?? 0) * 1000 + (eventTime?.nanos ?? 0) / 1e6);
  return (Math.max(...timesMs) - Math.min(...timesMs)) / 1000;
}
