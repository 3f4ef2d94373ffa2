/** What a terminal shows of one run while somebody watches it. Pure, but for the rate's memory. */
import { ERRORS, isErrorCode } from '../../../model/errors';
import { orderedText } from '../../../model/run-details';
import type { FailedRecord, JobProgress, Stage } from '../../../model/run';
import { formatBar, formatBytes, formatDuration, formatRate, plural, shorten } from '../print/format';
import { JOB_TERMS } from '../job/words';
import { bytesOf, exportText, inFlightText, rateOf, recordsText, stageText, unitOf } from './progress-text';
import type { InFlight } from '../run/details';
import { fit, PLAIN, printable, type Style } from '../print/terminal';

const MAX_FAILURES_SHOWN = 3;
const MAX_IN_FLIGHT_SHOWN = 6;
const BAR_CELLS = 24;
const SOURCE_CELLS = 60;

/** What a run goes through, without those that only trouble brings. */
const WAY: readonly Stage[] = ['preparing', 'exporting', 'listing', 'transferring', 'publishing', 'reporting'];

/** Where a run stands on its way: `preparing ✓ listing ✓ transferring … reporting`. */
export const wayText = ({ stage, job, publish }: JobProgress, style: Style): string => {
  // Only exports are waited for; without `atomic` nothing is published, but for loads, whose last step is.
  const way = WAY.filter(
    (step) =>
      (step !== 'exporting' || job === 'exportToS3') &&
      (step !== 'publishing' || publish === 'atomic' || job === 'loadToPostgres'),
  );
  // Parked and paused runs are in the middle of their transfers; a run that cleans up never gets any further.
  const place = stage === 'parked' ? 'transferring' : stage === 'waiting' ? 'preparing' : stage;
  const at = stage === 'done' ? way.length : way.indexOf(place);
  if (at === -1) return style('red', stage);
  return way
    .map((step, n) => {
      if (n < at) return style('green', `${step} ✓`);
      return n === at ? style('bold', `▸ ${step}`) : style('dim', step);
    })
    .join('  ');
};

/** The rate of the last few seconds, from what successive looks have seen. */
export class RateMeter {
  readonly #seen: { readonly atMs: number; readonly bytes: number }[] = [];

  /** `windowMs`: how far back it looks; shorter is livelier, longer is calmer. */
  constructor(private readonly windowMs = 10_000) {}

  /** Bytes a second; undefined until there are two looks a second apart. */
  add(bytes: number, atMs: number): number | undefined {
    const last = this.#seen.at(-1);
    // A record that begins anew counts from 0: what was seen before says nothing of the rate now.
    if (last !== undefined && bytes < last.bytes) this.#seen.length = 0;
    this.#seen.push({ atMs, bytes });
    while (this.#seen.length > 2 && (this.#seen[0]?.atMs ?? 0) < atMs - this.windowMs) this.#seen.shift();
    const first = this.#seen[0];
    if (first === undefined || atMs - first.atMs < 1_000) return undefined;
    return ((bytes - first.bytes) * 1_000) / (atMs - first.atMs);
  }
}

const flowLine = (progress: JobProgress, inFlight: readonly InFlight[], rate: number | undefined): string =>
  [
    formatBytes(bytesOf(progress, inFlight)),
    ...(progress.bytesPerSec > 0 ? [formatRate(rateOf(progress, inFlight))] : []),
    ...(rate !== undefined && rate > 0 ? [`now ${formatRate(rate)}`] : []),
    ...(progress.etaMs === null || progress.stage !== 'transferring' ? [] : [`ETA ${formatDuration(progress.etaMs)}`]),
    `elapsed ${formatDuration(progress.elapsedMs)}`,
  ].join(' · ');

const workersLine = ({ inFlight, maxWorkers, totals, paused }: JobProgress): string =>
  [
    `${plural(maxWorkers, 'worker')}: ${inFlight} in flight`,
    ...(paused ? ['paused'] : []),
    ...(totals.skipped > 0 ? [`${totals.skipped} skipped`] : []),
    ...(totals.resentBytes > 0 ? [`${formatBytes(totals.resentBytes)} sent again`] : []),
  ].join(' · ');

const failureLines = (failure: FailedRecord, style: Style): string[] => {
  const { n, source, code, message } = failure;
  const what = `${shorten(printable(source), SOURCE_CELLS)}: ${printable(message)} [${code}]${orderedText(failure)}`;
  return [
    `  ${style('red', `failed #${n}`)} ${what}`,
    ...(isErrorCode(code) ? [style('dim', `    ${ERRORS[code].hint}`)] : []),
  ];
};

export interface WatchScreen {
  /** Cells of a line; every line is shorter, because a wrapped one breaks redrawing. */
  readonly width: number;
  readonly style?: Style;
  /** Bytes a second, of the last few seconds. */
  readonly rate?: number | undefined;
  readonly now?: Date;
}

/** The block that is redrawn in place. */
export const watchBlock = (progress: JobProgress, inFlight: readonly InFlight[], screen: WatchScreen): string[] => {
  const { width, style = PLAIN, rate, now = new Date() } = screen;
  const total = progress.recordsTotal;
  const fraction = total === null || total === 0 ? null : progress.totals.records / total;
  const waiting = exportText(progress, now);
  const shown = inFlight.slice(0, MAX_IN_FLIGHT_SHOWN);
  const { commands = [] } = progress;
  const lines = [
    `${style('bold', printable(progress.workflowId))}  ${stageText(progress)} · ${JOB_TERMS[progress.job].subject} ${printable(progress.project)}`,
    wayText(progress, style),
    ...(waiting === undefined ? [] : [waiting]),
    ...(fraction === null
      ? []
      : [`${style('cyan', formatBar(fraction, BAR_CELLS))} ${Math.floor(fraction * 100)}%  ${recordsText(progress)}`]),
    flowLine(progress, inFlight, rate),
    workersLine(progress),
    ...shown.map((transfer) => printable(inFlightText(transfer))),
    ...(inFlight.length > shown.length ? [`  and ${inFlight.length - shown.length} more ${unitOf(progress)}s`] : []),
    ...progress.failures.slice(-MAX_FAILURES_SHOWN).flatMap((failure) => failureLines(failure, style)),
    ...commands.map((command, n) => `${n === 0 ? 'you can ' : '        '} ${command}`),
  ];
  // One cell is kept free: many terminals wrap when the last one is written.
  return lines.map((line) => fit(line, Math.max(1, width - 1)));
};
