/** Starts the transfer of an event: the one place that knows how. */
import type { Client } from '@temporalio/client';
import { isGrpcServiceError } from '@temporalio/client';
import {
  defineSearchAttributeKey,
  NamespaceNotFoundError,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common';
import { LonghaulError } from '../model/errors';
import { fairnessKeyOf } from '../model/fairness';
import { SEARCH_ATTRIBUTES, TASK_QUEUES, WORKFLOWS } from '../model/names';
import { routeSummary } from '../model/summary';
import {
  addressText,
  type DeadLetterTarget,
  priorityKey,
  type TransferEvent,
  type TransferEventInput,
  transferWorkflowId,
} from '../model/transfer-event';

const JOB = defineSearchAttributeKey(SEARCH_ATTRIBUTES.job, 'KEYWORD');
const PROJECT = defineSearchAttributeKey(SEARCH_ATTRIBUTES.project, 'KEYWORD');
const STAGE = defineSearchAttributeKey(SEARCH_ATTRIBUTES.stage, 'KEYWORD');

export interface StartedTransfer {
  readonly outcome: 'started' | 'duplicate';
  readonly workflowId: string;
  /** Null where Temporal did not say which run of the duplicate it has. */
  readonly runId: string | null;
}

/** Long enough for a slow server, and short of any message's visibility. */
const CALL_TIMEOUT_MS = 10_000;

/** gRPC status codes (grpc.io/docs/guides/status-codes) of requests that no repetition can make right. */
const GRPC_INVALID_ARGUMENT = 3;
const GRPC_PERMISSION_DENIED = 7;
const GRPC_UNAUTHENTICATED = 16;

/**
 * Starts the workflow of the event, unless it runs already or has succeeded before (`duplicate`). A transfer that failed
 * runs again. `isEager`, of a client whose connection its own workers share: where one of them has a place it gets the workflow
 * with the answer. When this resolves the workflow is in Temporal's database: the message may go.
 * Throws EventInvalid where Temporal refuses the event itself, TemporalUnreachable where it does not answer.
 */
export const startTransfer = async (
  client: Client,
  event: TransferEvent,
  deadLetter: DeadLetterTarget | null,
  isEager = false,
): Promise<StartedTransfer> => {
  const workflowId = transferWorkflowId(event.eventId);
  const input: TransferEventInput = { event, ...(deadLetter === null ? {} : { deadLetter }) };
  try {
    const handle = await client.connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
      client.workflow.start<(input: TransferEventInput) => Promise<unknown>>(WORKFLOWS.transferEvent, {
        // Where its bytes move, so that a small object needs no hand-over between queues (docs/decisions/0018).
        taskQueue: TASK_QUEUES.transfer,
        workflowId,
        args: [input],
        // FAIL tells running from new in one call, where USE_EXISTING would answer the same to both.
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        workflowIdConflictPolicy: 'FAIL',
        // Among events of one priority each destination gets its share.
        priority: { priorityKey: priorityKey(event), fairnessKey: fairnessKeyOf(event.destination.bucket) },
        // With the start they cost no event of their own.
        typedSearchAttributes: [
          { key: JOB, value: WORKFLOWS.transferEvent },
          { key: PROJECT, value: event.destination.bucket },
          { key: STAGE, value: 'transferring' },
        ],
        staticSummary: summaryOf(event),
        ...(isEager ? { requestEagerStart: true } : {}),
      }),
    );
    return { outcome: 'started', workflowId, runId: handle.firstExecutionRunId };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return { outcome: 'duplicate', workflowId, runId: null };
    throw startError(error, workflowId);
  }
};

/** The run that made an event a duplicate, or null where Temporal does not say: nobody's answer may fail over it. */
export const runOf = async (client: Client, workflowId: string): Promise<string | null> => {
  try {
    const { runId } = await client.connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
      client.workflow.getHandle(workflowId).describe(),
    );
    return runId;
  } catch {
    return null;
  }
};

const summaryOf = ({ source, destination }: TransferEvent): string =>
  routeSummary(addressText(source), addressText(destination));

const statusOf = (error: unknown): { code: number; details: string } | null => {
  const cause = error instanceof Error && !isGrpcServiceError(error) ? error.cause : error;
  return isGrpcServiceError(cause) ? { code: cause.code, details: cause.details } : null;
};

const startError = (error: unknown, workflowId: string): LonghaulError => {
  const status = statusOf(error);
  const options = { cause: error };
  if (error instanceof NamespaceNotFoundError) {
    return new LonghaulError(
      'NamespaceNotFound',
      `The Temporal namespace "${error.namespace}" does not exist.`,
      {},
      options,
    );
  }
  const said = (status?.details ?? (error instanceof Error ? error.message : String(error))).replace(/\.$/, '');
  // The namespace is at fault, not the event: to bury that would bury all of them.
  if (status?.code === GRPC_INVALID_ARGUMENT && /search attribute/i.test(said)) {
    const fix = 'run `longhaul doctor`, which prints the commands that create them';
    return new LonghaulError(
      'SearchAttributesMissing',
      `Temporal refuses to start ${workflowId}: ${said}; ${fix}.`,
      {},
      options,
    );
  }
  if (status?.code === GRPC_INVALID_ARGUMENT) {
    return new LonghaulError('EventInvalid', `Temporal refuses to start ${workflowId}: ${said}.`, {}, options);
  }
  const isRefused = status?.code === GRPC_PERMISSION_DENIED || status?.code === GRPC_UNAUTHENTICATED;
  const text = isRefused ? 'refuses access' : 'does not answer';
  return new LonghaulError('TemporalUnreachable', `The Temporal server ${text}: ${said}.`, {}, options);
};
