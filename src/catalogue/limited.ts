/** A time limit for one look into a catalogue, whatever its driver makes of signals. */
import { LonghaulError } from '../model/errors';

/**
 * Runs `work` with a signal that fires at the caller's abort and at the limit, and waits no longer than that for it.
 * Throws the caller's reason, CatalogueUnreachable at the limit, else what `work` throws.
 */
export const limited = async <T>(
  signal: AbortSignal,
  timeoutMs: number,
  name: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  signal.throwIfAborted();
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), timeoutMs);
  const either = AbortSignal.any([signal, limit.signal]);
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(new Error('aborted'));
    either.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work(either), aborted]);
  } catch (error) {
    signal.throwIfAborted();
    if (!limit.signal.aborted) throw error;
    throw new LonghaulError('CatalogueUnreachable', `${name} did not answer in ${timeoutMs / 1000} s.`);
  } finally {
    clearTimeout(timer);
    either.removeEventListener('abort', onAbort);
  }
};
