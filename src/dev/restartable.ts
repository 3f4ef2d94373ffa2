/** A server that can be stopped and started again under the same address. */
import type { ManagedProcess } from './types';

/** Forwards to the process that runs now; `launch` starts one and resolves when it is ready. */
export class Restartable implements ManagedProcess {
  readonly #launch: () => Promise<ManagedProcess>;
  #current: ManagedProcess;

  constructor(launch: () => Promise<ManagedProcess>, first: ManagedProcess) {
    this.#launch = launch;
    this.#current = first;
  }

  get name(): string {
    return this.#current.name;
  }

  get pid(): number {
    return this.#current.pid;
  }

  get exited(): ManagedProcess['exited'] {
    return this.#current.exited;
  }

  readonly recentOutput = (): string => this.#current.recentOutput();

  stop(): Promise<void> {
    return this.#current.stop();
  }

  kill(): Promise<void> {
    return this.#current.kill();
  }

  /** Stops what still runs, and starts it again with the same ports and data. */
  async restart(): Promise<void> {
    await this.stop();
    this.#current = await this.#launch();
  }
}
