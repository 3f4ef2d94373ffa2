/** Which uploads a record's workflow has begun, as long as Temporal keeps its history. */
import { isGrpcServiceError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow';

const GRPC_NOT_FOUND = 5;
const isNotFound = ({ code }: { readonly code: number }): boolean => code === GRPC_NOT_FOUND;

/**
 * Whether the record has told of this upload: the answer of an activity, or its last heartbeat, names the id. Null where there is
 * no such history (any more).
 */
export async function recordNames(
  temporal: Client,
  run: string,
  record: number,
  uploadId: string,
): Promise<boolean | null> {
  try {
    const { events = [] } = await temporal.workflow.getHandle(`${run}/record/${record}`).fetchHistory();
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
