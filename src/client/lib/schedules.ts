/** The bodies of `longhaul schedule …`. Each throws ScheduleNotFound, ScheduleExists or what keeps Temporal away. */
import { isNativeError } from 'node:util/types';
import { ScheduleAlreadyRunning, type ScheduleHandle, ScheduleNotFoundError } from '@temporalio/client';
import { LonghaulError } from '../../model/errors';
import { withinMs, withTemporal, CALL_TIMEOUT_MS, type TemporalSession } from './connection';
import { jobOfWorkflow } from './jobs';
import type { Output } from './output';
import { backfillRange, type CreateOptions, type Overlap, OVERLAPS, planSchedule } from './schedule-plan';
import { listText, type ScheduleRow, scheduleText, type ScheduleView, specText } from './schedule-text';

const NEXT_SHOWN = 5;

const iso = (date: Date): string => date.toISOString();

/** One call for one schedule, with errors of the table. */
const onSchedule = <T>(
  id: string,
  work: (handle: ScheduleHandle, session: TemporalSession) => Promise<T>,
): Promise<T> =>
  withTemporal(async (session) => {
    const { client, namespace } = session;
    try {
      return await withinMs(client, CALL_TIMEOUT_MS, () => work(client.schedule.getHandle(id), session));
    } catch (error) {
      if (!(error instanceof ScheduleNotFoundError)) throw error;
      throw new LonghaulError('ScheduleNotFound', `There is no schedule "${id}" in the namespace "${namespace}".`);
    }
  });

export const createSchedule = async (output: Output, id: string, options: CreateOptions): Promise<void> => {
  const plan = planSchedule(id, options);
  const next = await withTemporal(async ({ client }) => {
    try {
      const handle = await withinMs(client, CALL_TIMEOUT_MS, () => client.schedule.create(plan));
      return (await withinMs(client, CALL_TIMEOUT_MS, () => handle.describe())).info.nextActionTimes[0];
    } catch (error) {
      if (error instanceof ScheduleAlreadyRunning) {
        throw new LonghaulError('ScheduleExists', `There is a schedule "${id}" already.`);
      }
      // The server reads the cron expression; the SDK makes a TypeError of its INVALID_ARGUMENT.
      if (isNativeError(error) && error.name === 'TypeError') {
        throw new LonghaulError('InvalidInput', `Temporal refuses the schedule: ${error.message}.`);
      }
      throw error;
    }
  });
  output.data({ id, created: true, nextRun: next === undefined ? null : iso(next) }, ({ nextRun }) =>
    [`Created the schedule ${id}.`, ...(nextRun === null ? [] : [`Next run: ${nextRun}`])].join('\n'),
  );
};

export const listSchedules = async (output: Output): Promise<void> => {
  const rows = await withTemporal(({ client }) =>
    withinMs(client, CALL_TIMEOUT_MS, async () => {
      const found: ScheduleRow[] = [];
      for await (const { scheduleId, action, spec, state, info } of client.schedule.list()) {
        const last = info.recentActions.at(-1);
        const run = last?.action.workflow.workflowId;
        const status =
          run === undefined
            ? null
            : await client.workflow
                .getHandle(run)
                .describe()
                .then(
                  (description) => description.status.name.toLowerCase(),
                  // Retention has taken the run.
                  () => 'gone',
                );
        found.push({
          id: scheduleId,
          job: jobOfWorkflow(action?.workflowType ?? '')?.word ?? action?.workflowType ?? '',
          spec: specText(spec),
          nextRun: info.nextActionTimes[0] === undefined ? null : iso(info.nextActionTimes[0]),
          lastRun: run ?? null,
          lastOutcome: status,
          paused: state.paused,
        });
      }
      return found;
    }),
  );
  output.data(rows, listText);
};

export const describeSchedule = async (output: Output, id: string): Promise<void> => {
  const view = await onSchedule(id, async (handle): Promise<ScheduleView> => {
    const { action, spec, policies, state, info } = await handle.describe();
    return {
      id,
      job: jobOfWorkflow(action.workflowType)?.word ?? action.workflowType,
      input: action.args?.[0] ?? null,
      spec: specText(spec),
      timezone: spec.timezone ?? 'UTC',
      jitterMs: spec.jitter ?? 0,
      overlap: (policies.overlap ?? 'SKIP').toLowerCase().replaceAll('_', '-'),
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

type Order = 'pause' | 'resume' | 'trigger' | 'delete';
const DONE: Record<Order, string> = { pause: 'paused', resume: 'resumed', trigger: 'triggered', delete: 'deleted' };

/** `note` says why; it stands in the schedule until the next one. */
export const orderSchedule = async (output: Output, id: string, order: Order, note?: string): Promise<void> => {
  await onSchedule(id, (handle) => {
    switch (order) {
      case 'pause':
        return handle.pause(note);
      case 'resume':
        return handle.unpause(note);
      case 'trigger':
        return handle.trigger();
      case 'delete':
        return handle.delete();
    }
  });
  output.data({ id, order }, () => `The schedule ${id} is ${DONE[order]}.`);
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
