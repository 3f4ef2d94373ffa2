/**
 * Signals to one other workflow, in order. Temporal delivers signals that are sent close together in any order, so each
 * waits until the one before it has arrived.
 */
import { CancellationScope, getExternalWorkflowHandle, log, type SignalDefinition } from '@temporalio/workflow';

export class SignalSender<T> {
  private last: Promise<void> = Promise.resolve();
  private waiting = 0;

  constructor(
    private readonly workflowId: string,
    private readonly signal: SignalDefinition<[T]>,
  ) {}

  /** True while a message is on its way. */
  get isBusy(): boolean {
    return this.waiting > 0;
  }

  /**
   * Resolves when the message has arrived, or cannot arrive because the other workflow has closed: never rejects, and
   * goes on in a cancelled scope, because what is told then (a failure, a cleanup) matters most.
   */
  send(message: T): Promise<void> {
    this.waiting += 1;
    this.last = this.last.then(() => this.deliver(message)).finally(() => (this.waiting -= 1));
    return this.last;
  }

  private async deliver(message: T): Promise<void> {
    try {
      // Without a run id: the other workflow may have continued as new.
      await CancellationScope.nonCancellable(() =>
        getExternalWorkflowHandle(this.workflowId).signal(this.signal, message),
      );
    } catch {
      log.debug('signal_undelivered', { workflow: this.workflowId, signal: this.signal.name });
    }
  }
}
