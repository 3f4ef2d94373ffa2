/**
 * What one run at a time may have (docs/decisions/0002): a child workflow whose id names the thing, so that Temporal lets
 * a single one of them be open. The hold outlives its run's continue-as-new and is adopted by what the run goes on as;
 * a hold that a terminated run has left is ended by the next run that asks.
 */
import {
  CancellationScope,
  getExternalWorkflowHandle,
  log,
  makeContinueAsNewFunc,
  ParentClosePolicy,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError, type Workflow } from '@temporalio/common';
import { summaryText } from '../../../model/summary';
import { goOnSignal, holdTarget } from '../../hold-target';
import { api } from '../activity-options';
import { firstCause } from '../failures';

export class Hold {
  private scope: CancellationScope | undefined;
  private closed: Promise<void> | undefined;
  private adopted = false;

  constructor(
    /** Workflow id of the hold. */
    readonly id: string,
    /** For the Web UI: `Holds s3://bucket/prefix`. */
    private readonly summary: string,
  ) {}

  /** Null: it is ours now. Else the workflow id of the run that has it. */
  async tryTake(): Promise<string | null> {
    try {
      await this.start();
      return null;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    const holder = await api('call', `Find who has ${this.id}`, {}).findHolder({ lockId: this.id });
    // Ours from before the continue-as-new.
    this.adopted = holder === workflowInfo().workflowId;
    return this.adopted ? null : (holder ?? 'a run that has ended');
  }

  private async start(): Promise<void> {
    // Outside the scope of the run: a cancelled run still has its target while it cleans up.
    await CancellationScope.nonCancellable(async () => {
      const scope = new CancellationScope({ cancellable: true, parent: CancellationScope.current() });
      const child = await scope.run(() =>
        startChild(holdTarget, {
          workflowId: this.id,
          // It must not end with a continue-as-new: another run could take the target in between.
          parentClosePolicy: ParentClosePolicy.ABANDON,
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          staticSummary: summaryText(`${this.summary} for ${workflowInfo().workflowId}`),
          staticDetails: 'It keeps any other run away, and ends with its run: there is nothing to do here.',
        }),
      );
      this.scope = scope;
      this.closed = scope.run(() => child.result()).catch(() => undefined);
    });
  }

  /** Takes the hold along where its run goes on with another version of the workers. */
  async goOn(): Promise<void> {
    try {
      await getExternalWorkflowHandle(this.id).signal(goOnSignal);
      // The child that this execution has started ends with that: what has its id from now on is found by the id alone.
      this.scope = undefined;
      this.closed = undefined;
      this.adopted = true;
    } catch (error) {
      log.debug('hold_gone', { hold: this.id, ...firstCause(error) });
    }
  }

  /** Ends the hold and waits until the next run can take it. Idempotent. */
  async release(): Promise<void> {
    this.scope?.cancel();
    await this.closed;
    if (!this.adopted) return;
    this.adopted = false;
    try {
      await CancellationScope.nonCancellable(() => getExternalWorkflowHandle(this.id).cancel());
    } catch (error) {
      // It has ended already (somebody terminated it): nothing is held.
      log.debug('hold_gone', { hold: this.id, ...firstCause(error) });
    }
  }
}

/** Before a run continues as new: where its workers have versions it may go on with another, and its holds with it. */
export async function takeAlong(holds: readonly Pick<Hold, 'goOn'>[]): Promise<void> {
  const isVersioned = (workflowInfo().currentDeploymentVersion?.deploymentName ?? '') !== '';
  if (isVersioned) await Promise.all(holds.map((hold) => hold.goOn()));
}

/**
 * Continues as new. Pinned runs go on with the version that is current by now: nothing is in flight, and what is handed over is
 * data alone (docs/decisions/0029). Without versions it means nothing.
 */
export const goOnWithCurrent = <F extends Workflow>(...args: Parameters<F>): Promise<never> =>
  makeContinueAsNewFunc<F>({ initialVersioningBehavior: 'AUTO_UPGRADE' })(...args);
