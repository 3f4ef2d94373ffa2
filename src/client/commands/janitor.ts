import { type Command, Option } from 'commander';
import { DEFAULT_OLDER_THAN_DAYS, DEFAULT_RETENTION_DAYS, MAX_DAYS } from '../../model/janitor';
import { LOAD_ENVIRONMENTS } from '../../model/load-run';
import { parseWholeNumber } from '../lib/command/arguments';
import { defineCommand } from '../lib/command/command';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/print/output';
import type { JanitorOptions } from '../lib/janitor/run';

const days = (flag: string) => (text: string) => parseWholeNumber(flag, text, 1, MAX_DAYS);

/** `longhaul janitor <place>` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'janitor <place>',
    description: 'find what runs have left behind in a bucket; --delete removes it',
    examples: [
      'longhaul janitor project_01',
      'longhaul janitor project_01 --older-than-days 14 --delete',
      'longhaul janitor project_01 --retention-days 90 --json',
      'longhaul janitor s3://my-ingest-bucket',
      'longhaul janitor load:entity --env production',
      'longhaul janitor gs://my-event-bucket',
    ],
  })
    .addOption(
      new Option('--older-than-days <n>', 'leave alone what is younger')
        .argParser(days('--older-than-days'))
        .default(DEFAULT_OLDER_THAN_DAYS),
    )
    .addOption(
      new Option('--retention-days [n]', `also manifests, ledgers and reports of runs older than this`)
        .argParser(days('--retention-days'))
        .preset(String(DEFAULT_RETENTION_DAYS)),
    )
    .option('--delete', 'delete what is found (default: a dry run)')
    .addOption(new Option('--env <name>', 'of load:<data set>: whose staging bucket').choices(LOAD_ENVIRONMENTS))
    .option('--s3-bucket <bucket>', 'of load:<data set>: the staging bucket (default: see the guide of loads)')
    .option('--detach', 'return as soon as the janitor is started');
  command.addHelpText(
    'after',
    '\nPlaces: a project, s3://<bucket> of ingests, load:<data set>, gs://<bucket> of events.\nIt is a workflow: a worker does the work.',
  );
  command.action((place: string, options: JanitorOptions) =>
    heavy.runJanitor().runJanitor(outputOf(command), place, options),
  );
};
