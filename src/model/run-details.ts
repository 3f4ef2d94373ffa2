/**
 * How a run stands, as Markdown for the Web UI (tab User Metadata), laid out for how that renders it: lists, because its tables
 * have neither padding nor borders, and an empty line before each, without which a list is a paragraph with dashes. Pure.
 */
import { ERRORS, isErrorCode } from './errors';
import { formatBytes, formatCount, formatDuration, formatRate, plural } from './format';
import type { LoadCounts } from './load-run';
import type { LoadPlace } from './job-settings';
import type { CleanupReport, FailedRecord, JobProgress, RunSettings } from './run';

/** How a run has ended, or why it is about to. */
export interface RunEnd {
  readonly outcome: 'succeeded' | 'failed' | 'cancelled';
  readonly cause: { readonly code: string; readonly message: string } | null;
  readonly cleanup: CleanupReport | null;
  /** Where the report is; null until it is written, or where nothing was done that could be reported. */
  readonly report: string | null;
}

export interface DetailedRun {
  readonly progress: JobProgress;
  readonly settings: RunSettings | undefined;
  readonly batches: { readonly done: number; readonly total: number } | null;
  /** Records that have failed and wait for an operator. */
  readonly undecided: number;
  readonly end: RunEnd | null;
  readonly nowMs: number;
}

const MAX_SHOWN_BATCHES = 3;
const MAX_SHOWN_PROBLEMS = 3;
/** A vendor's answer may be a page. */
const MAX_MESSAGE_CHARS = 400;

export function runDetails(run: DetailedRun): string {
  const { progress, end } = run;
  return [
    ...headline(run),
    '',
    ...[...targetLines(run), ...exportLine(progress), ...recordLines(run)].map(item),
    ...titled('Last errors', progress.failures.map(failureText)),
    ...titled('Taken back', progress.stage === 'done' ? cleanupLines(end?.cleanup ?? null) : []),
    ...titled('What you can do now', actionsOf(run)),
  ].join('\n');
}

