/**
 * Holds one target (`s3://bucket/prefix`) for the run that started it: the workflow id names the target, so Temporal
 * lets a single run hold it, and the hold ends with its run for whatever reason that closes.
 */
import { CancelledFailure, condition, isCancellation } from '@temporalio/workflow';

export async function holdTarget(): Promise<void> {
  try {
    await condition(() => false);
  } catch (error) {
    // Cancel is the normal end of a hold, so it completes: a cancelled child would read like trouble in the Web UI.
    if (!isCancellation(error) && !(error instanceof CancelledFailure)) throw error;
  }
}
