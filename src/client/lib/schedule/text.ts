/** Schedules as text. Pure. */
import type { ScheduleSpecDescription } from '@temporalio/client';
import { formatDuration } from '../print/format';

export interface ScheduleRow {
  readonly id: string;
  readonly job: string;
  readonly spec: string;
  readonly nextRun: string | null;
  readonly lastRun: string | null;
  readonly lastOutcome: string | null;
  readonly paused: boolean;
}

export interface ScheduleView {
  readonly id: string;
  readonly job: string;
  readonly input: unknown;
  readonly spec: string;
  readonly timezone: string;
  readonly jitterMs: number;
  readonly overlap: string;
  readonly catchupMs: number;
  readonly pauseOnFailure: boolean;
  readonly paused: boolean;
  readonly note: string | null;
  /** ISO 8601, UTC. */
  readonly nextRuns: readonly string[];
  readonly recentRuns: readonly { readonly scheduledAt: string; readonly workflowId: string }[];
}

interface Range {
  readonly start: number | string;
  readonly end: number | string;
  readonly step: number;
}

/** What covers a whole field is `*`, as in cron. */
const FULL: Readonly<Record<string, string>> = {
  '1-31': '*',
  'JANUARY-DECEMBER': '*',
  'SUNDAY-SATURDAY': '*',
  '0-23': '*',
  '0-59': '*',
};

const rangesText = (ranges: readonly Range[] | undefined): string =>
  (ranges ?? [])
    .map(({ start, end, step }) => {
      const span = start === end ? String(start) : `${start}-${end}`;
      const text = FULL[span] ?? span;
      return step > 1 ? `${text}/${step}` : text;
    })
    .join(',') || '*';

/** The server turns cron expressions into calendars, so they are written back in cron's order; the comment is kept. */
export const specText = (spec: Pick<ScheduleSpecDescription, 'calendars' | 'intervals'> | undefined): string =>
  [
    ...(spec?.calendars ?? []).map(({ minute, hour, dayOfMonth, month, dayOfWeek }) =>
      [minute, hour, dayOfMonth, month, dayOfWeek].map((field) => rangesText(field)).join(' '),
    ),
    ...(spec?.intervals ?? []).map(
      ({ every, offset }) => `every ${formatDuration(every)}${offset > 0 ? ` + ${formatDuration(offset)}` : ''}`,
    ),
  ].join('; ') || 'never';

export const listText = (rows: readonly ScheduleRow[]): string => {
  if (rows.length === 0) return 'No schedules. Create one with: longhaul schedule create --help';
  const cells = [
    ['ID', 'JOB', 'SPEC', 'NEXT RUN', 'LAST', 'PAUSED'],
    ...rows.map((row) => [
      row.id,
      row.job,
      row.spec,
      row.nextRun ?? '-',
      row.lastOutcome ?? '-',
      row.paused ? 'yes' : 'no',
    ]),
  ];
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

export const scheduleText = (view: ScheduleView): string =>
  [
    `schedule   ${view.id}${view.paused ? ' (paused)' : ''}`,
    ...(view.note === null || view.note === '' ? [] : [`note       ${view.note}`]),
    `job        ${view.job} ${JSON.stringify(view.input)}`,
    `spec       ${view.spec} (${view.timezone === '' ? 'UTC' : view.timezone})`,
    ...(view.jitterMs > 0 ? [`jitter     ${formatDuration(view.jitterMs)}`] : []),
    `overlap    ${view.overlap}`,
    `catch-up   ${formatDuration(view.catchupMs)}`,
    `on failure ${view.pauseOnFailure ? 'pause' : 'go on'}`,
    ...view.nextRuns.map((time) => `next       ${time}`),
    ...view.recentRuns.map(({ scheduledAt, workflowId }) => `run        ${workflowId} (for ${scheduledAt})`),
  ].join('\n');
