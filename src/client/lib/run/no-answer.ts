/** Why nobody answers for a run: there is no worker (of its version), or those that there are give its workflow task back. */
import type { Client } from '@temporalio/client';
import { decodeOptionalFailureToOptionalError } from '@temporalio/common/lib/internal-non-workflow';
import { PAYLOAD_ERRORS } from '../../../model/error-table/payload';
import { ERRORS, LonghaulError } from '../../../model/errors';
import { CALL_TIMEOUT_MS, withinMs } from '../connection';
import { describeFailure, type Failure } from '../print/failure';
import { noWorker, notReplayable } from './find';

/** A task that fails again and again is in the history once, followed by what has come in since. */
const EVENTS_LOOKED_AT = 20;

/** temporal.api.enums.v1.WorkflowTaskFailedCause: the code does not replay what is in the history. */
const NON_DETERMINISTIC_ERROR = 24;

interface TaskFailure {
  readonly failure: Failure;
  readonly isMismatch: boolean;
}

/** What the run's last workflow task failed with; undefined where it did not fail. */
const lastTaskFailure = async (client: Client, workflowId: string): Promise<TaskFailure | undefined> => {
  const { history } = await withinMs(client, CALL_TIMEOUT_MS, () =>
    client.workflowService.getWorkflowExecutionHistoryReverse({
      namespace: client.options.namespace,
      execution: { workflowId },
      maximumPageSize: EVENTS_LOOKED_AT,
    }),
  );
  const last = history?.events?.find(
    (event) => event.workflowTaskFailedEventAttributes != null || event.workflowTaskCompletedEventAttributes != null,
  );
  const { failure, cause } = last?.workflowTaskFailedEventAttributes ?? {};
  const error = await decodeOptionalFailureToOptionalError(client.options.loadedDataConverter, failure);
  if (error === undefined) return undefined;
  const causeCode: number | null | undefined = cause;
  return { failure: describeFailure(error), isMismatch: causeCode === NON_DETERMINISTIC_ERROR };
};

/** The worker version that the run is pinned to, as a sentence; empty where its workers have none. */
const versionText = async (client: Client, workflowId: string): Promise<string> => {
  const { raw } = await withinMs(client, CALL_TIMEOUT_MS, () => client.workflow.getHandle(workflowId).describe());
  const { versioningOverride, deploymentVersion } = raw.workflowExecutionInfo?.versioningInfo ?? {};
  const version = versioningOverride?.pinned?.version ?? deploymentVersion;
  if (version == null) return '';
  return ` It belongs to the build "${version.buildId}" of the deployment "${version.deploymentName}".`;
};

export const isPayloadFailure = ({ code }: Failure): boolean => Object.hasOwn(PAYLOAD_ERRORS, code);

/**
 * The error to show where a running run does not answer: WorkerMissing, or what keeps workers from reading the run. Throws what
 * keeps this command from reading it.
 */
export const noAnswer = async (client: Client, workflowId: string, more = ''): Promise<LonghaulError> => {
  const last = await lastTaskFailure(client, workflowId);
  const version = await versionText(client, workflowId);
  if (last === undefined) return noWorker(workflowId, `${version}${more}`);
  const { failure, isMismatch } = last;
  if (isMismatch) return notReplayable(workflowId, `${version}${more}`);
  // The worker has put the hint behind its message; here it gets a line of its own.
  const message = failure.message.replace(ERRORS[failure.code].hint, '').trim();
  if (isPayloadFailure(failure)) {
    return new LonghaulError(failure.code, `A worker cannot read the run "${workflowId}": ${message}${more}`);
  }
  return noWorker(workflowId, ` A worker has given its task back: ${message}${more}`);
};
