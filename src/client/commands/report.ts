import type { Command } from 'commander';
import { defineCommand } from '../lib/command';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/output';

/** `longhaul report <run>` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'report <run>',
    description: 'print the report of a run that has ended, from where it is kept',
    examples: ['longhaul report export-project_01-20260131T093000Z', 'longhaul report my-run --json | jq .totals'],
  });
  command.action(async (run: string) => {
    await heavy.runReport().printReport(outputOf(command), run);
  });
};
