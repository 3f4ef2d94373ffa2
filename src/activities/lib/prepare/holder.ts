/** Who holds what one run at a time may have (src/workflows/lib/hold/hold.ts). */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';

/** The workflow that the hold belongs to; null where nobody has it. A hold whose run has ended is ended too. */
export async function holderOf(temporal: Client, holdId: string): Promise<string | null> {
  const hold = temporal.workflow.getHandle(holdId);
  try {
    const { parentExecution, status } = await hold.describe();
    if (status.name !== 'RUNNING') return null;
    const parentId = parentExecution?.workflowId ?? '';
    if (parentId !== '') {
      const parent = await temporal.workflow.getHandle(parentId).describe();
      if (parent.status.name === 'RUNNING') return parentId;
    }
    // Its run has ended without ending it (continued as new, then terminated): nobody has the thing.
    await hold.terminate('the run that held this has ended');
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
  return null;
}
