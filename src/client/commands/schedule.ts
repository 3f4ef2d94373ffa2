import { type Command, Option } from 'commander';
import { parseDate, parseId } from '../lib/command/arguments';
import { defineCommand } from '../lib/command/command';
import { parseDuration } from '../lib/command/duration';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/print/output';
import { type Overlap, OVERLAP_WORDS, SCHEDULE_WORDS } from '../lib/job/words';
import type { CreateOptions } from '../lib/schedule/plan';

const DEFAULT_CATCHUP_MS = 3_600_000;

const duration = (name: string) => (text: string) => parseDuration(name, text);
const overlapOption = (meaning = 'when the last run is still going'): Option =>
  new Option('--overlap <policy>', meaning).choices(OVERLAP_WORDS);

const registerCreate = (group: Command): void => {
  const command = defineCommand(group, {
    usage: 'create',
    description: 'start a job again and again',
    examples: [
      'longhaul schedule create nightly --job export --project project_01 --cron "0 6 * * *" --timezone Europe/Berlin',
      'longhaul schedule create often --job ingest --bucket my-bucket --every 6h --offset 30m --jitter 5m',
      'longhaul schedule create tidy --job janitor --project project_01 --every 1d --input \'{"delete":true}\'',
    ],
  })
    .argument('<id>', 'name of the schedule', (text) => parseId('id', text))
    .addOption(new Option('--job <job>', 'what to start').choices(SCHEDULE_WORDS).makeOptionMandatory())
    .option('--input <json>', 'the input of the job: one JSON object')
    .option('--project <project>', 'the same as "project" in --input (export, janitor)')
    .option('--bucket <bucket>', 'the same as "bucket" in --input (ingest, janitor)')
    .option('--data-set <name>', 'the same as "data_set" in --input (load, janitor)')
    .option('--raw-file <id>', 'the same as "raw_file_id" in --input (restore)')
    .option('--cron <expression>', 'five fields: minute, hour, day of month, month, day of week')
    .option('--every <duration>', 'such as 90s, 5m, 6h, 1d', duration('--every'))
    .option('--offset <duration>', 'shifts --every', duration('--offset'))
    .option('--timezone <name>', 'of --cron, such as Europe/Berlin (default: UTC)')
    .option('--jitter <duration>', 'start up to this much later, at random', duration('--jitter'))
    .addOption(overlapOption().default('skip'))
    .addOption(
      new Option('--catchup <duration>', 'make up for runs missed while Temporal was away, this far back')
        .argParser(duration('--catchup'))
        .default(DEFAULT_CATCHUP_MS, '1h'),
    )
    .option('--no-pause-on-failure', 'go on after a run has failed (default: pause)')
    .option('--note <text>', 'why it is there; shown by describe and the Web UI')
    .option('--paused', 'create it paused')
    .option('--trigger-now', 'start one run at once');
  command.action((id: string, options: CreateOptions) =>
    heavy.schedules().createSchedule(outputOf(command), id, options),
  );
};

const registerOrder = (group: Command, order: 'pause' | 'resume' | 'delete', description: string): void => {
  const command = defineCommand(group, {
    usage: `${order} <id>`,
    description,
    examples: [`longhaul schedule ${order} nightly`],
  });
  if (order !== 'delete') command.option('--note <text>', 'why');
  command.action((id: string, { note }: { note?: string }) =>
    heavy.schedules().orderSchedule(outputOf(command), id, order, note),
  );
};

const registerTrigger = (group: Command): void => {
  const command = defineCommand(group, {
    usage: 'trigger <id>',
    description: 'start one run now',
    examples: ['longhaul schedule trigger nightly'],
  }).addOption(overlapOption('when the last run is still going (default: what the schedule says)'));
  command.action((id: string, { overlap }: { overlap?: Overlap }) =>
    heavy.schedules().triggerSchedule(outputOf(command), id, overlap),
  );
};

const registerBackfill = (group: Command): void => {
  const command = defineCommand(group, {
    usage: 'backfill <id>',
    description: 'start the runs of past days, each with its own nominal time',
    examples: ['longhaul schedule backfill nightly --from 2026-01-01 --to 2026-01-03'],
  })
    .requiredOption('--from <date>', 'first day, YYYY-MM-DD, in the time zone of the schedule', (text) =>
      parseDate('--from', text),
    )
    .requiredOption('--to <date>', 'last day, included', (text) => parseDate('--to', text))
    .addOption(overlapOption().default('allow-all'));
  command.action((id: string, options: { from: string; to: string; overlap: Overlap }) =>
    heavy.schedules().backfillSchedule(outputOf(command), id, options),
  );
};

/** `longhaul schedule …` */
export const register = (program: Command): void => {
  const group = defineCommand(program, {
    usage: 'schedule',
    description: 'start jobs at set times, and catch up on past days',
    examples: ['longhaul schedule create nightly --job export --project project_01 --cron "0 6 * * *"'],
  });
  registerCreate(group);
  const list = defineCommand(group, {
    usage: 'list',
    description: 'all schedules of the namespace',
    examples: ['longhaul schedule list'],
  });
  list.action(() => heavy.schedules().listSchedules(outputOf(list)));
  const describe = defineCommand(group, {
    usage: 'describe <id>',
    description: 'spec, policies, next times and recent runs',
    examples: ['longhaul schedule describe nightly'],
  });
  describe.action((id: string) => heavy.schedules().describeSchedule(outputOf(describe), id));
  registerOrder(group, 'pause', 'start no more runs until it is resumed');
  registerOrder(group, 'resume', 'start runs again');
  registerTrigger(group);
  registerBackfill(group);
  registerOrder(group, 'delete', 'remove the schedule; its runs go on');
};
