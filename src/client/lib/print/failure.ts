/** Any error → code, message, hint and exit code of the table, as people and programs see it. */
import {
  ApplicationFailure,
  CancelledFailure,
  NamespaceNotFoundError,
  TerminatedFailure,
  TimeoutFailure,
  WorkflowNotFoundError,
} from '@temporalio/common';
import { isNativeError } from 'node:util/types';
import { ERRORS, type ErrorCode, EXIT_CODES, isErrorCode, LonghaulError } from '../../../model/errors';
import type { CleanupReport } from '../../../model/run';
import { plural } from './format';
import type { Io } from './io';

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly exitCode: number;
  /** What the run's cleanup did, where the failure says so. */
  readonly cleanup?: CleanupReport;
  /** Only for Internal: somebody has to find the place. */
  readonly stack?: string;
}

/** gRPC status codes (grpc.io/docs/guides/status-codes) that say that the server, not the request, is the trouble. */
const GRPC_DEADLINE_EXCEEDED = 4;
const GRPC_NOT_FOUND = 5;
const GRPC_PERMISSION_DENIED = 7;
const GRPC_UNAVAILABLE = 14;
const GRPC_UNAUTHENTICATED = 16;

const REJECTION_HINT = 'The run goes on as it was. See what can be done now with: longhaul status <run>';

/** Deep chains are cut: a cause that points at itself must not hang the command. */
const MAX_CAUSES = 50;

