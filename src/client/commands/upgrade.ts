import type { Command } from 'commander';
import { MESSAGES } from '../../model/run';
import { defineCommand } from '../lib/command/command';
import { sendsUpdate } from '../lib/operate/update-command';

/** `longhaul upgrade <run>` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'upgrade <run>',
    description: 'let a run go on with the worker version that is current, once the batches under way have ended',
    examples: ['longhaul upgrade export-project_01-20260131T093000Z'],
  });
  sendsUpdate(command, (run) => ({
    name: MESSAGES.upgrade,
    toText: ({ stage }, { unit }) =>
      `Upgrades while ${stage}: the ${unit}s under way end first. Watch it with: longhaul watch ${run}`,
  }));
};
