import type { Command } from 'commander';
import { MESSAGES } from '../../model/run';
import { parseRecordNumber } from '../lib/command/arguments';
import { defineCommand } from '../lib/command/command';
import { sendsUpdate } from '../lib/operate/update-command';

/** `longhaul skip-record <run> <n>` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'skip-record <run>',
    description: 'give one failed record or file of a waiting run up (on_error "wait")',
    examples: ['longhaul skip-record export-project_01-20260131T093000Z 7'],
  }).argument('<n>', 'number of the record, as status and watch show it', parseRecordNumber);
  sendsUpdate(command, (_run, record: number) => ({
    name: MESSAGES.skipRecord,
    arg: { record },
    toText: (_state, { unit }) => `${unit === 'file' ? 'File' : 'Record'} ${record} is skipped.`,
  }));
};
