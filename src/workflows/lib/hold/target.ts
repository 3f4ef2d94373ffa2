/** One writer per target: a second run of the same target fails at once and names the first (docs/decisions/0002). */
import { sleep } from '@temporalio/workflow';
import type { RunSettings } from '../../../model/run';
import { summaryText } from '../../../model/summary';
import { failure } from '../failures';
import { Hold } from './hold';

/** A hold of a run that has just ended needs a moment to close. */
const TRIES = 5;
const TRY_AGAIN_MS = 1_000;

/** @throws ApplicationFailure TargetBusy that names the run which writes to the target. */
export async function holdOfTarget({ bucket, targetPrefix }: RunSettings): Promise<Hold> {
  const target = `s3://${bucket}/${targetPrefix}`;
  return taken(new Hold(`longhaul-target/${bucket}/${targetPrefix}`, `Holds ${target}`), target);
}

/** @throws ApplicationFailure TargetBusy that names `target` and the run which writes to it. */
export async function taken(hold: Hold, target: string): Promise<Hold> {
  for (let attempt = 1; ; attempt += 1) {
    const holder = await hold.tryTake();
    if (holder === null) return hold;
    if (attempt >= TRIES) throw failure('TargetBusy', `${target} is being written by the run ${holder}`);
    await sleep(TRY_AGAIN_MS, { summary: summaryText(`${target} is held by ${holder}: try again`) });
  }
}
