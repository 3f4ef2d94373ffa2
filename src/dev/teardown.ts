/** What has been started, to be ended in reverse order, also when a later start fails. */
export class Teardown {
  readonly #steps: (() => void | Promise<void>)[] = [];

  add(step: () => void | Promise<void>): void {
    this.#steps.push(step);
  }

  /** What `starting` gives, once it is up; its stop() is a step. */
  async keep<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
    const started = await starting;
    this.add(() => started.stop());
    return started;
  }

  /** Every step runs even where one before it fails; the first fault is thrown at the end. */
  async run(): Promise<void> {
    const faults: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        faults.push(error);
      }
    }
    if (faults.length > 0) throw faults[0];
  }
}

/** Waits for all of them before the first fault is thrown: one that is still starting could not be stopped. */
export const allStarted = async <T extends readonly Promise<unknown>[]>(
  starting: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> => {
  await Promise.allSettled(starting);
  return Promise.all(starting);
};
