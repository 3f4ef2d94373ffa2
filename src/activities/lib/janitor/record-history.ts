/** Which uploads records have begun, as long as Temporal keeps their histories. */
import { isGrpcServiceError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow';
import type { NumberedRecord } from './run-folders';

const GRPC_NOT_FOUND = 5;
const isNotFound = ({ code }: { readonly code: number }): boolean => code === GRPC_NOT_FOUND;

/** Null where there is no such history (any more). */
type Named = ReadonlySet<string> | null;

/**
 * What histories say about the uploads of one page. A history of hundreds of records is read once, however many uploads it is asked
 * for, and of it only the ids of these uploads are kept: so what is kept is never more than the page.
 */
export class RecordHistories {
  readonly #byWorkflow = new Map<string, Promise<Named>>();

  constructor(
    private readonly temporal: Client,
    /** The ids that will be asked for; no other is ever found. */
    private readonly uploadIds: ReadonlySet<string>,
  ) {}

  /**
   * Whether the record has told of this upload: the answer of an activity of its batch or of its own workflow, or the last heartbeat
   * of one, names the id. Null where there is no such history (any more). Throws what Temporal answers.
   */
  async name(run: string, { n, page }: NumberedRecord, uploadId: string): Promise<boolean | null> {
    const ofBatch = await this.#namedBy(`${run}/batch/${page}`);
    if (ofBatch?.has(uploadId) === true) return true;
    // Small records never get a workflow; where the batch does not know the id, the record's own may.
    const ofRecord = await this.#namedBy(`${run}/record/${n}`);
    if (ofRecord?.has(uploadId) === true) return true;
    return ofBatch === null && ofRecord === null ? null : false;
  }

  #namedBy(workflowId: string): Promise<Named> {
    const known = this.#byWorkflow.get(workflowId);
    if (known !== undefined) return known;
    const read = this.#read(workflowId);
    this.#byWorkflow.set(workflowId, read);
    // A server that was away for a moment is asked again.
    read.catch(() => this.#byWorkflow.delete(workflowId));
    return read;
  }

  async #read(workflowId: string): Promise<Named> {
    try {
      const { events } = await this.temporal.workflow.getHandle(workflowId).fetchHistory();
      const named = new Set<string>();
      for (const event of events ?? []) {
        const lastFailure = event.activityTaskStartedEventAttributes?.lastFailure;
        const payloads = [
          ...(event.activityTaskCompletedEventAttributes?.result?.payloads ?? []),
          ...(lastFailure?.timeoutFailureInfo?.lastHeartbeatDetails?.payloads ?? []),
          ...(event.activityTaskTimedOutEventAttributes?.failure?.timeoutFailureInfo?.lastHeartbeatDetails?.payloads ??
            []),
        ];
        this.#collect(await decodeArrayFromPayloads(this.temporal.options.loadedDataConverter, payloads), named);
      }
      return named;
    } catch (error) {
      // This call of the SDK does not translate what the server answers.
      if (error instanceof WorkflowNotFoundError || (isGrpcServiceError(error) && isNotFound(error))) return null;
      throw error;
    }
  }

  /** Inside of whatever shape that version gave its answers. */
  #collect(value: unknown, named: Set<string>): void {
    if (typeof value === 'string') {
      if (this.uploadIds.has(value)) named.add(value);
    } else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) this.#collect(inner, named);
    }
  }
}
