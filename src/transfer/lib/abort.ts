/** Waiting that ends at once when it is told to. */
import { setMaxListeners } from 'node:events';

/** Resolves after `delayMs`; rejects with the signal's reason when it aborts first. */
export function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(asError(signal.reason));
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(asError(signal.reason));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

export const asError = (value: unknown): Error => (value instanceof Error ? value : new Error(String(value)));

/**
 * Runs `work`; where `signal` has aborted, what is thrown is the signal's reason whatever the library made of it:
 * AbortError, a plain ECONNRESET, "terminated". Otherwise a cancel would be taken for a failure.
 */
export async function orReason<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  // Lanes and requests listen to one signal by the dozen; Node would warn of a leak from the eleventh on.
  setMaxListeners(0, signal);
  signal.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) throw asError(signal.reason);
    throw error;
  }
}

/** A controller that also aborts when `parent` does; call `release()` when done, or listeners pile up on the parent. */
export interface Scope {
  readonly signal: AbortSignal;
  abort(reason: Error): void;
  release(): void;
}

export function childScope(parent: AbortSignal): Scope {
  const controller = new AbortController();
  setMaxListeners(0, parent, controller.signal);
  const onAbort = (): void => controller.abort(parent.reason);
  if (parent.aborted) onAbort();
  else parent.addEventListener('abort', onAbort, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => parent.removeEventListener('abort', onAbort),
  };
}

/** Runs `work` with a signal that aborts after `timeoutMs`, and then throws what `onTimeout` makes. */
export async function withDeadline<T>(
  parent: AbortSignal,
  timeoutMs: number,
  onTimeout: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const scope = childScope(parent);
  const timer = setTimeout(() => scope.abort(onTimeout()), timeoutMs);
  try {
    return await orReason(scope.signal, () => work(scope.signal));
  } finally {
    clearTimeout(timer);
    scope.release();
  }
}
