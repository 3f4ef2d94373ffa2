/** `longhaul status` and `longhaul watch` of a janitor: it is no job and has no records, so its page is all that there is to show. */
import { WorkflowNotFoundError } from '@temporalio/common';
import type { Client, WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';
import type { JanitorResult } from '../../../model/janitor';
import { JANITOR_WORKFLOW } from '../../../model/names';
import { CALL_TIMEOUT_MS, withinMs } from '../connection';
import { describeFailure, failureText } from '../print/failure';
import type { Output } from '../print/output';
import { isOpen } from '../run/find';
import { janitorText, resultIn } from './run';

type JanitorHandle = WorkflowHandle<() => Promise<JanitorResult>>;

export interface FoundJanitor {
  readonly handle: JanitorHandle;
  readonly description: WorkflowExecutionDescription;
}

/** Undefined where the id is of something else, or of nothing. */
export const findJanitor = async (client: Client, workflowId: string): Promise<FoundJanitor | undefined> => {
  const handle: JanitorHandle = client.workflow.getHandle(workflowId);
  try {
    const description = await withinMs(client, CALL_TIMEOUT_MS, () => handle.describe());
    return description.type === JANITOR_WORKFLOW ? { handle, description } : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
};

/** What came of it where it has ended, else that it goes on; what it does now stands in its activities. */
export const janitorStatus = async (output: Output, { handle, description }: FoundJanitor): Promise<void> => {
  const { workflowId } = handle;
  const status = description.status.name;
  const head = `run        ${workflowId} (${status.toLowerCase()})`;
  if (isOpen(description)) {
    const since = description.startTime.toISOString();
    output.data(
      { workflowId, job: 'janitor', status, startedAt: since },
      () => `${head}\nstarted    ${since}\ncan do     longhaul activity list ${workflowId}`,
    );
    return;
  }
  try {
    const result = await handle.result();
    output.data({ workflowId, job: 'janitor', status, result }, () => `${head}\n${janitorText(result)}`);
  } catch (error) {
    const failure = describeFailure(error);
    const result = resultIn(error);
    const done = result === undefined ? '' : `\n${janitorText(result)}`;
    output.data(
      { workflowId, job: 'janitor', status, failure, result },
      () => `${head}${done}\n${failureText(failure)}`,
    );
  }
};

/** To its end. Throws what it failed with, after what it has done. */
export const watchJanitor = async (output: Output, { handle }: FoundJanitor): Promise<void> => {
  const { workflowId } = handle;
  try {
    const result = await handle.result();
    output.data({ type: 'result', workflowId, result }, () => janitorText(result));
  } catch (error) {
    const result = resultIn(error);
    if (result !== undefined) output.data({ type: 'result', workflowId, result }, () => janitorText(result));
    throw error;
  }
};
