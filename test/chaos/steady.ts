/** What the harness itself does while its servers are being killed: again, until it works. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ApplicationFailure,
  CancelledFailure,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import { TASK_QUEUES } from '../../src/model/names';
import type { FailureDetails } from '../support/run-outcome';

const AGAIN_MS = 250;
/** Longer than any outage: what does not work by then is no outage. */
const GIVE_UP_MS = 120_000;

/** Does it until it succeeds; throws the last error after two minutes. */
export async function steadily<T>(work: () => Promise<T>): Promise<T> {
  const deadlineMs = performance.now() + GIVE_UP_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
      await sleep(AGAIN_MS);
    }
  }
}

/** Starts a workflow once, however often it has to be asked for. */
export function startSteadily(
  client: Client,
  type: string,
  workflowId: string,
  input: object,
): Promise<WorkflowHandle> {
  return steadily(async () => {
    try {
      return await client.workflow.start(type, { taskQueue: TASK_QUEUES.workflows, workflowId, args: [input] });
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return client.workflow.getHandle(workflowId);
      throw error;
    }
  });
}

export type Ending<R> =
  | { readonly kind: 'succeeded'; readonly result: R }
  /** Code of the error table; `Cancelled`. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string; readonly details: FailureDetails };

/** How a run has ended. Waits as long as it takes; `isGivenUp` ends that with the code `StillRunning`. */
export async function endingOf<R>(handle: WorkflowHandle, isGivenUp: () => boolean): Promise<Ending<R>> {
  for (;;) {
    const status = await handle.describe().then(
      (description) => description.status.name,
      () => 'UNKNOWN' as const,
    );
    if (status !== 'RUNNING' && status !== 'UNKNOWN') break;
    if (isGivenUp()) return { kind: 'failed', code: 'StillRunning', message: handle.workflowId, details: {} };
    await sleep(AGAIN_MS);
  }
  return steadily(async (): Promise<Ending<R>> => {
    try {
      return { kind: 'succeeded', result: (await handle.result()) as R };
    } catch (error) {
      if (!(error instanceof WorkflowFailedError)) throw error;
      const { cause } = error;
      if (cause instanceof CancelledFailure) {
        return { kind: 'failed', code: 'Cancelled', message: cause.message, details: {} };
      }
      const isOurs = cause instanceof ApplicationFailure;
      return {
        kind: 'failed',
        code: (isOurs ? cause.type : undefined) ?? 'Unknown',
        message: cause?.message ?? error.message,
        details: (isOurs ? (cause.details?.[0] as FailureDetails | undefined) : undefined) ?? {},
      };
    }
  });
}
