/**
 * `transferEvent`: one object is moved from one bucket to another because an event asks for it, once and verified. A small
 * object is one activity, a large one two. What fails for good is put into the dead-letter queue, where one is given.
 * Takes the bare event too, so that `temporal workflow start --input '{…event…}'` works.
 */
import { CancellationScope, isCancellation, workflowInfo } from '@temporalio/workflow';
import { ActivityFailure, ApplicationFailure, CancelledFailure, TimeoutFailure } from '@temporalio/common';
import type { EventActivities, EventFailure, OfEvent, TriedEvent } from '../activities/event-types';
import type { CleanupReport } from '../model/run';
import {
  replayCommand,
  startsAgain,
  type DeadLetterTarget,
  type DlqEnvelope,
  type TransferEvent,
  type TransferEventInput,
  type TransferEventResult,
} from '../model/transfer-event';
import { eventActivities, smallEventActivities } from './lib/activity-options';
import { eventIdOf, maxRetriesOf, routeText, takenInput, wantedPriority } from './lib/event/input';
import { EventProgress } from './lib/event/progress';
import { failed, firstCause, hasCleanup, notUndone, type Cause } from './lib/failures';

export async function transferEvent(input: TransferEvent | TransferEventInput): Promise<TransferEventResult> {
  const { event, deadLetter } = takenInput(input);
  const run = new EventRun(event);
  try {
    return await run.move();
  } catch (error) {
    // Whatever is cancelled meanwhile: a transfer that ends has taken its own back, and its event is where it can be found.
    return await CancellationScope.nonCancellable(() => run.end(error, deadLetter));
  }
}

class EventRun {
  private readonly progress: EventProgress;

  constructor(private readonly event: TransferEvent) {
    this.progress = new EventProgress(event);
  }

  async move(): Promise<TransferEventResult> {
    const { event, progress } = this;
    for (let starts = 1, retries = 0; ; starts += 1) {
      try {
        const result = await this.moveOnce({ event, startedAtMs: startedAtMs(), retries, starts });
        progress.done(result);
        return result;
      } catch (error) {
        if (!startsAgain(firstCause(error).code, starts, maxRetriesOf(event))) throw error;
        const { attempts } = await this.takeBack(error);
        retries = attempts;
        progress.tookBack();
      }
    }
  }

  private async moveOnce(args: OfEvent): Promise<TransferEventResult> {
    const summary = `Move ${routeText(this.event)}`;
    const tried = await this.trySmall(args, summary);
    if (tried.kind === 'moved') return tried.result;
    const handedOver = tried.kind === 'handedOver' ? { handedOver: tried.handedOver } : {};
    const opened = await this.activities('move', summary).moveObject({ ...args, ...handedOver });
    if (opened.kind === 'moved') return opened.result;
    const { begun } = opened;
    // From here on history names the upload: it can be taken back whatever becomes of the worker.
    this.progress.begun(begun.upload);
    const parts = this.activities('move', `Move the parts of ${routeText(this.event)}`);
    return parts.moveObjectParts({ ...args, retries: begun.retries, begun });
  }

  /** Within this workflow task. A worker that moves no bytes leaves it to an activity, and so does what was tried before. */
  private async trySmall(args: OfEvent, summary: string): Promise<TriedEvent> {
    if (args.starts > 1) return { kind: 'notTried' };
    try {
      const isRepeated = workflowInfo().historyLength > EVENTS_BEFORE_FIRST_TASK;
      return await smallEventActivities(summary).moveSmallObject({ ...args, isRepeated });
    } catch (error) {
      if (!isUnfinished(error)) throw error;
      return { kind: 'handedOver', handedOver: { retries: 0, waitMs: 0, isDoubtful: true } };
    }
  }

  /** Never resolves: throws `error` where that is a cancel, else the failure that ends the workflow. */
  async end(error: unknown, deadLetter: DeadLetterTarget | undefined): Promise<never> {
    const cause = firstCause(error);
    const { attempts, cleanup } = await this.takeBack(error);
    if (deadLetter !== undefined && !isCancellation(error)) await this.putAside(cause, attempts, deadLetter);
    this.progress.failed(cause, cleanup);
    if (isCancellation(error)) throw error;
    throw failed(cause, { attempts, ...(cleanup !== null && hasCleanup(cleanup) ? { cleanup } : {}) });
  }

  /** What cannot be undone is told, never thrown: the transfer's own error is the one that an operator must see. */
  private async takeBack(error: unknown): Promise<{ attempts: number; cleanup: CleanupReport | null }> {
    const { attempts, touched, uploadId = this.progress.uploadId } = detailsOf(error);
    if (!touched && uploadId === null) return { attempts, cleanup: null };
    const { event, progress } = this;
    progress.takingBack();
    const args = { event, startedAtMs: startedAtMs(), retries: 0, starts: 1, uploadId };
    const cleanup = await this.activities('takeBack', `Take back what was written to ${routeText(event)}`)
      .takeBackObject(args)
      .catch((undoError: unknown) => notUndone(uploadId ?? 'the object', undoError));
    return { attempts, cleanup };
  }

  private async putAside(cause: Cause, attempts: number, target: DeadLetterTarget): Promise<void> {
    const { event, progress } = this;
    const { workflowId, runId } = workflowInfo();
    progress.puttingAside(cause);
    const envelope: DlqEnvelope = {
      schemaVersion: '1.0.0',
      ...(cause.code === 'EventInvalid' ? { body: JSON.stringify(event) } : { event }),
      error: cause,
      attempts,
      workflowId,
      runId,
      failedAt: new Date().toISOString(),
      replay: replayCommand(eventIdOf(event)),
    };
    await this.activities('deadLetter', 'Put the event into the dead-letter queue').deadLetter({ envelope, target });
  }

  private activities(group: 'move' | 'takeBack' | 'deadLetter', summary: string): EventActivities {
    const wanted = wantedPriority(this.event);
    return eventActivities(group, summary, wanted === workflowInfo().priority?.priorityKey ? undefined : wanted);
  }
}

/** Started, task scheduled, task started. More where the first task was lost with its worker, and with it what a try has done. */
const EVENTS_BEFORE_FIRST_TASK = 3;

/** The worker stopped or stood still: nobody can say how far the try has come. */
const isUnfinished = (error: unknown): boolean =>
  error instanceof ActivityFailure &&
  (error.cause instanceof TimeoutFailure || firstCause(error).code === 'WorkerShutdown');

const startedAtMs = (): number => workflowInfo().startTime.getTime();

/** As the activity tells it; one that could not tell anything may have done anything. */
function detailsOf(error: unknown): EventFailure {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const details: unknown =
    cause instanceof ApplicationFailure || cause instanceof CancelledFailure ? cause.details?.[0] : undefined;
  return isEventFailure(details) ? details : { attempts: 1, touched: true };
}

const isEventFailure = (value: unknown): value is EventFailure =>
  typeof value === 'object' && value !== null && 'attempts' in value && 'touched' in value;
