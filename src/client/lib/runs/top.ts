/** The body of `longhaul top`: all runs that are running, again and again. */
import type { Client } from '@temporalio/client';
import { EXIT_CODES } from '../../../model/errors';
import type { JobProgress } from '../../../model/run';
import { withTemporal } from '../connection';
import { describeFailure } from '../print/failure';
import { listRuns, type RunRow } from './list';
import { LiveBlock } from '../print/live-block';
import { ExitWith, type Output } from '../print/output';
import { isPayloadFailure } from '../run/no-answer';
import { queryRunning } from '../run/find';
import { runsQuery } from './query';
import type { TopOrder } from './words';
import { mapBounded } from '../schedule/list';
import { sleep } from '../sleep';
import { styleFor } from '../print/terminal';
import { sortRows, topLines, type TopRow, type TopView } from './top-screen';

export interface TopOptions {
  readonly jobs: readonly string[];
  readonly project?: string | undefined;
  readonly sort: TopOrder;
  readonly intervalMs: number;
  /** Rows asked about in one look. */
  readonly limit: number;
  readonly once: boolean;
}

/** Each is a query, which costs a worker some milliseconds. */
const QUERIES_AT_ONCE = 8;
/** So many queries without an answer, and no worker is there: the others would take 4 s each to say the same. */
const UNANSWERED_ENOUGH = 2;

const rowOf = (run: RunRow, progress: JobProgress | undefined): TopRow => {
  const { workflowId, job, project, stage, startedAt, seconds } = run;
  if (progress === undefined) return { workflowId, job, project, stage, startedAt, seconds, progress: null };
  const { recordsTotal, totals, inFlight, maxWorkers, bytesPerSec, etaMs, paused } = progress;
  return {
    workflowId,
    job,
    project: progress.project,
    stage: progress.stage,
    startedAt,
    seconds,
    progress: { recordsTotal, totals, inFlight, maxWorkers, bytesPerSec, etaMs, paused },
  };
};

/** One look. Throws what keeps Temporal away. */
export const lookAtRuns = async (client: Client, options: TopOptions): Promise<TopView> => {
  const { jobs, project, limit, sort } = options;
  const query = runsQuery({ jobs, project, statuses: ['running'], stages: [], withFailedRecords: false });
  const { runs, next } = await listRuns(client, query, limit);
  let unanswered = 0;
  const rows = await mapBounded(runs, QUERIES_AT_ONCE, async (run) => {
    if (unanswered >= UNANSWERED_ENOUGH) return rowOf(run, undefined);
    // A run that has just ended, or was deleted, is simply one that tells nothing.
    const progress = await queryRunning(client, run.workflowId).catch((error: unknown) => {
      const failure = describeFailure(error);
      // Every row would be empty for the same reason, and nobody would hear of it.
      if (failure.code === 'TemporalUnreachable' || isPayloadFailure(failure)) throw error;
      return undefined;
    });
    if (progress === undefined) unanswered += 1;
    return rowOf(run, progress);
  });
  return { at: new Date().toISOString(), runs: sortRows(rows, sort), more: next !== null };
};

/** Shows what runs until Ctrl-C, or once. One JSON document a look with --json. */
export const top = async (output: Output, options: TopOptions): Promise<void> => {
  const { stdout } = output.io;
  const style = styleFor(stdout);
  const isLive = !output.json && !options.once && stdout.isTTY === true;
  const block = new LiveBlock(stdout);
  const show = (view: TopView): void => {
    // Read each time: windows are resized.
    const lines = isLive ? topLines(view, style, stdout.columns ?? 80, stdout.rows ?? 24) : topLines(view, style);
    if (isLive) block.draw(lines);
    else output.data(view, () => lines.join('\n'));
  };
  await withTemporal(async ({ client }) => {
    if (options.once) {
      show(await lookAtRuns(client, options));
      return;
    }
    const interrupted = new AbortController();
    const onSignal = (): void => interrupted.abort(new ExitWith(EXIT_CODES.cancelled));
    process.once('SIGINT', onSignal);
    process.once('SIGTERM', onSignal);
    try {
      while (!interrupted.signal.aborted) {
        try {
          show(await lookAtRuns(client, options));
        } catch (error) {
          const { code, message } = describeFailure(error);
          if (code !== 'TemporalUnreachable') throw error;
          block.erase();
          output.note(`${message} Waiting for it to come back.`);
        }
        await sleep(options.intervalMs, interrupted.signal);
      }
    } finally {
      process.removeListener('SIGINT', onSignal);
      process.removeListener('SIGTERM', onSignal);
    }
    // Ctrl-C is how one leaves; what was seen stays on the screen.
    block.leave();
  });
};
