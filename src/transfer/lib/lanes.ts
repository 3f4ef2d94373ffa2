/** Parallel work that never outlives its caller. */
import { asError, childScope } from './abort';

/**
 * Runs `work` for each item, at most `lanes` at once. At the first failure the others are aborted and waited for, then it
 * is thrown: a request left running could write a part after the upload was aborted, or into a buffer used again.
 */
export async function inLanes<T>(
  items: Iterable<T>,
  lanes: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const scope = childScope(signal);
  const iterator = items[Symbol.iterator]();
  let failure: Error | undefined;
  const lane = async (): Promise<void> => {
    try {
      for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
        scope.signal.throwIfAborted();
        await work(next.value, scope.signal);
      }
    } catch (error) {
      failure ??= asError(error);
      scope.abort(failure);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, lanes) }, lane));
  scope.release();
  signal.throwIfAborted();
  if (failure !== undefined) throw failure;
}
