/**
 * What a run has really used at Temporal: Actions as Temporal Cloud counts them (docs.temporal.io/cloud/actions), from the
 * histories of all its workflows. Heartbeats and queries are in no history, and so not in these.
 */
import type { Client, WorkflowHandle } from '@temporalio/client';

type HistoryEvent = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];

export interface ActionCounts {
  workflows: number;
  activities: number;
  signals: number;
  timers: number;
  searchAttributes: number;
  updates: number;
}

/** Histories of one kind and length are alike: this many of each are read, and the others count as their mean. */
const READ_OF_EACH = 3;
const READS_AT_ONCE = 8;

const noActions = (): ActionCounts => ({
  workflows: 0,
  activities: 0,
  signals: 0,
  timers: 0,
  searchAttributes: 0,
  updates: 0,
});

/** Of one history. A child counts where it is started, so that one outside of the run's ids (its hold) counts too. */
function actionsIn(events: readonly HistoryEvent[]): ActionCounts {
  const counts = noActions();
  const localActivities = new Set<string>();
  for (const event of events) {
    if (event.childWorkflowExecutionStartedEventAttributes) counts.workflows += 1;
    if (event.workflowExecutionContinuedAsNewEventAttributes) counts.workflows += 1;
    if (event.activityTaskScheduledEventAttributes) counts.activities += 1;
    // Each try is an Action of its own; the event tells of the last one.
    const attempt = event.activityTaskStartedEventAttributes?.attempt ?? 1;
    counts.activities += attempt - 1;
    if (event.signalExternalWorkflowExecutionInitiatedEventAttributes) counts.signals += 1;
    if (event.timerStartedEventAttributes) counts.timers += 1;
    if (event.upsertWorkflowSearchAttributesEventAttributes) counts.searchAttributes += 1;
    if (event.workflowExecutionUpdateAcceptedEventAttributes) counts.updates += 1;
    // All local activities of one workflow task together are one Action.
    const marker = event.markerRecordedEventAttributes;
    if (marker?.markerName === 'core_local_activity') localActivities.add(String(marker.workflowTaskCompletedEventId));
  }
  counts.activities += localActivities.size;
  return counts;
}

const add = (sum: ActionCounts, one: ActionCounts, times: number): void => {
  for (const key of Object.keys(sum) as (keyof ActionCounts)[]) sum[key] += one[key] * times;
};

export const totalActions = (counts: ActionCounts): number =>
  Object.values<number>({ ...counts }).reduce((sum, n) => sum + n, 0);

/** Of a run that has ended and is listed (longestHistories waits for that), with its start by a client. */
export async function actionsOf(client: Client, runId: string): Promise<ActionCounts> {
  const groups = new Map<string, { workflowId: string; runId: string }[]>();
  for await (const info of client.workflow.list({ query: `WorkflowId STARTS_WITH "${runId}"` })) {
    // Runs and batches differ each from the other; records of one length do not.
    const isRecord = info.workflowId.includes('/record/');
    const group = isRecord ? `${info.historyLength}` : info.workflowId;
    groups.set(group, [...(groups.get(group) ?? []), info]);
  }
  const sum = noActions();
  sum.workflows += 1;
  const waiting = [...groups.values()];
  const lane = async (): Promise<void> => {
    for (let group = waiting.pop(); group !== undefined; group = waiting.pop()) {
      const read = group[0]?.workflowId.includes('/record/') === true ? group.slice(0, READ_OF_EACH) : group;
      for (const { workflowId, runId: execution } of read) {
        const { events } = await client.workflow.getHandle(workflowId, execution).fetchHistory();
        add(sum, actionsIn(events ?? []), group.length / read.length);
      }
    }
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, lane));
  return sum;
}
