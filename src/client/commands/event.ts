import type { Command } from 'commander';
import { defineCommand } from '../lib/command/command';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/print/output';

/** `longhaul event validate <file>` */
export const register = (program: Command): void => {
  const group = program
    .command('event')
    .description('check transfer events before they are sent')
    .option('--json', 'print JSON, for programs')
    .addHelpText('after', '\nExample:\n  $ longhaul event validate event.json')
    .action(() => group.help({ error: true }));
  const validate = defineCommand(group, {
    usage: 'validate <file>',
    description: 'name everything that is wrong with an event; "-" reads standard input',
    examples: ['longhaul event validate event.json', 'cat event.json | longhaul event validate -'],
  });
  validate.action(async (file: string) => {
    await heavy.validateEvent().validateEvent(outputOf(validate), file);
  });
};
