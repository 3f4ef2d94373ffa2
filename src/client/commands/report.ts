import type { Command } from 'commander';
import { defineCommand } from '../lib/command/command';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/print/output';

/** `longhaul report <run>` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'report <run>',
    description: 'print the report of a run that has ended, from where it is kept, or open it in the browser',
    examples: [
      'longhaul report export-project_01-20260131T093000Z',
      'longhaul report my-run --json | jq .totals',
      'longhaul report my-run --open',
      'longhaul report my-run --output report.html',
    ],
  })
    .option('--open', 'open report.html: throughput, parts and retries, slowest and failed records; prints its path')
    .option('--output <file>', 'write report.html to this file, and print its path');
  command.action(async (run: string, { open, output }: { open?: boolean; output?: string }) => {
    if (open === true || output !== undefined)
      await heavy.htmlReport().htmlReport(outputOf(command), run, { open: open === true, output });
    else await heavy.runReport().printReport(outputOf(command), run);
  });
};
