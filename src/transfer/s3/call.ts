/** One request to a store: with a deadline, its errors mapped, and the signal's reason where it was aborted. */
import type { ErrorContext } from '../../model/errors';
import { LonghaulError } from '../../model/errors';
import { withDeadline } from '../lib/abort';
import { ANSWER_TIMEOUT_MS } from '../lib/deadlines';
import { mapS3Error, type Side } from './errors';

export { ANSWER_TIMEOUT_MS, sendTimeoutMs, SLOW_ANSWER_TIMEOUT_MS } from '../lib/deadlines';

export interface Call {
  /** Begins messages: "Writing part 3 of s3://bucket/key". */
  readonly what: string;
  readonly context?: ErrorContext;
  readonly side?: Side;
  readonly timeoutMs?: number;
}

/** Throws LonghaulErrors or the signal's reason; DestinationStalled (or SourceStalled) after the deadline. */
export function callStore<T>(
  call: Call,
  signal: AbortSignal,
  send: (options: { abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  const { what, context = {}, side = 'destination', timeoutMs = ANSWER_TIMEOUT_MS } = call;
  const stalled = (): LonghaulError =>
    new LonghaulError(
      side === 'source' ? 'SourceStalled' : 'DestinationStalled',
      `${what} was not answered within ${Math.round(timeoutMs / 1000)} s`,
      context,
    );
  return withDeadline(signal, timeoutMs, stalled, async (abortSignal) => {
    try {
      return await send({ abortSignal });
    } catch (error) {
      throw mapS3Error(error, what, context, side);
    }
  });
}
