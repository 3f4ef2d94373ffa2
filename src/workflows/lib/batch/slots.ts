/** How the slots of a run are dealt to its batches. Pure, so that its rule is tested without a server. */

export interface BatchDemand {
  readonly page: number;
  /** Records being moved, as the batch last reported. */
  readonly inFlight: number;
  /** Records not started yet. */
  readonly unstarted: number;
}

/**
 * Deals `maxWorkers` slots to batches in page order: an earlier batch gets all it can use, the next one the rest, so
 * that the tail of one page and the head of the next fill the slots together and none idles at a page's end.
 * The sum never exceeds `maxWorkers`. Limits are absolute: sending one twice changes nothing.
 */
export function dealSlots(maxWorkers: number, batches: readonly BatchDemand[]): Map<number, number> {
  const limits = new Map<number, number>();
  let free = maxWorkers;
  for (const batch of [...batches].sort((a, b) => a.page - b.page)) {
    const limit = Math.min(free, batch.inFlight + batch.unstarted);
    limits.set(batch.page, limit);
    free -= limit;
  }
  return limits;
}

/** Whether the next page should be started: the pages under way cannot fill all slots by themselves for long. */
export const wantsNextPage = (maxWorkers: number, batches: readonly BatchDemand[]): boolean =>
  batches.reduce((sum, batch) => sum + batch.unstarted, 0) <= maxWorkers;
