/** One request to a store: with a deadline, its errors mapped, and the signal's reason where it was aborted. */
import { answerOf, type StoreCall } from '../lib/store-call';
import { mapS3Error } from './errors';

export { ANSWER_TIMEOUT_MS, sendTimeoutMs, SLOW_ANSWER_TIMEOUT_MS } from '../lib/deadlines';
export type { StoreCall as Call } from '../lib/store-call';

/** Throws LonghaulErrors or the signal's reason; DestinationStalled (or SourceStalled) after the deadline. */
export const callStore = <T>(
  call: StoreCall,
  signal: AbortSignal,
  send: (options: { abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> => answerOf(call, signal, mapS3Error, (abortSignal) => send({ abortSignal }));
