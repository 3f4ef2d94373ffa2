/**
 * Runs `work` for each item, at most `atOnce` at a time. The first error stops new ones and is thrown once all have
 * ended. Pure: workflow code uses it too.
 */
export async function eachOf<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < items.length && !failed; index = next++) {
      try {
        await work(items[index] as T);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, lane));
  for (const result of lanes) if (result.status === 'rejected') throw result.reason;
}

/**
 * Runs all steps at once and throws the first error, in the order of the steps, once all have ended: unlike after Promise.all nothing of
 * an attempt that has failed goes on beside the next one.
 */
export const together = (...steps: readonly (() => Promise<void>)[]): Promise<void> =>
  eachOf(steps, steps.length, (step) => step());
