/** Failures in workflow code. A plain Error here would retry the workflow task forever, so everything ends as ApplicationFailure. */
import { ApplicationFailure, isCancellation, TemporalFailure } from '@temporalio/workflow';
import { isErrorCode, type ErrorCode } from '../../model/errors';
import type { CleanupReport } from '../../model/run';

export interface Cause {
  readonly code: string;
  readonly message: string;
}

/** The failure that ends a workflow at once, with a code of the table. */
export const failure = (code: ErrorCode, message: string, ...details: unknown[]): ApplicationFailure =>
  withoutStack(ApplicationFailure.create({ message, type: code, nonRetryable: true, details }));

/** The failure that passes a cause on under its own code, so that what an operator reads is the first thing that failed. */
export const failed = (cause: Cause, ...details: unknown[]): ApplicationFailure =>
  withoutStack(ApplicationFailure.create({ message: cause.message, type: cause.code, nonRetryable: true, details }));

/** Of an error that is thrown on purpose a stack tells nobody anything, and stands in the Web UI below the sentence that does. */
const withoutStack = (error: ApplicationFailure): ApplicationFailure =>
  error.type === 'Internal' ? error : Object.assign(error, { stack: '' });

/** The innermost ApplicationFailure below child and activity failures: what an operator wants to read. */
export function firstCause(error: unknown): Cause {
  let found: Cause | undefined;
  let current: unknown = error;
  while (current instanceof Error) {
    if (current instanceof ApplicationFailure) {
      const code = current.type ?? 'Internal';
      if (found === undefined || isErrorCode(code)) found = { code, message: current.message };
    }
    current = current instanceof TemporalFailure ? current.cause : undefined;
  }
  if (found !== undefined) return found;
  if (isCancellation(error)) return { code: 'Cancelled', message: 'The run was cancelled' };
  return { code: 'Internal', message: error instanceof Error ? error.message : String(error) };
}

export const emptyCleanup = (): CleanupReport => ({
  abortedUploads: 0,
  deletedObjects: 0,
  problems: [],
  moreProblems: 0,
});

/** True where there is something to say. */
export const hasCleanup = ({ abortedUploads, deletedObjects, problems }: CleanupReport): boolean =>
  abortedUploads > 0 || deletedObjects > 0 || problems.length > 0;

/** For a cleanup that itself failed: said in the report, because what is left behind has to be found by somebody. */
export const notUndone = (what: string, error: unknown): CleanupReport => ({
  ...emptyCleanup(),
  problems: [`${what}: ${firstCause(error).message}`],
});

const MAX_PROBLEMS = 50;

/** Adds `more` into `into`, keeping the list of problems short: it travels in payloads. */
export function addCleanup(into: CleanupReport, more: CleanupReport): void {
  into.abortedUploads += more.abortedUploads;
  into.deletedObjects += more.deletedObjects;
  const room = MAX_PROBLEMS - into.problems.length;
  into.problems.push(...more.problems.slice(0, room));
  into.moreProblems += more.moreProblems + Math.max(0, more.problems.length - room);
}
