/** The table of `longhaul top`. Pure. */
import type { JobProgress } from '../../../model/run';
import { formatBytes, formatCount, formatDuration, formatRate, plural } from '../print/format';
import type { RunRow } from './list';
import type { TopOrder } from './words';
import { tableLines, type Column } from '../print/table';
import { type Colour, fit, printable, type Style } from '../print/terminal';

/** One running run. */
export interface TopRow extends Pick<RunRow, 'workflowId' | 'job' | 'project' | 'stage' | 'startedAt' | 'seconds'> {
  /** Null where no worker answered. */
  readonly progress: Pick<
    JobProgress,
    'recordsTotal' | 'totals' | 'inFlight' | 'maxWorkers' | 'bytesPerSec' | 'etaMs' | 'paused'
  > | null;
}

export interface TopView {
  readonly at: string;
  readonly runs: readonly TopRow[];
  /** Whether more are running than were asked about. */
  readonly more: boolean;
}

const STAGE_COLOURS: Readonly<Record<string, Colour>> = {
  parked: 'yellow',
  waiting: 'yellow',
  cleaning: 'red',
  transferring: 'green',
  publishing: 'green',
};

/** What cannot be told comes last, whatever the order. */
const KEYS: Readonly<Record<Exclude<TopOrder, 'name'>, (row: TopRow) => number>> = {
  started: ({ startedAt }) => -Date.parse(startedAt),
  rate: ({ progress }) => -(progress?.bytesPerSec ?? -1),
  bytes: ({ progress }) => -(progress?.totals.bytes ?? -1),
  done: ({ progress }) => -(fractionOf(progress) ?? -1),
  failed: ({ progress }) => -(progress?.totals.failed ?? -1),
  eta: ({ progress }) => progress?.etaMs ?? Infinity,
};

const fractionOf = (progress: TopRow['progress']): number | null =>
  progress?.recordsTotal ? progress.totals.records / progress.recordsTotal : null;

/** A copy in order; equal ones by name, so that rows do not change places by themselves. */
export const sortRows = (rows: readonly TopRow[], order: TopOrder): TopRow[] => {
  const byName = (a: TopRow, b: TopRow): number => (a.workflowId < b.workflowId ? -1 : 1);
  if (order === 'name') return [...rows].sort(byName);
  const key = KEYS[order];
  return [...rows].sort((a, b) => {
    const [left, right] = [key(a), key(b)];
    return left === right ? byName(a, b) : left - right;
  });
};

const doneText = (progress: TopRow['progress']): string => {
  if (progress?.recordsTotal == null) return '-';
  const percent = Math.floor((fractionOf(progress) ?? 0) * 100);
  return `${percent}% ${formatCount(progress.totals.records)}/${formatCount(progress.recordsTotal)}`;
};

const columns = (style: Style): Column<TopRow>[] => [
  { title: 'RUN', cell: ({ workflowId }) => printable(workflowId) },
  { title: 'JOB', cell: ({ job }) => job },
  {
    title: 'STAGE',
    cell: ({ stage, progress }) =>
      style(STAGE_COLOURS[stage ?? ''] ?? 'cyan', `${stage ?? '-'}${progress?.paused === true ? ' (paused)' : ''}`),
  },
  { title: 'DONE', side: 'right', cell: ({ progress }) => doneText(progress) },
  {
    title: 'FAILED',
    side: 'right',
    cell: ({ progress }) => {
      const failed = progress?.totals.failed ?? 0;
      return failed === 0 ? '0' : style('red', formatCount(failed));
    },
  },
  { title: 'BYTES', side: 'right', cell: ({ progress }) => formatBytes(progress?.totals.bytes ?? 0) },
  {
    title: 'RATE',
    side: 'right',
    cell: ({ progress }) => (progress === null || progress.bytesPerSec === 0 ? '-' : formatRate(progress.bytesPerSec)),
  },
  {
    title: 'ETA',
    side: 'right',
    cell: ({ progress }) => (progress?.etaMs == null ? '-' : formatDuration(progress.etaMs)),
  },
  {
    title: 'WORKERS',
    side: 'right',
    cell: ({ progress }) => (progress === null ? 'no answer' : `${progress.inFlight}/${progress.maxWorkers}`),
  },
  { title: 'AGE', side: 'right', cell: ({ seconds }) => formatDuration(seconds * 1000) },
  { title: 'PROJECT', cell: ({ project }) => printable(project ?? '-') },
];

/** At most `height` lines of `width` cells each; further runs are counted. */
export const topLines = (view: TopView, style: Style, width = Infinity, height = Infinity): string[] => {
  const { runs, more } = view;
  const rate = runs.reduce((sum, { progress }) => sum + (progress?.bytesPerSec ?? 0), 0);
  const head = `${plural(runs.length, 'run')}${more ? ' and more' : ''} · ${formatRate(rate)} · ${view.at.replace(/\.\d+Z$/, 'Z')}`;
  const table = tableLines(columns(style), runs, width);
  // The head, the titles, and the line under the table, where the cursor is.
  const room = Math.max(1, height - 4);
  const shown = table.slice(0, room + 1);
  const hidden = table.length - shown.length;
  return [
    fit(style('bold', head), width - 1),
    ...(runs.length === 0 ? ['Nothing is running.'] : shown),
    ...(hidden > 0 ? [`and ${plural(hidden, 'run')} more`] : []),
  ];
};
