/** One call of a store, whichever: with a deadline, and its errors those of the table. */
import { LonghaulError, type ErrorContext } from '../../model/errors';
import { withDeadline } from './abort';
import { ANSWER_TIMEOUT_MS } from './deadlines';

/** Whose fault it is where the store does not do what it is asked. */
export type Side = 'source' | 'destination';

export interface StoreCall {
  /** Begins messages: "Writing part 3 of s3://bucket/key". */
  readonly what: string;
  readonly context?: ErrorContext;
  readonly side?: Side;
  readonly timeoutMs?: number;
}

/** What the words of one kind of store mean. */
export type FaultMapper = (error: unknown, what: string, context: ErrorContext, side: Side) => LonghaulError;

/**
 * What `send` answers. Throws what `faultOf` makes of its errors, or the signal's reason; DestinationStalled (or SourceStalled)
 * after the deadline.
 */
export function answerOf<T>(
  { what, context = {}, side = 'destination', timeoutMs = ANSWER_TIMEOUT_MS }: StoreCall,
  signal: AbortSignal,
  faultOf: FaultMapper,
  send: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stalled = (): LonghaulError =>
    new LonghaulError(
      side === 'source' ? 'SourceStalled' : 'DestinationStalled',
      `${what} was not answered within ${Math.round(timeoutMs / 1000)} s`,
      context,
    );
  return withDeadline(signal, timeoutMs, stalled, async (abortSignal) => {
    try {
      return await send(abortSignal);
    } catch (error) {
      throw faultOf(error, what, context, side);
    }
  });
}
