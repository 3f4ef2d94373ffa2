/** How a run stands and how it has ended, as a test reads it. */
import {
  ApplicationFailure,
  CancelledFailure,
  WorkflowFailedError,
  type WorkflowHandleWithStartDetails,
} from '@temporalio/client';
import type { CleanupReport, JobProgress } from '../../src/model/run';
import type { exportToS3 } from '../../src/workflows';
import { until } from './until';

export type RunHandle = WorkflowHandleWithStartDetails<typeof exportToS3>;

/** The details that a failed run carries. */
export interface FailureDetails {
  readonly run?: string;
  readonly report?: string;
  readonly cleanup?: CleanupReport;
}

export interface RunFailure {
  /** A code of the error table; `Cancelled` where the run was cancelled. */
  readonly code: string;
  readonly message: string;
  readonly details: FailureDetails;
}

/** Waits for the run's end and answers why it failed; throws where it succeeded. */
export async function failureOf(handle: { result(): Promise<unknown> }): Promise<RunFailure> {
  const error: unknown = await handle.result().then(
    (result) => new Error(`The run succeeded: ${JSON.stringify(result)}`),
    (failure: unknown) => failure,
  );
  if (!(error instanceof WorkflowFailedError)) throw error;
  const { cause } = error;
  if (cause instanceof CancelledFailure) return { code: 'Cancelled', message: cause.message, details: {} };
  if (!(cause instanceof ApplicationFailure)) throw error;
  return { code: cause.type ?? '', message: cause.message, details: cause.details?.[0] ?? {} };
}

export const progressOf = (handle: Pick<RunHandle, 'query'>): Promise<JobProgress> =>
  handle.query<JobProgress>('progress');

/** Waits until the run's progress fits, and answers it. */
export async function untilProgress(
  handle: Pick<RunHandle, 'query'>,
  what: string,
  fits: (progress: JobProgress) => boolean,
  timeoutMs = 30_000,
): Promise<JobProgress> {
  let last: JobProgress | undefined;
  const probe = async (): Promise<JobProgress | null> => {
    last = await progressOf(handle);
    return fits(last) ? last : null;
  };
  return until(probe, { timeoutMs, what }).catch((error: unknown) => {
    throw new Error(`${String(error)} Last progress: ${JSON.stringify(last)}`, { cause: error });
  });
}
