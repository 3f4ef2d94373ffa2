/** Which workflow a run's files belong to, and whether it still goes on: for whoever tidies up after runs. */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { Context } from '@temporalio/activity';
import { LonghaulError } from '../../../model/errors';
import type { LoadOwner } from '../../../model/load-settings';

/** In run.json of every run. */
export interface RunOwner extends LoadOwner {
  /** Another namespace, or another cluster's of another name, cannot be asked from here. */
  readonly namespace: string;
}

export type RunState =
  | { readonly kind: 'open' }
  | {
      readonly kind: 'closed';
      /** It had ended by then; null where only that it has ended is known. */
      readonly endedBy: Date | null;
      /** A later run goes on under the same workflow id, so perhaps under the same run id. */
      readonly isFollowed: boolean;
    }
  /** Temporal does not know it (any more). */
  | { readonly kind: 'forgotten' };

/** The workflow that this activity works for. Throws what keeps Temporal away: a run without an owner could never be tidied up. */
export async function ownerOfThisRun(temporal: Client): Promise<RunOwner> {
  const { workflowExecution, namespace } = Context.current().info;
  if (workflowExecution === undefined) throw new LonghaulError('Internal', 'A run outside of a workflow');
  const { workflowId, runId } = workflowExecution;
  const { raw } = await temporal.workflow.getHandle(workflowId, runId).describe();
  // Not the execution's own id: after a reset or a continue-as-new that is another, and the first stays.
  const temporalRunId = raw.workflowExecutionInfo?.firstRunId || runId;
  return { namespace, workflowId, temporalRunId };
}

/** A chain of executions goes on while its newest does. Throws what Temporal answers, but that there is no such run. */
export async function stateOfRun(temporal: Client, { workflowId, temporalRunId }: LoadOwner): Promise<RunState> {
  try {
    const { status, raw, startTime, closeTime } = await temporal.workflow.getHandle(workflowId).describe();
    const isSame = (raw.workflowExecutionInfo?.firstRunId || temporalRunId) === temporalRunId;
    const isOpen = status.name === 'RUNNING' || status.name === 'PAUSED';
    if (isSame && isOpen) return { kind: 'open' };
    // One execution of an id is open at a time, so ours had ended when a later one began.
    return { kind: 'closed', endedBy: isSame ? (closeTime ?? null) : startTime, isFollowed: !isSame && isOpen };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { kind: 'forgotten' };
    throw error;
  }
}
