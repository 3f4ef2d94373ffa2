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

/** `toCall` gets the run's id and what follows it: the next argument, or the options. */
export const sendsUpdate = <A = unknown>(command: Command, toCall: (run: string, given: A) => UpdateCall): void => {
  command.action(async (run: string, given: A) => {
    const { toText, ...update } = toCall(run, given);
    await heavy.sendUpdate().sendUpdate(outputOf(command), run, update, toText);
  });
};
