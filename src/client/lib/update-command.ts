/** What the commands have in common that send one Update: pause, resume, retry-failed, skip-record, abort, set-max-workers. */
import type { Command } from 'commander';
import type { MESSAGES, OperatorReply } from '../../model/export-run';
import { heavy } from './heavy';
import { outputOf } from './output';

export interface UpdateCall {
  readonly name: keyof typeof MESSAGES;
  readonly arg?: unknown;
  /** The sentence that says what happened. */
  readonly toText: (state: OperatorReply) => string;
}

/** `toCall` gets the run's id and what follows it: the next argument, or the options (`never`: each command names its own type). */
export const sendsUpdate = (command: Command, toCall: (run: string, given: never) => UpdateCall): void => {
  command.action(async (run: string, given: never) => {
    const { toText, ...update } = toCall(run, given);
    await heavy.sendUpdate().sendUpdate(outputOf(command), run, update, toText);
  });
};
