import type { Command } from 'commander';
import { MESSAGES } from '../../model/run';
import { parseRecordNumber } from '../lib/command/arguments';
import { defineCommand } from '../lib/command/command';
import { plural } from '../lib/print/format';
import { sendsUpdate } from '../lib/operate/update-command';

const collect = (text: string, previous: number[] | undefined): number[] => [
  ...(previous ?? []),
  parseRecordNumber(text),
];

/** `longhaul retry-failed <run>` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'retry-failed <run>',
    description: 'move failed records or files of a waiting run again (on_error "wait")',
    examples: [
      'longhaul retry-failed export-project_01-20260131T093000Z',
      'longhaul retry-failed export-project_01-20260131T093000Z --record 7 9',
    ],
  }).option('--record <n...>', 'only these records, by number (default: all failed)', collect);
  sendsUpdate(command, (_run, options: { record?: number[] }) => ({
    name: MESSAGES.retryFailed,
    arg: options.record === undefined ? {} : { records: options.record },
    toText: ({ affected }, { unit }) => `${plural(affected, `failed ${unit}`)} will be moved again.`,
  }));
};
