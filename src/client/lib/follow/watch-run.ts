/** Follows a run to its end. */
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { JobProgress } from '../../../model/run';
import { describeFailure } from '../print/failure';
import type { JobInput, JobResult, JobWorkflow } from '../job/job';
import type { ProgressView } from './progress-view';
import { isPayloadFailure, noAnswer } from '../run/no-answer';
import { queryProgress, queryRunning } from '../run/find';
import { type InFlight, readInFlight } from '../run/details';
import { sleep } from '../sleep';

/** Fast enough to look alive; a query costs the server and a worker some milliseconds each. */
const LOOK_INTERVAL_MS = 1_000;
/** While Temporal is away: its clients reconnect by themselves, so only the next question is put off. */
const RECONNECT_INTERVAL_MS = 2_000;

const isOutage = (error: unknown): boolean => describeFailure(error).code === 'TemporalUnreachable';

/** Waits for the end, over outages of the server. Throws the run's failure. */
const resultOf = async <R>(handle: { result(): Promise<R> }, signal: AbortSignal): Promise<R> => {
  for (;;) {
    try {
      return await handle.result();
    } catch (error) {
      if (signal.aborted || !isOutage(error)) throw error;
      await sleep(RECONNECT_INTERVAL_MS, signal);
    }
  }
};

/** Says once, when it begins and when it is over, why there is nothing to see. */
class Silence {
  #reason = '';

  constructor(private readonly view: ProgressView) {}

  get active(): boolean {
    return this.#reason !== '';
  }

  set(reason: string): void {
    if (reason !== this.#reason && reason !== '') this.view.note(reason);
    this.#reason = reason;
  }
}

const look = async (
  client: Client,
  workflowId: string,
  query = queryRunning,
): Promise<[JobProgress, InFlight[]] | undefined> => {
  const progress = await query(client, workflowId);
  return progress === undefined ? undefined : [progress, await readInFlight(client, progress.runningBatches)];
};

/**
 * Shows progress until the run ends, and answers its result. Goes on while no worker answers or the server is away.
 * Throws the run's failure, or the signal's reason when it is aborted.
 */
export const watchRun = async <I extends JobInput, R extends JobResult>(
  client: Client,
  handle: WorkflowHandle<JobWorkflow<I, R>>,
  view: ProgressView,
  signal: AbortSignal,
): Promise<R> => {
  const { workflowId } = handle;
  const ended = new AbortController();
  const stop = AbortSignal.any([signal, ended.signal]);
  const result = resultOf(handle, stop);
  result.then(
    () => ended.abort(),
    () => ended.abort(),
  );
  const silence = new Silence(view);
  while (!stop.aborted) {
    try {
      const seen = await look(client, workflowId);
      if (seen === undefined) {
        const { message, hint } = await noAnswer(client, workflowId);
        silence.set(`${message} Waiting. ${hint}`);
      } else {
        silence.set('');
        // One that has ended meanwhile is shown below, as of its end.
        if (!signal.aborted && !ended.signal.aborted) view.update(...seen);
      }
    } catch (error) {
      const failure = describeFailure(error);
      // RunNotFound and the like come from the result too, with the better words.
      if (isPayloadFailure(failure) || failure.code === 'VersionMismatch')
        silence.set(`${failure.message} ${failure.hint}`);
      if (failure.code === 'TemporalUnreachable') silence.set(`${failure.message} Waiting for it to come back.`);
    }
    await sleep(LOOK_INTERVAL_MS, stop);
  }
  signal.throwIfAborted();
  // The last state, so that the block left on the screen is not one second old. The run is closed: no worker, no matter.
  const last = silence.active ? undefined : await look(client, workflowId, queryProgress).catch(() => undefined);
  // A terminated run never saw its end: it would still offer what nobody can do any more.
  if (last !== undefined) view.update({ ...last[0], actions: [], commands: [] }, last[1]);
  view.end();
  return await result;
};
