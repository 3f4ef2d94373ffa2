/** The options that all commands share which start a run. */
import { type Command, Option } from 'commander';
import { parseId } from './arguments';

/** `subject`: what the default id of the run carries. */
export const addRunOptions = (command: Command, word: string, subject: string): Command =>
  command
    .addOption(new Option('--wait', 'show progress until the run ends; its exit code is ours (default)'))
    .addOption(new Option('--detach', 'return as soon as the run is started').conflicts('wait'))
    .option('--run-id <id>', 'name the run; once it has succeeded, repeating it moves nothing', (text) =>
      parseId('--run-id', text),
    )
    .option('--workflow-id <id>', `id in Temporal (default: ${word}-<${subject}>-<run id or time>)`, (text) =>
      parseId('--workflow-id', text),
    );
