/** Temporal's side of a short call: the error mapping of long ones, without a checkpoint. */
import { Context } from '@temporalio/activity';
import { toFailure } from './failures';

/** Runs `work` with the activity's cancellation signal; what it throws leaves as a failure with a code of the table. */
export async function short<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const context = Context.current();
  const signal = context.cancellationSignal;
  try {
    return await work(signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const failure = toFailure(error);
    context.log.warn('activity_error', {
      code: failure.type,
      error: failure.message,
      retryable: failure.nonRetryable !== true,
      stack: error instanceof Error ? error.stack : undefined,
    });
    throw failure;
  }
}
