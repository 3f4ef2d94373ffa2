import { type Command, Option } from 'commander';
import { INGEST_ON_ERROR, ON_COLLISION_MODES } from '../../model/ingest-run';
import { MAX_WORKERS_LIMIT } from '../../model/run';
import { parseDate, parseWholeNumber } from '../lib/command/arguments';
import { defineCommand } from '../lib/command/command';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/print/output';
import type { IngestOptions } from '../lib/start/ingest';
import { addRunOptions, addSupposeOptions } from '../lib/command/run-options';

const number = (flag: string, min: number, max: number) => (text: string) => parseWholeNumber(flag, text, min, max);

/** `longhaul ingest` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'ingest',
    description: 'start an ingest of the URLs of config/parameters.json into dated keys, and wait for its end',
    examples: [
      'longhaul ingest --bucket my-bucket',
      'longhaul ingest --bucket my-bucket --date 2026-01-31 --file rent_contracts.csv units.csv',
      'longhaul ingest --bucket my-bucket --skip-unchanged --fail-on-error --detach',
      'longhaul ingest --bucket my-bucket --plan',
    ],
  })
    .option('--bucket <bucket>', 'list and destination (default: BUCKET_NAME here, else of the worker)')
    .option('--path-prefix <prefix>', 'first part of the keys (default: PATH_PREFIX of the worker)')
    .option(
      '--concurrency <n>',
      'files at once (default: CONCURRENCY of the worker)',
      number('--concurrency', 1, MAX_WORKERS_LIMIT),
    )
    .option('--part-mb <n>', 'size of a part in MiB (default: S3_PART_MB of the worker)', number('--part-mb', 5, 5_120))
    .option('--date <date>', 'day of the keys, YYYY-MM-DD (default: today in UTC)', (text) => parseDate('--date', text))
    .option('--file <name...>', 'only these files of the list: names, keys or URLs')
    .option('--skip-unchanged', 'leave out what its server says has not changed since the last run')
    .addOption(
      new Option('--on-collision <mode>', 'where two URLs give one key (default: error)').choices(ON_COLLISION_MODES),
    )
    .addOption(
      new Option('--on-error <mode>', 'when a file fails: go on, or wait for retry-failed (default: continue)').choices(
        INGEST_ON_ERROR,
      ),
    )
    .option('--fail-on-error', 'the run fails at its end where a file failed (default: its result says so)');
  command.option('--plan', 'say what a run would move, take and cost; move nothing');
  addSupposeOptions(command);
  addRunOptions(command, 'ingest', 'bucket');
  command.action(async (options: IngestOptions) => {
    await heavy.runIngest().runIngest(outputOf(command), options);
  });
};
