/** The pending activities of a run for people. Pure. */
import type { ActivityState, PendingActivities, PendingActivity } from './pending-activities';
import { formatBytes, formatDuration, plural } from '../print/format';
import { tableLines, type Column } from '../print/table';
import { type Colour, printable, type Style } from '../print/terminal';

/** What the long ones do, in the words of their summaries. Others are told by their own name. */
const DOES: Readonly<Record<string, string>> = {
  openTransfer: 'reads the first part',
  transferParts: 'moves the parts',
  abortTransfer: 'takes the upload back',
  listPrefix: 'lists the prefix',
  copyPage: 'copies objects',
  publishPage: 'publishes',
  undoPage: 'takes a page back',
  pollExport: 'asks for the export',
  restoreFile: 'restores the file',
  moveObject: 'moves the object',
  moveObjectParts: 'moves the parts',
  takeBackObject: 'takes back',
  deadLetter: 'puts the event into the dead-letter queue',
  stageSource: 'stages rows',
  copyChunks: 'copies rows',
  completeLoad: 'completes the load',
};

const COLOURS: Readonly<Record<ActivityState, Colour>> = {
  running: 'green',
  waiting: 'cyan',
  cancelling: 'yellow',
  pausing: 'yellow',
  paused: 'yellow',
};

export const doesText = ({ type }: Pick<PendingActivity, 'type'>): string => DOES[type] ?? type;

const amountText = ({ bytes, sizeBytes }: PendingActivity): string => {
  if (bytes === null) return '-';
  return sizeBytes === null ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(sizeBytes)}`;
};

const nextText = ({ nextAttemptAt }: PendingActivity, now: Date): string => {
  if (nextAttemptAt === null) return '-';
  const waitMs = Date.parse(nextAttemptAt) - now.getTime();
  return waitMs <= 0 ? 'now' : `in ${formatDuration(waitMs)}`;
};

const columns = (style: Style, now: Date): Column<PendingActivity>[] => [
  { title: 'ACTIVITY', cell: ({ id }) => printable(id) },
  { title: 'DOES', cell: doesText },
  { title: 'STATE', cell: ({ state }) => style(COLOURS[state], state) },
  { title: 'MOVED', side: 'right', cell: amountText },
  { title: 'ATTEMPT', side: 'right', cell: ({ attempt }) => String(attempt) },
  { title: 'NEXT', side: 'right', cell: (row) => nextText(row, now) },
  { title: 'WORKER', cell: ({ worker }) => printable(worker ?? '-') },
];

/** What is to be said below the table of one: why it is paused, why it failed and what to do. */
const notesOf = ({ id, pausedBecause, lastFailure, trouble }: PendingActivity): string[] => {
  // What is in its way now says more than what an earlier attempt has ended with.
  const fault = trouble ?? lastFailure;
  return [
    ...(pausedBecause === null ? [] : [`  ${printable(id)} paused: ${printable(pausedBecause)}`]),
    ...(fault === null
      ? []
      : [
          `  ${printable(id)} ${trouble === null ? 'failed' : 'is trying again'}: ${printable(fault.message)} [${fault.code}]`,
          `    hint: ${fault.hint}`,
        ]),
  ];
};

export const activitiesText = (pending: PendingActivities, style: Style, now: Date = new Date()): string => {
  const { activities, moreWorkflows } = pending;
  const more = moreWorkflows === 0 ? [] : [`  and what ${plural(moreWorkflows, 'more workflow')} of the run do`];
  if (activities.length === 0) return ['No activity is pending.', ...more].join('\n');
  return [...tableLines(columns(style, now), activities), ...activities.flatMap(notesOf), ...more].join('\n');
};
