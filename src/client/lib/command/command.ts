/** What all commands have in common: an example under --help, and --json. */
import type { Command } from 'commander';

export interface CommandSpec {
  /** Name and arguments, as commander writes them: `pause <run>`. */
  readonly usage: string;
  readonly description: string;
  /** Command lines that work as printed, without `$`. */
  readonly examples: readonly string[];
}

export const defineCommand = (program: Command, spec: CommandSpec): Command =>
  program
    .command(spec.usage)
    .description(spec.description)
    .option('--json', 'print JSON, for programs')
    .addHelpText(
      'after',
      `\n${spec.examples.length === 1 ? 'Example' : 'Examples'}:\n${spec.examples.map((line) => `  $ ${line}`).join('\n')}`,
    );
