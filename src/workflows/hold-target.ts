/**
 * Holds one target (`s3://bucket/prefix`) for the run that started it: the workflow id names the target, so Temporal
 * lets a single run hold it, and the hold ends with its run for whatever reason that closes.
 */
import {
  CancelledFailure,
  condition,
  defineSignal,
  isCancellation,
  makeContinueAsNewFunc,
  setHandler,
} from '@temporalio/workflow';

/** From its run, which goes on with another version of the workers: pinned to the old one, the hold would keep that in use. */
export const goOnSignal = defineSignal('goOn');

export async function holdTarget(): Promise<void> {
  let goesOn = false;
  setHandler(goOnSignal, () => void (goesOn = true), {
    description: 'Go on with the worker version that is current',
  });
  try {
    await condition(() => goesOn);
  } catch (error) {
    // Cancel is the normal end of a hold, so it completes: a cancelled child would read like trouble in the Web UI.
    if (!isCancellation(error) && !(error instanceof CancelledFailure)) throw error;
    return;
  }
  // Under the same workflow id without a gap: nobody else can take the target in between.
  await makeContinueAsNewFunc<typeof holdTarget>({ initialVersioningBehavior: 'AUTO_UPGRADE' })();
}
