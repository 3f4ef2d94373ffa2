/** One writer per target: takes the hold as a child workflow whose id names the target (docs/decisions/0002). */
import { CancellationScope, ParentClosePolicy, sleep, startChild, workflowInfo } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { RunSettings } from '../../model/export-run';
import { holdTarget } from '../hold-target';
import { api } from './activity-options';
import { failure } from './failures';

/** A hold of a run that has just ended needs a moment to close. */
const TRIES = 5;
const TRY_AGAIN_MS = 1_000;

export class TargetHold {
  private scope: CancellationScope | undefined;
  private closed: Promise<void> | undefined;

  constructor(private readonly settings: RunSettings) {}

  get lockId(): string {
    return `longhaul-target/${this.settings.bucket}/${this.settings.targetPrefix}`;
  }

  /** @throws ApplicationFailure TargetBusy that names the run which writes to the target. */
  async take(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.start();
        return;
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        const holder = await api('call', 'Find who writes to the target').findHolder({ lockId: this.lockId });
        if (attempt >= TRIES && holder !== null) throw failure('TargetBusy', this.busyMessage(holder));
        await sleep(TRY_AGAIN_MS, { summary: `Target is held by ${holder ?? 'a run that has ended'}` });
      }
    }
  }

  private busyMessage(holder: string): string {
    return `s3://${this.settings.bucket}/${this.settings.targetPrefix} is being written by the run ${holder}`;
  }

  private async start(): Promise<void> {
    // Outside the scope of the run: a cancelled run still holds its target while it cleans up.
    await CancellationScope.nonCancellable(async () => {
      const scope = new CancellationScope({ cancellable: true, parent: CancellationScope.current() });
      const child = await scope.run(() =>
        startChild(holdTarget, {
          workflowId: this.lockId,
          parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          staticSummary: `Holds s3://${this.settings.bucket}/${this.settings.targetPrefix} for ${workflowInfo().workflowId}`,
        }),
      );
      this.scope = scope;
      this.closed = scope.run(() => child.result()).catch(() => undefined);
    });
  }

  /** Ends the hold and waits until the next run can take it. Idempotent. */
  async release(): Promise<void> {
    this.scope?.cancel();
    await this.closed;
  }
}
