import type { Command } from 'commander';
import { defineCommand } from '../lib/command/command';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/print/output';

/** `longhaul watch <run>` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'watch <run>',
    description: 'follow a run to its end; the exit code is that of the run',
    examples: ['longhaul watch export-project_01-20260131T093000Z', 'longhaul watch my-run --json'],
  });
  command.action(async (run: string) => {
    await heavy.runStatus().watch(outputOf(command), run);
  });
};
