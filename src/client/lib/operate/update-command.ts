/** What the commands have in common that send one Update: pause, resume, retry-failed, skip-record, upgrade, abort, set-max-workers,
 * set-max-bytes-per-sec. */
import type { Command } from 'commander';
import type { MESSAGES, OperatorReply } from '../../../model/run';
import { heavy } from '../heavy';
import type { JobTerms } from '../job/words';
import { outputOf } from '../print/output';

export interface UpdateCall {
  readonly name: keyof typeof MESSAGES;
  readonly arg?: unknown;
  /** The sentence that says what happened. */
  readonly toText: (state: OperatorReply, terms: JobTerms) => string;
}

/** What follows the run's id: the next argument, or the options. */
type ToCall<A> = (run: string, given: A) => UpdateCall;

export function sendsUpdate<A>(command: Command, toCall: ToCall<A>): void {
  command.action(async (run: string, given: A) => {
    const { toText, ...update } = toCall(run, given);
    await heavy.sendUpdate().sendUpdate(outputOf(command), run, update, toText);
  });
}
