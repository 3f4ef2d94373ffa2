import type { Command } from 'commander';
import { MESSAGES } from '../../model/run';
import { defineCommand } from '../lib/command/command';
import { sendsUpdate } from '../lib/operate/update-command';

/** `longhaul abort <run>` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'abort <run>',
    description: 'end a run; an export takes back what it has made',
    examples: ['longhaul abort export-project_01-20260131T093000Z --reason "wrong dates"'],
  }).option(
    '--reason <text>',
    'why; stands in the report and in the failure (of a transfer: with the request, in its history)',
  );
  sendsUpdate(command, (run, options: { reason?: string }) => ({
    name: MESSAGES.abort,
    arg: options.reason === undefined ? {} : { reason: options.reason },
    toText: (_state, { keepsOnAbort }) =>
      `Aborting: what the run has ${keepsOnAbort ? 'done stays' : 'made is taken back'}. See it end with: longhaul watch ${run}`,
  }));
};
