/** The body of `longhaul schedule list`. */
import type { Client, ScheduleSummary } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { CALL_TIMEOUT_MS, withinMs } from '../connection';
import { describeFailure } from '../print/failure';
import { wordOfWorkflow } from '../job/jobs';
import type { Output } from '../print/output';
import { withSchedules } from './session';
import { listText, type ScheduleRow, specText } from './text';

/** Descriptions asked for at once: a namespace may hold thousands of schedules, and its server others' runs too. */
const DESCRIBED_AT_ONCE = 16;

/** How the last run ended, in a word; where it cannot be told, why. Never throws: the other rows are worth showing. */
export const outcomeOf = async (client: Client, workflowId: string): Promise<string> => {
  try {
    const { status } = await withinMs(client, CALL_TIMEOUT_MS, () => client.workflow.getHandle(workflowId).describe());
    return status.name.toLowerCase();
  } catch (error) {
    // Retention has taken the run.
    return error instanceof WorkflowNotFoundError ? 'gone' : `unknown: ${describeFailure(error).message}`;
  }
};

const rowOf = async (
  client: Client,
  { scheduleId, action, spec, state, info }: ScheduleSummary,
): Promise<ScheduleRow> => {
  const lastRun = info.recentActions.at(-1)?.action.workflow.workflowId ?? null;
  const type = action?.workflowType ?? '';
  return {
    id: scheduleId,
    job: wordOfWorkflow(type),
    spec: specText(spec),
    nextRun: info.nextActionTimes[0]?.toISOString() ?? null,
    lastRun,
    lastOutcome: lastRun === null ? null : await outcomeOf(client, lastRun),
    paused: state.paused,
  };
};

/** The results in the order of the items, at most `limit` under way at once. */
export const mapBounded = async <T, U>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<U>,
): Promise<U[]> => {
  const results = new Map<number, U>();
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [at, item] of queue) results.set(at, await work(item));
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
};

/** Each call has a deadline of its own, so that many schedules take longer and do not fail. */
export const listSchedules = async (output: Output): Promise<void> => {
  const rows = await withSchedules(async ({ client, schedules }) => {
    const found: ScheduleSummary[] = [];
    const pages = schedules.list()[Symbol.asyncIterator]();
    for (;;) {
      // One step is one page at the most.
      const next = await withinMs(client, CALL_TIMEOUT_MS, () => pages.next());
      if (next.done === true) break;
      found.push(next.value);
    }
    return mapBounded(found, DESCRIBED_AT_ONCE, (summary) => rowOf(client, summary));
  });
  output.data(rows, listText);
};
