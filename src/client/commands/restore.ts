import type { Command } from 'commander';
import { defineCommand } from '../lib/command/command';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/print/output';
import { addRunOptions } from '../lib/command/run-options';
import type { RestoreOptions } from '../lib/start/restore';

/** `longhaul restore <raw_file_id...>` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'restore <raw_file_id...>',
    description: 'start a restore of backed-up raw files to the disk of a worker, and wait for its end',
    examples: [
      'longhaul restore 20250115_sample',
      'longhaul restore 20250115_sample --include "**/*.bin"',
      'longhaul restore 20250115_sample 20250116_sample --detach',
    ],
  }).option('--include <glob...>', 'only the files whose paths match one of these; ** goes through folders');
  addRunOptions(command, 'restore', 'raw file');
  command.action(async (ids: string[], options: RestoreOptions) => {
    await heavy.runRestore().runRestore(outputOf(command), ids, options);
  });
};