/** Last fence: a message from outside may quote a signed URL, and terminals and CI logs are kept. */
const withoutQueries = (text: string): string => text.replace(/(https?:\/\/[^\s?#"'<>]*)[?#][^\s"'<>]*/gi, '$1');

const failureOf = (code: ErrorCode, message: string, hint: string = ERRORS[code].hint): Failure => ({
  code,
  message: withoutQueries(message),
  hint,
  exitCode: EXIT_CODES[ERRORS[code].kind],
});

/** The error and its causes, outermost first. */
const chainOf = (error: unknown): Error[] => {
  const chain: Error[] = [];
  // isNativeError and not instanceof: an error may come from another realm (a vm context, as in the tests).
  for (let at: unknown = error; isNativeError(at) && chain.length < MAX_CAUSES; at = at.cause) chain.push(at);
  return chain;
};

const isCleanupReport = (value: unknown): value is CleanupReport =>
  typeof value === 'object' && value !== null && 'abortedUploads' in value && 'deletedObjects' in value;

/** The cleanup report stands in the details of the run's own failure: as one of them, or under the key `cleanup`. */
const cleanupOf = (chain: readonly Error[]): CleanupReport | undefined => {
  for (const error of chain) {
    if (!(error instanceof ApplicationFailure)) continue;
    for (const detail of error.details ?? []) {
      if (isCleanupReport(detail)) return detail;
      const nested = typeof detail === 'object' && detail !== null && 'cleanup' in detail ? detail.cleanup : undefined;
      if (isCleanupReport(nested)) return nested;
    }
  }
  return undefined;
};

const grpcCodeOf = (error: Error): number | undefined =>
  'code' in error && typeof error.code === 'number' && 'details' in error ? error.code : undefined;

const fromGrpc = (chain: readonly Error[]): Failure | undefined => {
  const error = chain.find((link) => grpcCodeOf(link) !== undefined);
  if (error === undefined) return undefined;
  const code = grpcCodeOf(error);
  // Of a message with several lines (one for each address tried) the first names the fault.
  const [text = ''] = error.message.split('\n', 1);
  if (code === GRPC_DEADLINE_EXCEEDED) {
    return failureOf('TemporalUnreachable', 'The Temporal server does not answer in time.');
  }
  if (code === GRPC_UNAVAILABLE) {
    const said = text.replace(/^14 UNAVAILABLE: /, '').replace(/\.$/, '');
    return failureOf('TemporalUnreachable', `The Temporal server does not answer: ${said}.`);
  }
  // What is listed or described by calls of its own comes without the SDK's error for it.
  const namespace = code === GRPC_NOT_FOUND ? /Namespace (\S+) is not found/.exec(text)?.[1] : undefined;
  if (namespace !== undefined) {
    return failureOf('NamespaceNotFound', `The Temporal namespace "${namespace}" does not exist.`);
  }
  if (code === GRPC_UNAUTHENTICATED || code === GRPC_PERMISSION_DENIED) {
    const hint = 'Check TEMPORAL_API_KEY, the TLS settings and the namespace of the profile.';
    return failureOf('TemporalUnreachable', `The Temporal server refuses access: ${text}`, hint);
  }
  return failureOf('Internal', `The Temporal server refuses the request: ${text}`);
};

/** Failures that Temporal makes by itself, without one of ours inside. */
const fromTemporal = (chain: readonly Error[]): Failure | undefined => {
  for (const error of chain) {
    if (error instanceof CancelledFailure) return failureOf('Cancelled', 'The run was cancelled.');
    if (error instanceof TerminatedFailure) {
      const hint = 'A terminated run removes only what its records still can; longhaul janitor finds what is left.';
      return failureOf('RunAborted', 'The run was terminated in Temporal.', hint);
    }
    if (error instanceof TimeoutFailure) return failureOf('Internal', `The run timed out: ${error.message}`);
    if (error instanceof NamespaceNotFoundError) {
      return failureOf('NamespaceNotFound', `The Temporal namespace "${error.namespace}" does not exist.`);
    }
    if (error instanceof WorkflowNotFoundError) {
      return failureOf('RunNotFound', `There is no run "${error.workflowId}".`);
    }
  }
  return undefined;
};

/**
 * Describes any error by the table. Of Temporal's chain of causes the innermost with a code of the table wins: it is the
 * first cause, and what lies around it only says through which workflow it passed. Never throws.
 */
export const describeFailure = (error: unknown): Failure => {
  const chain = chainOf(error);
  const cleanup = cleanupOf(chain);
  const withCleanup = (failure: Failure): Failure => (cleanup === undefined ? failure : { ...failure, cleanup });

  // What a run refuses leaves it as it was: "start the run again" would be the wrong advice.
  const isRejection = chain[0]?.name === 'WorkflowUpdateFailedError';

  // Ours wrap each other on purpose: the outermost says it best. Those that come through Temporal are the other way round.
  const ours = chain.find((link) => link instanceof LonghaulError);
  if (ours !== undefined) return withCleanup(failureOf(ours.code, ours.message, ours.hint));
  for (const link of [...chain].reverse()) {
    if (link instanceof ApplicationFailure && isErrorCode(link.type)) {
      return withCleanup(failureOf(link.type, link.message, isRejection ? REJECTION_HINT : undefined));
    }
  }
  const known = fromTemporal(chain) ?? fromGrpc(chain);
  if (known !== undefined) return withCleanup(known);

  const innermost = chain.at(-1);
  const failure = failureOf('Internal', innermost?.message ?? String(error));
  const stack = innermost?.stack;
  return withCleanup(stack === undefined ? failure : { ...failure, stack: withoutQueries(stack) });
};

const cleanupText = (cleanup: CleanupReport): string[] => {
  const problems = cleanup.problems.length + cleanup.moreProblems;
  return [
    `cleanup: ${plural(cleanup.abortedUploads, 'upload')} aborted, ${plural(cleanup.deletedObjects, 'object')} deleted` +
      (problems === 0 ? '' : `, ${plural(problems, 'problem')}`),
    ...cleanup.problems.map((problem) => `  not undone: ${withoutQueries(problem)}`),
    ...(cleanup.moreProblems > 0 ? [`  and ${cleanup.moreProblems} more; the report lists them`] : []),
  ];
};

export const failureText = (failure: Failure): string =>
  [
    `error: ${failure.message} [${failure.code}]`,
    ...(failure.cleanup === undefined ? [] : cleanupText(failure.cleanup)),
    `hint: ${failure.hint}`,
    ...(failure.stack === undefined ? [] : [failure.stack]),
  ].join('\n');

/** Prints on stderr, as text or as one line `{"error": …}`, and answers the exit code. */
export const printFailure = (io: Io, json: boolean, failure: Failure): number => {
  io.stderr.write(`${json ? JSON.stringify({ error: failure }) : failureText(failure)}\n`);
  return failure.exitCode;
};
