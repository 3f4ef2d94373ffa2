import type { Command } from 'commander';
import { MAX_WORKERS_LIMIT, MESSAGES } from '../../model/run';
import { parseMaxWorkers } from '../lib/command/arguments';
import { defineCommand } from '../lib/command/command';
import { plural } from '../lib/print/format';
import { sendsUpdate } from '../lib/operate/update-command';

/** `longhaul set-max-workers <run> <n>` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'set-max-workers <run>',
    description: 'change how many records or files of a run move at once',
    examples: ['longhaul set-max-workers export-project_01-20260131T093000Z 4'],
  }).argument('<n>', `1 to ${MAX_WORKERS_LIMIT}`, parseMaxWorkers);
  sendsUpdate(command, (_run, maxWorkers: number) => ({
    name: MESSAGES.setMaxWorkers,
    arg: { maxWorkers },
    toText: (state, { unit }) => `At most ${plural(state.maxWorkers, unit)} move at once now.`,
  }));
};
