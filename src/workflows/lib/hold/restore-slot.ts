/** The right to restore on a host: so many raw files at once there, and the rest waits. */
import type { RestoreSettings } from '../../../model/restore-settings';
import { restoreSlotId } from '../../../model/restore-settings';
import { workflowInfo } from '@temporalio/workflow';
import { files } from '../activity-options';
import { Hold } from './hold';

export class RestoreSlot {
  private held: Hold | undefined;

  constructor(private readonly settings: Pick<RestoreSettings, 'host' | 'slots'>) {}

  get isHeld(): boolean {
    return this.held !== undefined;
  }

  /** Takes the first slot if it is free. */
  async try(): Promise<void> {
    await this.tryTake(0);
  }

  /** Waits for as long as it takes; finds its own again after a continue-as-new. */
  async take(): Promise<void> {
    const { host, slots } = this.settings;
    const taker = workflowInfo().workflowId;
    while (this.held === undefined) {
      const looking = files('wait', `Wait until ${host} has room for another restore`, host);
      const slot = await looking.findFreeSlot({ host, slots, taker });
      await this.tryTake(slot);
    }
  }

  private async tryTake(slot: number): Promise<void> {
    const { host } = this.settings;
    const hold = new Hold(restoreSlotId(host, slot), `Restores on ${host}`);
    // Somebody else may have been quicker.
    if ((await hold.tryTake()) === null) this.held = hold;
  }

  async goOn(): Promise<void> {
    await this.held?.goOn();
  }

  async release(): Promise<void> {
    await this.held?.release();
  }
}
