/** Several raw files: a run each, on one host, some at a time; the end of each is awaited, whatever became of others. */
import { CancellationScope, isCancellation, setHandler, TemporalFailure, workflowInfo } from '@temporalio/workflow';
import { ApplicationFailure } from '@temporalio/common';
import { eachOf } from '../../../model/each-of';
import { emptyTotals } from '../../../model/records';
import { restoreStatus, type RestoredRecord, type RestoreInput, type RestoreResult } from '../../../model/restore-run';
import { claims } from '../activity-options';
import { failure, firstCause } from '../failures';
import { progressQuery, registerAbort } from '../run/operator';
import { RunProgress } from '../run/progress';

/** Started at once; how many of them move bytes is the host's own limit, max_concurrent_restores. */
const STARTED_AT_ONCE = 16;

/** Runs one raw file as a child of its own on `host`. */
export type RestoreChild = (
  input: RestoreInput,
  child: { readonly rawFileId: string; readonly workflowId: string; readonly host: string },
) => Promise<RestoreResult>;

/**
 * @throws RecordsFailed that names the first that failed, RunAborted where an operator has ended it; both with all outcomes in
 * their details.
 */
export async function restoreMany(
  input: RestoreInput,
  ids: readonly string[],
  restoreChild: RestoreChild,
): Promise<RestoreResult> {
  const { workflowId, startTime } = workflowInfo();
  const run = input.runId ?? workflowId;
  const progress = new RunProgress('restoreFiles', `${ids.length} raw files`, run, startTime.getTime());
  progress.maxWorkers = STARTED_AT_ONCE;
  // Orders but for its end go to the run of one of them.
  progress.steers = false;
  setHandler(progressQuery, () => progress.snapshot(Date.now()), {
    description: 'Raw files done, failed and under way',
  });
  const work = new CancellationScope();
  const known: { reason?: string; result?: RestoreResult } = {};
  registerAbort({
    get stage() {
      return progress.stage;
    },
    get isStoppable() {
      return progress.stage !== 'done';
    },
    abort: (reason) => {
      known.reason ??= reason;
      work.cancel();
    },
    reply: (affected) => ({
      stage: progress.stage,
      paused: false,
      maxWorkers: STARTED_AT_ONCE,
      maxBytesPerSec: null,
      affected,
    }),
  });
  try {
    return await work.run(() => restoreEach(input, ids, progress, restoreChild, (result) => (known.result = result)));
  } catch (error) {
    const { reason, result } = known;
    const ended =
      reason === undefined
        ? error
        : failure('RunAborted', `The run was aborted: ${reason}`, ...(result ? [result] : []));
    const outcome = isCancellation(ended) ? 'cancelled' : 'failed';
    progress.end = { outcome, cause: firstCause(ended), cleanup: null, report: null };
    progress.show();
    throw ended;
  }
}

/** `onEnds` hears what became of each, whatever is thrown after. */
async function restoreEach(
  input: RestoreInput,
  ids: readonly string[],
  progress: RunProgress,
  restoreChild: RestoreChild,
  onEnds: (result: RestoreResult) => void,
): Promise<RestoreResult> {
  const { run, startedMs } = progress;
  progress.enter('preparing');
  const host = await claims('Find a host with local disk').claimHost();
  progress.recordsTotal = ids.length;
  progress.transferStartedMs = Date.now();
  progress.enter('transferring');
  const ends = new Map<string, RestoredRecord>();
  const order = ids.map((id, n) => ({ id, n }));
  await eachOf(order, STARTED_AT_ONCE, async ({ id, n }) => {
    if (CancellationScope.current().consideredCancelled) return;
    progress.inFlight += 1;
    const child = { rawFileId: id, workflowId: `${run}/${id}`, host };
    const end = await endOf(id, () => restoreChild(input, child));
    progress.inFlight -= 1;
    ends.set(id, end);
    note(progress, n, end);
  });
  progress.end = { outcome: 'succeeded', cause: null, cleanup: null, report: null };
  progress.enter('done');
  const restores = ids.flatMap((id) => ends.get(id) ?? []);
  const seconds = (Date.now() - startedMs) / 1000;
  const result: RestoreResult = { runId: run, status: statusOf(restores), host, seconds, restores };
  onEnds(result);
  // Each child has told of itself in its own report by now.
  if (CancellationScope.current().consideredCancelled) await CancellationScope.current().cancelRequested;
  const bad = restores.filter((end) => end.status !== 'SUCCESS');
  const [first] = bad;
  if (first === undefined) return result;
  const why = first.error === undefined ? first.status : `${first.error.code}: ${first.error.message}`;
  const where = first.report === null ? '' : ` (report: ${first.report})`;
  const text = `${bad.length} of ${ids.length} raw files failed; the first: ${first.raw_file_id}: ${why}${where}`;
  throw failure('RecordsFailed', text, result);
}

const statusOf = (restores: readonly RestoredRecord[]): RestoreResult['status'] => {
  const whole = restores.filter(({ status }) => status === 'SUCCESS').length;
  const none = restores.filter(({ status }) => status === 'COMPLETE FAILURE').length;
  return restoreStatus({ successful: restores.length - none, failed: restores.length - whole });
};

/** Never throws: what became of it is its value. */
async function endOf(id: string, restore: () => Promise<RestoreResult>): Promise<RestoredRecord> {
  try {
    const { restores } = await restore();
    return restores[0] ?? untold(id, { code: 'Internal', message: 'The run has told nothing' });
  } catch (error) {
    return restoredIn(error) ?? untold(id, isCancellation(error) ? CANCELLED : firstCause(error));
  }
}

const CANCELLED = { code: 'Cancelled', message: 'The run was cancelled' };

/** What a run that failed says of its files, in the details of its failure. */
function restoredIn(error: unknown): RestoredRecord | undefined {
  for (let at: unknown = error; at instanceof TemporalFailure; at = at.cause) {
    const details: unknown = at instanceof ApplicationFailure ? at.details?.[0] : undefined;
    if (typeof details === 'object' && details !== null && 'restored' in details)
      return details.restored as RestoredRecord;
  }
  return undefined;
}

const untold = (id: string, error: { code: string; message: string }): RestoredRecord => ({
  raw_file_id: id,
  project_id: null,
  destination: null,
  status: 'COMPLETE FAILURE',
  total_files: 0,
  successful: 0,
  failed: 0,
  downloaded: 0,
  skipped: 0,
  healed: 0,
  bytes: 0,
  report: null,
  error,
});

function note(progress: RunProgress, n: number, end: RestoredRecord): void {
  const ok = end.status === 'SUCCESS';
  const { totals } = progress;
  progress.totals = {
    ...emptyTotals(),
    records: totals.records + 1,
    failed: totals.failed + (ok ? 0 : 1),
    transferred: totals.transferred + (ok ? 1 : 0),
    objects: totals.objects + end.downloaded + end.healed,
    bytes: totals.bytes + end.bytes,
  };
  if (!ok) {
    const { code, message } = end.error ?? { code: 'RecordsFailed', message: end.status };
    progress.failures = [...progress.failures, { n, source: end.raw_file_id, code, message }];
  }
  progress.show();
}
