/** Parallel work that never outlives its caller. */
import { asError, childScope } from './abort';

/** How many lanes there should be, which may change. */
export interface LaneCount {
  readonly lanes: number;
  /** Set by whoever runs the lanes: to be called when there may be more. */
  onMore?: () => void;
}

/**
 * Runs `work` for each item, at most `lanes` at once. At the first failure the others are aborted and waited for, then it
 * is thrown: a request left running could write a part after the upload was aborted, or into a buffer used again.
 */
export async function inLanes<T>(
  items: Iterable<T>,
  lanes: number | LaneCount,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const count: LaneCount = typeof lanes === 'number' ? { lanes: Math.max(1, lanes) } : lanes;
  const scope = childScope(signal);
  const iterator = items[Symbol.iterator]();
  const running = new Set<Promise<void>>();
  let isEmpty = false;
  let failure: Error | undefined;
  const lane = async (): Promise<void> => {
    try {
      for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
        scope.signal.throwIfAborted();
        await work(next.value, scope.signal);
        // Fewer are wanted by now: what it has begun it has ended.
        if (running.size > count.lanes) return;
      }
      isEmpty = true;
    } catch (error) {
      failure ??= asError(error);
      scope.abort(failure);
    }
  };
  const start = (): void => {
    while (!isEmpty && !scope.signal.aborted && running.size < count.lanes) {
      const one = lane().finally(() => {
        running.delete(one);
        start();
      });
      running.add(one);
    }
  };
  count.onMore = start;
  start();
  while (running.size > 0) await Promise.race(running);
  delete count.onMore;
  scope.release();
  signal.throwIfAborted();
  if (failure !== undefined) throw failure;
}
