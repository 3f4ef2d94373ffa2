import type { Command } from 'commander';
import { defineCommand } from '../lib/command/command';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/print/output';

/** `longhaul doctor` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'doctor',
    description: 'check this machine, Temporal, its workers and all projects',
    examples: ['longhaul doctor', 'longhaul doctor --json'],
  });
  command.action(async () => {
    await heavy.doctor().doctor(outputOf(command));
  });
};
