import type { Command } from 'commander';
import { defineCommand } from '../lib/command/command';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/print/output';

/** `longhaul status <run>` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'status <run>',
    description: 'show how far a run is',
    examples: ['longhaul status export-project_01-20260131T093000Z', 'longhaul status my-run --json | jq .stage'],
  });
  command.action(async (run: string) => {
    await heavy.runStatus().showStatus(outputOf(command), run);
  });
};