/** Text from outside, which must not become Markdown. */
export const plainText = (text: string): string => {
  const line = text.replace(/\s+/g, ' ');
  const cut = line.length <= MAX_MESSAGE_CHARS ? line : `${line.slice(0, MAX_MESSAGE_CHARS)}…`;
  return cut.replace(/[\\`*_<>[\]|~#]/g, '\\$&');
};

/** In a code span nothing is Markdown but its end. */
export const codeText = (text: string): string => `\`${text.replace(/\s+/g, ' ').replaceAll('`', 'ˋ')}\``;

/** The error and what to do about it, in one paragraph. */
export const causeText = ({ code, message }: { readonly code: string; readonly message: string }): string => {
  const hint = isErrorCode(code) ? ` *${plainText(ERRORS[code].hint)}*` : '';
  return `${codeText(code)} ${plainText(message)}${hint}`;
};

export const cleanupLines = (cleanup: CleanupReport | null): string[] => {
  if (cleanup === null) return [];
  const { abortedUploads, deletedObjects, problems, moreProblems } = cleanup;
  const more = Math.max(0, problems.length - MAX_SHOWN_PROBLEMS) + moreProblems;
  if (abortedUploads + deletedObjects + problems.length + more === 0) return [];
  return [
    `${plural(abortedUploads, 'upload')} aborted, ${plural(deletedObjects, 'object')} deleted`,
    ...problems.slice(0, MAX_SHOWN_PROBLEMS).map((problem) => `**Not taken back**: ${plainText(problem)}`),
    ...(more > 0 ? [`and ${formatCount(more)} more that could not be taken back: see the report`] : []),
  ];
};

const item = (text: string): string => `- ${text}`;

export const titled = (title: string, items: readonly string[]): string[] =>
  items.length === 0 ? [] : ['', `**${title}**`, '', ...items.map(item)];

const OUTCOME_WORDS = { succeeded: 'Succeeded', failed: 'Failed', cancelled: 'Cancelled' } as const;

function headline({ progress, end, nowMs }: DetailedRun): string[] {
  const { stage, paused, project, run } = progress;
  const isOver = end !== null && stage !== 'cleaning' && stage !== 'reporting';
  const word = isOver ? OUTCOME_WORDS[end.outcome] : paused ? `Paused while ${stage}` : capitalized(stage);
  const head = `**${word}** · project ${codeText(project)} · run ${codeText(run)} · as of ${clock(nowMs)}`;
  const cause = end?.cause ?? null;
  if (cause === null) return [head];
  return [head, '', `${isOver ? '' : 'The run ends: '}${causeText(cause)}`];
}

function targetLines({ settings }: DetailedRun): string[] {
  if (settings === undefined) return [];
  const { bucket, targetPrefix, publish, host, place } = settings;
  if (place !== undefined) return loadLines(place);
  if (host !== undefined)
    return [`From ${codeText(`s3://${bucket}`)} to ${codeText(targetPrefix)} on host \`${host}\``];
  const how =
    publish === 'atomic'
      ? 'atomic: nothing is visible until every record is in'
      : 'direct: each object is visible when it is done';
  return [`Target: ${codeText(`s3://${bucket}/${targetPrefix}`)}, ${how}`];
}

function exportLine({ exportId, exportStatus, polls, nextPollAt, stage }: JobProgress): string[] {
  if (exportId === null && exportStatus === null) return [];
  const next = nextPollAt === null || stage !== 'exporting' ? '' : `, next poll at ${clock(Date.parse(nextPollAt))}`;
  const id = exportId === null ? '' : ` ${codeText(exportId)}`;
  return [`Export${id}: ${plainText(exportStatus ?? 'created')} after ${plural(polls, 'poll')}${next}`];
}

function recordLines({ progress, settings, batches, undecided, nowMs }: DetailedRun): string[] {
  const { recordsTotal, totals, inFlight, maxWorkers, bytesPerSec, stage, paused, etaMs, publishedObjects } = progress;
  if (recordsTotal === null) return [];
  const percent = recordsTotal === 0 ? '' : ` (${Math.floor((totals.records * 100) / recordsTotal)} %)`;
  const isMoving = stage === 'transferring' && !paused;
  const lines = [
    `Records: ${formatCount(totals.records)} of ${formatCount(recordsTotal)} done${percent}, ${inFlight} in flight (at most ${maxWorkers}), ${formatCount(totals.failed)} failed, ${formatCount(totals.skipped)} skipped${undecided === 0 ? '' : `, ${formatCount(undecided)} failed and waiting for you`}`,
    `Bytes: ${formatBytes(totals.bytes)} in ${plural(totals.objects, 'object')}${bytesPerSec > 0 ? `, ${formatRate(bytesPerSec)}` : ''}${limitText(progress.maxBytesPerSec)}${totals.resentBytes > 0 ? `, ${formatBytes(totals.resentBytes)} sent again` : ''}`,
  ];
  if (totals.load !== undefined) lines.push(countsLine(totals.load));
  if (batches !== null && stage !== 'done') lines.push(batchesLine(batches, progress.runningBatches));
  if (isMoving && etaMs !== null)
    lines.push(`At this rate all are moved in ${formatDuration(etaMs)}, at about ${clock(nowMs + etaMs)}`);
  if (publishedObjects > 0 && settings?.place === undefined)
    lines.push(`Published: ${plural(publishedObjects, 'object')}`);
  return lines;
}

const limitText = (bytesPerSec: number | null): string =>
  bytesPerSec === null ? '' : ` (at most ${formatRate(bytesPerSec)})`;

/** Where the records in flight are: their bytes so far are in the heartbeats, which only their own pages show. */
function batchesLine({ done, total }: { done: number; total: number }, running: readonly string[]): string {
  const head = `Batches: ${formatCount(done)} of ${formatCount(total)} done`;
  if (running.length === 0) return head;
  const more = running.length > MAX_SHOWN_BATCHES ? ` and ${running.length - MAX_SHOWN_BATCHES} more` : '';
  const shown = running.slice(0, MAX_SHOWN_BATCHES).map(codeText);
  return `${head}, ${running.length} under way: ${shown.join(', ')}${more} (tab Relationships)`;
}

const loadLines = ({ table, loadType, env, bucket, bucketSource }: LoadPlace): string[] => [
  `Table: ${codeText(table)} (${env}), ${loadType}: its readers see the old rows until all new ones are in`,
  `Staging bucket: ${codeText(bucket)} (${bucketSource})`,
];

const countsLine = ({ rows, chunks, rejected, stagedBytes }: LoadCounts): string =>
  `Rows: ${formatCount(rows)} in ${plural(chunks, 'chunk')}, ${formatBytes(stagedBytes)} staged, ${formatCount(rejected)} rejected`;

/** What an operator has ordered that has to wait; empty where nothing waits. */
export const orderedText = ({ ordered }: FailedRecord): string =>
  ordered === undefined ? '' : ` (${ordered} ordered: once it is taken back)`;

const failureText = (failure: FailedRecord): string =>
  `record ${failure.n} (${codeText(failure.source)})${orderedText(failure)}: ${causeText(failure)}`;

function actionsOf({ progress, end }: DetailedRun): readonly string[] {
  const { stage, actions, workflowId, job } = progress;
  if (end === null) return stage === 'publishing' && actions.length === 0 ? [FORWARD_ONLY] : actions;
  if (end.report === null || stage !== 'done') return [];
  return [
    `${codeText(`longhaul report ${workflowId} --open`)} shows throughput, parts and retries, slowest and failed records; it is ${codeText(end.report)}`,
    ...(end.outcome === 'succeeded' && job !== 'loadToPostgres'
      ? [`${codeText(`longhaul verify ${workflowId}`)} compares what was written with what is there`]
      : []),
  ];
}

const FORWARD_ONLY = 'Nothing: publishing only goes forward and is tried until it is done';

const clock = (ms: number): string => `${new Date(ms).toISOString().slice(11, 19)} UTC`;
const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
