/**
 * Temporal's side of every long activity, in one place: checkpoint in, heartbeats out, and what an aborted activity
 * throws. Libraries throw different things when they are aborted (AbortError, a plain ECONNRESET); unwrapped, that
 * turns a cancel into a failure, or after a pause hangs until the heartbeat timeout.
 */
import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { LonghaulError } from '../../../model/errors';
import { addRequests, type RequestCounts } from '../../../model/records';
import { countRequests, watchRetries } from '../../../transfer';
import type { TransferControl } from '../../../transfer/types';
import { readBeat, type Beat } from './beat';
import { earlierRequests } from './counted';
import { describe, handOver, toFailure } from './failures';

/**
 * The worker's heartbeat throttle is 1 s too; beating less often would make cancel and staleness slower. What is done within
 * that second sends none, which saves an Action for each small file: a worker that is killed then leaves an upload that is
 * found under its key, as one whose Create was answered to nobody.
 */
const BEAT_MS = 1_000;
/** A worker that stops hands its work over at once; the other one needs a moment to be free of it. */
const SHUTDOWN_RETRY_MS = 1_000;
const RESET_RETRY_MS = 100;
/** The longest that Temporal waits before another attempt, where nobody asked for more (lib/activity-options of the workflows). */
const MAX_BACKOFF_MS = 30_000;

/** A heartbeat is kept by the server for each activity: the fault matters in it, not the whole of its text. */
const MAX_TROUBLE_LENGTH = 300;

export interface ResumableOptions {
  /** Retryable failures without progress for longer than this end the activity for good; absent: never. */
  readonly retryForMs?: number;
  /** Publishing and taking back: every failure is tried again, because stopping halfway is worse than waiting. */
  readonly forwardOnly?: boolean;
  /** What the workflow must know of work that was cancelled: stands in the failure's details. */
  readonly cancelDetails?: () => object;
}

/**
 * Runs `work` under heartbeats. `control.checkpoint` is the last one of an earlier attempt, a hint; an unknown shape
 * counts as none. Throws an ApplicationFailure with a code of the table, or the reason of a cancel.
 */
export async function resumable<T>(
  options: ResumableOptions,
  work: (control: TransferControl) => Promise<T>,
): Promise<T> {
  const context = Context.current();
  const { info } = context;
  const signal = context.cancellationSignal;
  const earlier = readBeat(info.heartbeatDetails);
  const before = earlierRequests();
  let requestsSoFar = (): RequestCounts | undefined => before;
  let beat: Beat = begun(earlier, info.attempt, info.scheduledTimestampMs);
  // Of each retry under way that is failing its last fault, the latest at the end.
  const troubles = new Set<NonNullable<Beat['trouble']>>();
  // Always the whole beat: a bare heartbeat() would erase the checkpoint.
  const sendBeat = (): void => {
    // A local activity has none: it is short, and its workflow task is what is lost with its worker.
    if (info.isLocal) return;
    const requests = requestsSoFar();
    const trouble = [...troubles].at(-1);
    context.heartbeat({
      ...beat,
      ...(requests === undefined ? {} : { requests }),
      ...(trouble === undefined ? {} : { trouble }),
    });
  };
  const timer = setInterval(sendBeat, BEAT_MS);
  timer.unref();
  const control: TransferControl = {
    signal,
    onProgress: (checkpoint) => {
      const grown = checkpoint.bytes > (beat.checkpoint?.bytes ?? 0);
      beat = { ...beat, checkpoint, ...(grown ? { progressAtMs: Date.now(), failures: 0 } : {}) };
      if (grown) troubles.clear();
    },
    ...(earlier?.checkpoint ? { checkpoint: earlier.checkpoint } : {}),
    ...(info.attempt > 1 ? { repeatedSince: new Date(info.scheduledTimestampMs) } : {}),
  };
  try {
    const { result } = await countRequests((counter) => {
      requestsSoFar = () => addRequests(before, counter.counts);
      return watchRetries(
        ({ code, message }) => {
          const trouble = { code, message: message.slice(0, MAX_TROUBLE_LENGTH) };
          troubles.add(trouble);
          return () => void troubles.delete(trouble);
        },
        () => work(control),
      );
    });
    return result;
  } catch (error) {
    if (signal.aborted) {
      // The next attempt, or the workflow, counts on from here.
      beat = { ...beat, idleFromMs: Date.now() };
      sendBeat();
      throw aborted(context, signal.reason, { ...withRequests(requestsSoFar()), ...options.cancelDetails?.() });
    }
    const waitMs = error instanceof LonghaulError ? (error.context.retryAfterMs ?? MAX_BACKOFF_MS) : MAX_BACKOFF_MS;
    beat = { ...beat, failures: beat.failures + 1, idleFromMs: Date.now() + waitMs };
    sendBeat();
    const failure = toFailure(error, options.forwardOnly === true ? true : undefined, requestsSoFar());
    logFailure(context, error, failure);
    if (options.retryForMs !== undefined && Date.now() - beat.progressAtMs > options.retryForMs)
      throw givenUp(failure, options.retryForMs);
    throw failure;
  } finally {
    clearInterval(timer);
  }
}

/**
 * What an attempt goes on from. Time in which nobody was to work at it (a pause, no worker) is no time without progress, and an
 * operator's reset begins with a full one: else the first fault after either would be the last.
 */
function begun(earlier: Beat | undefined, attempt: number, scheduledAtMs: number): Beat {
  if (earlier === undefined) return { v: 1, checkpoint: null, progressAtMs: scheduledAtMs, failures: 0 };
  const { idleFromMs, ...beat } = earlier;
  const nowMs = Date.now();
  // Only a reset gives a first attempt the heartbeat of one before it.
  if (attempt === 1) return { ...beat, progressAtMs: nowMs, failures: 0 };
  const idleMs = Math.max(0, nowMs - (idleFromMs ?? nowMs));
  return { ...beat, progressAtMs: beat.progressAtMs + idleMs };
}

const withRequests = (requests: RequestCounts | undefined): object => (requests === undefined ? {} : { requests });

/** What leaves an activity that was told to stop, by why it was told (facts measured on server 1.31). */
function aborted(context: Context, reason: unknown, told: object): Error {
  const details = context.cancellationDetails;
  if (details?.cancelRequested !== true && details?.reset === true)
    return handOver('WorkerShutdown', 'The activity was reset', RESET_RETRY_MS);
  if (reason instanceof CancelledFailure && reason.message === 'WORKER_SHUTDOWN') {
    return handOver('WorkerShutdown', 'The worker is stopping; another one goes on', SHUTDOWN_RETRY_MS);
  }
  const message = reason instanceof Error ? reason.message : String(reason);
  return new CancelledFailure(message, Object.keys(told).length === 0 ? [] : [told]);
}

function givenUp(failure: ApplicationFailure, retryForMs: number): ApplicationFailure {
  if (failure.nonRetryable === true) return failure;
  return ApplicationFailure.create({
    message: `${failure.message} (given up after ${Math.round(retryForMs / 1000)} s without progress)`,
    type: failure.type ?? 'Internal',
    nonRetryable: true,
    details: failure.details ?? [],
  });
}

function logFailure(context: Context, error: unknown, failure: ApplicationFailure): void {
  const { code, message } = describe(error);
  const fields = error instanceof LonghaulError ? error.context : {};
  const stack = error instanceof Error ? error.stack : undefined;
  context.log.warn('activity_error', {
    code,
    error: message,
    retryable: failure.nonRetryable !== true,
    stack,
    ...fields,
  });
}
