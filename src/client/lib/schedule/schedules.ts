/** The bodies of `longhaul schedule …` but list. Each throws ScheduleNotFound, ScheduleExists or what keeps Temporal away. */
import { ScheduleAlreadyRunning, type ScheduleDescription } from '@temporalio/client';
import { LonghaulError } from '../../../model/errors';
import { CALL_TIMEOUT_MS, withinMs } from '../connection';
import { describeFailure } from '../print/failure';
import type { Overlap } from '../job/words';
import { wordOfWorkflow } from '../job/jobs';
import type { Output } from '../print/output';
import { backfillRange, type CreateOptions, OVERLAPS, planSchedule } from './plan';
import { onSchedule, withSchedules } from './session';
import { scheduleText, type ScheduleView, specText } from './text';

export { listSchedules } from './list';

const NEXT_SHOWN = 5;

const iso = (date: Date): string => date.toISOString();

export const createSchedule = async (output: Output, id: string, options: CreateOptions): Promise<void> => {
  const plan = planSchedule(id, options);
  await withSchedules(async ({ client, schedules }) => {
    const handle = await withinMs(client, CALL_TIMEOUT_MS, () => schedules.create(plan)).catch((error: unknown) => {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      throw new LonghaulError('ScheduleExists', `There is a schedule "${id}" already.`);
    });
    // It is there now, whatever becomes of this question: a failure would make people create it again.
    const nextRun = await withinMs(client, CALL_TIMEOUT_MS, () => handle.describe()).then(
      ({ info }) => info.nextActionTimes[0] ?? null,
      (error: unknown) => {
        output.note(`Its next run cannot be told: ${describeFailure(error).message}`);
        return null;
      },
    );
    output.data({ id, created: true, nextRun: nextRun === null ? null : iso(nextRun) }, (created) =>
      [`Created the schedule ${id}.`, ...(created.nextRun === null ? [] : [`Next run: ${created.nextRun}`])].join('\n'),
    );
  });
};

const overlapOf = ({ policies }: ScheduleDescription): string =>
  (policies.overlap ?? 'SKIP').toLowerCase().replaceAll('_', '-');

export const describeSchedule = async (output: Output, id: string): Promise<void> => {
  const view = await onSchedule(id, async (handle): Promise<ScheduleView> => {
    const description = await handle.describe();
    const { action, spec, policies, state, info } = description;
    return {
      id,
      job: wordOfWorkflow(action.workflowType),
      input: action.args?.[0] ?? null,
      spec: specText(spec),
      timezone: spec.timezone ?? 'UTC',
      jitterMs: spec.jitter ?? 0,
      overlap: overlapOf(description),
      catchupMs: policies.catchupWindow,
      pauseOnFailure: policies.pauseOnFailure,
      paused: state.paused,
      note: state.note ?? null,
      nextRuns: info.nextActionTimes.slice(0, NEXT_SHOWN).map(iso),
      recentRuns: info.recentActions.map(({ scheduledAt, action: { workflow } }) => ({
        scheduledAt: iso(scheduledAt),
        workflowId: workflow.workflowId,
      })),
    };
  });
  output.data(view, scheduleText);
};

type Order = 'pause' | 'resume' | 'delete';
const DONE: Record<Order, string> = { pause: 'paused', resume: 'resumed', delete: 'deleted' };

/** `note` says why; it stands in the schedule until the next one. */
export const orderSchedule = async (output: Output, id: string, order: Order, note?: string): Promise<void> => {
  await onSchedule(id, (handle) => {
    switch (order) {
      case 'pause':
        return handle.pause(note);
      case 'resume':
        return handle.unpause(note);
      case 'delete':
        return handle.delete();
    }
  });
  output.data({ id, order }, () => `The schedule ${id} is ${DONE[order]}.`);
};

/** Starts one run now. Without `overlap` the schedule's own policy holds: the SDK's own default would ignore it. */
export const triggerSchedule = async (output: Output, id: string, overlap?: Overlap): Promise<void> => {
  const done = await onSchedule(id, async (handle) => {
    const description = await handle.describe();
    await handle.trigger(overlap === undefined ? (description.policies.overlap ?? 'SKIP') : OVERLAPS[overlap]);
    const running = description.info.runningActions.map(({ workflow }) => workflow.workflowId);
    return { id, order: 'trigger', overlap: overlap ?? overlapOf(description), running };
  });
  output.data(done, ({ overlap: policy, running }) =>
    [
      `The schedule ${id} is triggered (overlap ${policy}).`,
      ...(policy === 'allow-all' ? [] : running.map((run) => `Still going: ${run}`)),
      ...(policy === 'skip' && running.length > 0
        ? [`So no other is started. Start one beside it with: longhaul schedule trigger ${id} --overlap allow-all`]
        : []),
    ].join('\n'),
  );
};

export const backfillSchedule = async (
  output: Output,
  id: string,
  { from, to, overlap }: { readonly from: string; readonly to: string; readonly overlap: Overlap },
): Promise<void> => {
  const range = await onSchedule(id, async (handle) => {
    const { spec } = await handle.describe();
    const days = backfillRange(from, to, spec.timezone === '' ? undefined : spec.timezone);
    await handle.backfill({ ...days, overlap: OVERLAPS[overlap] });
    return days;
  });
  output.data(
    { id, from, to, overlap, start: iso(range.start), end: iso(range.end) },
    () => `The runs of ${id} from ${from} to ${to} are started. See them with: longhaul schedule describe ${id}`,
  );
};
