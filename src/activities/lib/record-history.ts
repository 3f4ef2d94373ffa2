/** Which uploads a record has begun, as long as Temporal keeps its history. */
import { isGrpcServiceError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow';
import type { NumberedRecord } from './run-folders';

const GRPC_NOT_FOUND = 5;
const isNotFound = ({ code }: { readonly code: number }): boolean => code === GRPC_NOT_FOUND;

/**
 * Whether the record has told of this upload: the answer of an activity of its batch or of its own workflow, or the last heartbeat
 * of one, names the id. Null where there is no such history (any more).
 */
export async function recordNames(
  temporal: Client,
  run: string,
  { n, page }: NumberedRecord,
  uploadId: string,
): Promise<boolean | null> {
  let isKnown = false;
  for (const workflowId of [`${run}/record/${n}`, `${run}/batch/${page}`]) {
    const names = await historyNames(temporal, workflowId, uploadId);
    if (names === true) return true;
    isKnown ||= names === false;
  }
  return isKnown ? false : null;
}

async function historyNames(temporal: Client, workflowId: string, uploadId: string): Promise<boolean | null> {
  try {
    const { events } = await temporal.workflow.getHandle(workflowId).fetchHistory();
    for (const event of events ?? []) {
      const lastFailure = event.activityTaskStartedEventAttributes?.lastFailure;
      const payloads = [
        ...(event.activityTaskCompletedEventAttributes?.result?.payloads ?? []),
        ...(lastFailure?.timeoutFailureInfo?.lastHeartbeatDetails?.payloads ?? []),
        ...(event.activityTaskTimedOutEventAttributes?.failure?.timeoutFailureInfo?.lastHeartbeatDetails?.payloads ??
          []),
      ];
      const values = await decodeArrayFromPayloads(temporal.options.loadedDataConverter, payloads);
      // Inside of whatever shape that version gave its answers.
      if (JSON.stringify(values).includes(JSON.stringify(uploadId))) return true;
    }
    return false;
  } catch (error) {
    // This call of the SDK does not translate what the server answers.
    if (error instanceof WorkflowNotFoundError || (isGrpcServiceError(error) && isNotFound(error))) return null;
    throw error;
  }
}
