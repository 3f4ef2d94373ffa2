/** The options that all commands share which start a run. */
import { type Command, Option } from 'commander';
import { parseId, parseWholeNumber } from './arguments';

/** Asking every URL of a long list would take as long as moving small files does. */
const MAX_SAMPLE = 100_000;
const DEFAULT_SAMPLE = 200;

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

const collect = (text: string, previous: readonly string[] = []): readonly string[] => [...previous, text];
const sampleSize = (text: string): number => parseWholeNumber('--sample', text, 0, MAX_SAMPLE);

/** What a plan may suppose. */
export const addSupposeOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--sample <n>', 'of a plan: URLs whose size is asked for, spread over all; the others count like them')
        .argParser(sampleSize)
        .default(DEFAULT_SAMPLE),
    )
    .option('--assume <name=value>', 'of a plan: a speed or a price (repeatable); docs/scaling.md lists them', collect)
    .option('--assumptions <file>', 'the same from a JSON file: {"price.s3_write_per_1000": 0.0054}');
