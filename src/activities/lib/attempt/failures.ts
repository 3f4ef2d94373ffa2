/** From the engine's errors to Temporal's: the one place where an activity's failure gets its type and its retry. */
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { isErrorCode, LonghaulError, type ErrorCode } from '../../../model/errors';
import type { RequestCounts } from '../../../model/records';

export interface FailureDetails {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly context: object;
  /** To S3, of all attempts so far: the workflow sums them. */
  readonly requests?: RequestCounts;
}

/** `retryable` overrides the table: for work that only goes forward (always), and for a record that is given up (never). */
export function toFailure(error: unknown, retryable?: boolean, requests?: RequestCounts): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  const known =
    error instanceof LonghaulError
      ? error
      : new LonghaulError(
          'Internal',
          error instanceof Error ? `${error.name}: ${error.message}` : String(error),
          {},
          { cause: error },
        );
  const details: FailureDetails = {
    code: known.code,
    hint: known.hint,
    context: known.context,
    ...(requests === undefined ? {} : { requests }),
  };
  const failure = ApplicationFailure.create({
    message: known.message,
    type: known.code,
    nonRetryable: !(retryable ?? known.retryable),
    details: [details],
    ...(known.context.retryAfterMs === undefined ? {} : { nextRetryDelay: known.context.retryAfterMs }),
  });
  if (error instanceof Error && error.stack !== undefined) failure.stack = error.stack;
  return failure;
}

/** A retry that is no trouble: not counted as a failure in metrics, and soon. */
export const handOver = (code: ErrorCode, message: string, nextRetryDelayMs: number): ApplicationFailure =>
  ApplicationFailure.create({
    message,
    type: code,
    nonRetryable: false,
    category: ApplicationFailureCategory.BENIGN,
    nextRetryDelay: nextRetryDelayMs,
  });

/** The first sentence of anything thrown, with its code where it has one. */
export function describe(error: unknown): { code: ErrorCode; message: string } {
  if (error instanceof LonghaulError) return { code: error.code, message: error.message };
  if (error instanceof ApplicationFailure && isErrorCode(error.type))
    return { code: error.type, message: error.message };
  return { code: 'Internal', message: error instanceof Error ? error.message : String(error) };
}
