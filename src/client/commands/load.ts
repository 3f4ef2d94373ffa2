import { type Command, Option } from 'commander';
import { MAX_PARALLELISM, MAX_REJECT_LIMIT, MAX_SAMPLE_ROWS } from '../../model/load-input';
import { LOAD_ENVIRONMENTS, LOAD_TYPES } from '../../model/load-run';
import { parseWholeNumber } from '../lib/command/arguments';
import { defineCommand } from '../lib/command/command';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/print/output';
import type { LoadOptions } from '../lib/start/load';
import { addRunOptions } from '../lib/command/run-options';

const number = (flag: string, min: number, max: number) => (text: string) => parseWholeNumber(flag, text, min, max);

/** The names of the workflow's input, for those who have typed them before. */
const asInInput = (option: Option, flags: string): Option[] => {
  const twin = new Option(flags).hideHelp();
  if (option.argChoices !== undefined) twin.choices(option.argChoices);
  else if (option.parseArg !== undefined) twin.argParser(option.parseArg);
  return [option, twin];
};

const loadOptions = (): Option[] => [
  ...asInInput(
    new Option(
      '--load-type <type>',
      'full replaces all rows, delta upserts by the key, sample loads the first',
    ).choices(LOAD_TYPES),
    '--load_type <type>',
  ),
  ...asInInput(new Option('--data-set <name>', 'a data set of configs/load.json'), '--data_set <name>'),
  new Option('--path <uri>', 'what to load: s3://bucket/prefix/ or s3://bucket/file'),
  new Option('--env <name>', 'whose bucket and database (default: development)').choices(LOAD_ENVIRONMENTS),
  ...asInInput(new Option('--s3-bucket <bucket>', 'staging bucket (default: see the guide)'), '--s3_bucket <bucket>'),
  ...asInInput(
    new Option('--sample-rows <n>', 'rows of --load-type sample (default: of the data set)').argParser(
      number('--sample-rows', 1, MAX_SAMPLE_ROWS),
    ),
    '--sample_rows <n>',
  ),
  ...asInInput(
    new Option('--reject-limit <n>', 'bad rows to set aside before the run fails (default: of the data set)').argParser(
      number('--reject-limit', 0, MAX_REJECT_LIMIT),
    ),
    '--reject_limit <n>',
  ),
  new Option('--parallelism <n>', 'connections that copy at once (default: of the data set)').argParser(
    number('--parallelism', 1, MAX_PARALLELISM),
  ),
  new Option('--check', 'check configuration, bucket, database and files; load nothing'),
  new Option('--clean-staging', 'remove what terminated loads have left; load nothing').conflicts('check'),
];

/** `longhaul load` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'load',
    description: 'start a load of files in S3 into a Postgres table, and wait for its end',
    examples: [
      'longhaul load --load-type full --data-set entity --path s3://my-bucket/data/ --env development',
      'longhaul load --load-type delta --data-set entity --path s3://my-bucket/data/ --s3-bucket my-staging-bucket',
      'longhaul load --load-type sample --data-set entity --path s3://my-bucket/data/ --sample-rows 1000 --json',
      'longhaul load --clean-staging --data-set entity --env production',
    ],
  });
  for (const option of loadOptions()) command.addOption(option);
  addRunOptions(command, 'load', 'data set');
  command.action(async (options: LoadOptions) => {
    await heavy.runLoad().runLoad(outputOf(command), options);
  });
};
