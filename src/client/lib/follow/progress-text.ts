/** A run's progress as text: the pieces, one line for a pipe, and all that `longhaul status` prints. Pure. */
import { ERRORS, isErrorCode } from '../../../model/errors';
import { orderedText } from '../../../model/run-details';
import type { FailedRecord, JobProgress, Stage } from '../../../model/run';
import type { InFlight } from '../run/details';
import { JOB_TERMS } from '../job/words';
import { formatBar, formatBytes, formatCount, formatDuration, formatRate, plural } from '../print/format';

/** `{unit}`: what the job moves, a record or a file. */
const STAGE_WORDS: Record<Stage, string> = {
  preparing: 'checking configuration and access',
  waiting: 'waiting for its turn',
  exporting: 'waiting for the vendor’s export',
  listing: 'listing the {unit}s',
  transferring: 'moving {unit}s',
  parked: 'parked: waiting for an operator',
  publishing: 'publishing',
  cleaning: 'cleaning up',
  reporting: 'writing the report',
  done: 'done',
};

export const unitOf = ({ job }: JobProgress): string => JOB_TERMS[job].unit;

export const stageText = (progress: JobProgress): string =>
  `${STAGE_WORDS[progress.stage].replace('{unit}', unitOf(progress))}${progress.paused ? ' (paused)' : ''}`;

export const exportText = (progress: JobProgress, now: Date): string | undefined => {
  if (progress.stage !== 'exporting') return undefined;
  const next = progress.nextPollAt === null ? null : Date.parse(progress.nextPollAt) - now.getTime();
  return [
    `export ${progress.exportId ?? 'not yet created'}`,
    ...(progress.exportStatus === null ? [] : [progress.exportStatus]),
    plural(progress.polls, 'poll'),
    ...(next === null || Number.isNaN(next) ? [] : [`next in ${formatDuration(next)}`]),
  ].join(', ');
};

export const recordsText = (progress: JobProgress): string => {
  const done = formatCount(progress.totals.records);
  const total = progress.recordsTotal === null ? '' : `/${formatCount(progress.recordsTotal)}`;
  const failed = progress.totals.failed === 0 ? '' : `, ${formatCount(progress.totals.failed)} failed`;
  return `${done}${total} ${unitOf(progress)}s${failed}`;
};

/** Bytes of finished records, and those that transfers under way have moved. */
export const bytesOf = (progress: JobProgress, inFlight: readonly InFlight[]): number =>
  progress.totals.bytes + inFlight.reduce((sum, transfer) => sum + transfer.bytes, 0);

/** Bytes a second since the first record, those under way counted in. */
export const rateOf = (progress: JobProgress, inFlight: readonly InFlight[]): number => {
  const { bytesPerSec, totals } = progress;
  return totals.bytes === 0 ? bytesPerSec : (bytesPerSec * bytesOf(progress, inFlight)) / totals.bytes;
};

const flowText = (progress: JobProgress, inFlight: readonly InFlight[]): string =>
  [
    formatBytes(bytesOf(progress, inFlight)),
    ...(progress.bytesPerSec > 0 ? [formatRate(rateOf(progress, inFlight))] : []),
    ...(typeof progress.maxBytesPerSec === 'number' ? [`at most ${formatRate(progress.maxBytesPerSec)}`] : []),
    ...(progress.etaMs === null || progress.stage !== 'transferring' ? [] : [`ETA ${formatDuration(progress.etaMs)}`]),
    `${progress.inFlight} in flight of ${progress.maxWorkers}`,
    `elapsed ${formatDuration(progress.elapsedMs)}`,
  ].join(' · ');

export const inFlightText = (transfer: InFlight): string => {
  const name = transfer.n === null ? transfer.activity : `#${transfer.n}`;
  const amount =
    transfer.sizeBytes === null || transfer.sizeBytes === 0
      ? formatBytes(transfer.bytes)
      : `${formatBar(transfer.bytes / transfer.sizeBytes, 16)} ${formatBytes(transfer.bytes)} of ${formatBytes(transfer.sizeBytes)}`;
  const { attempt, lastError, trouble = null } = transfer;
  const again = attempt > 1 ? ` · attempt ${attempt}` : '';
  // What is tried now says more than what the attempt before it ended with.
  if (trouble !== null)
    return `  ${name.padEnd(7)} ${amount}${again} · trying again: ${trouble.message} [${trouble.code}]`;
  const why = attempt > 1 && lastError !== null ? `: ${lastError}` : '';
  return `  ${name.padEnd(7)} ${amount}${again}${why}`;
};

/** Whether something is in the way of a transfer. */
export const isInTrouble = ({ attempt, lastError, trouble = null }: InFlight): boolean =>
  trouble !== null || (attempt > 1 && lastError !== null);

/** Activities of one record that stand before the same fault are one line. */
const inFlightLines = (inFlight: readonly InFlight[]): string[] => {
  const counts = new Map<string, number>();
  for (const line of inFlight.map(inFlightText)) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts].map(([line, count]) => (count === 1 ? line : `${line} (${count} activities)`));
};

/** One line for a log. */
export const progressLine = (progress: JobProgress, inFlight: readonly InFlight[], now: Date = new Date()): string =>
  [stageText(progress), exportText(progress, now) ?? recordsText(progress), flowText(progress, inFlight)].join(' · ');

/** What to do about the failures, once for each code. */
const hintsOf = ({ failures }: JobProgress): string[] =>
  [...new Set(failures.map(({ code }) => code))].filter(isErrorCode).map((code) => `${code}: ${ERRORS[code].hint}`);

const failureLine = (failure: FailedRecord): string => {
  const { n, source, code, message } = failure;
  return `failed     #${n} ${source}: ${message} [${code}]${orderedText(failure)}`;
};

/** All that `longhaul status` prints. */
export const statusText = (progress: JobProgress, status: string, inFlight: readonly InFlight[]): string => {
  const waiting = exportText(progress, new Date());
  return [
    `run        ${progress.workflowId} (${status.toLowerCase()})`,
    `${JOB_TERMS[progress.job].subject.padEnd(10)} ${progress.project}`,
    `stage      ${stageText(progress)}`,
    ...(waiting === undefined && progress.exportId === null
      ? []
      : [`export     ${waiting ?? String(progress.exportId)}`]),
    `${`${unitOf(progress)}s`.padEnd(10)} ${recordsText(progress)}`,
    `moved      ${flowText(progress, inFlight)}`,
    // Where each object is visible as soon as it is done, there is no step of publishing to tell of.
    ...(progress.publish === 'atomic' ? [`published  ${plural(progress.publishedObjects, 'object')} (atomic)`] : []),
    ...inFlightLines(inFlight),
    ...progress.failures.map(failureLine),
    ...hintsOf(progress).map((hint) => `hint       ${hint}`),
    ...progress.actions.map((action) => `can do     ${action}`),
  ].join('\n');
};
