import { type Command, Option } from 'commander';
import { parseWholeNumber } from '../lib/command/arguments';
import { defineCommand } from '../lib/command/command';
import { parseDuration } from '../lib/command/duration';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/print/output';
import { LISTED_JOBS, type ListedJob, TOP_ORDERS, type TopOrder, WORKFLOW_OF } from '../lib/runs/words';

const DEFAULT_INTERVAL_MS = 2_000;
/** Each row is a query to a worker. */
const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;

interface Options {
  readonly job?: ListedJob[];
  readonly project?: string;
  readonly sort: TopOrder;
  readonly interval: number;
  readonly limit: number;
  readonly once?: boolean;
}

/** `longhaul top` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'top',
    description: 'all runs that are running, refreshed until Ctrl-C',
    examples: [
      'longhaul top',
      'longhaul top --sort rate --interval 5s',
      'longhaul top --once --json | jq ".runs[] | {workflowId, stage}"',
    ],
  })
    .addOption(new Option('--job <job...>', 'of these jobs').choices(LISTED_JOBS))
    .option('--project <name>', 'of this project, bucket, data set or raw file')
    .addOption(new Option('--sort <order>', 'what comes first').choices(TOP_ORDERS).default('started'))
    .addOption(
      new Option('--interval <duration>', 'between two looks')
        .argParser((text: string) => parseDuration('--interval', text))
        .default(DEFAULT_INTERVAL_MS, '2s'),
    )
    .addOption(
      new Option('--limit <n>', 'at most so many runs')
        .argParser((text: string) => parseWholeNumber('--limit', text, 1, MAX_LIMIT))
        .default(DEFAULT_LIMIT),
    )
    .option('--once', 'look once, and end');
  command.action(async ({ job = [], project, sort, interval, limit, once }: Options) => {
    await heavy.top().top(outputOf(command), {
      jobs: job.map((word) => WORKFLOW_OF[word]),
      project,
      sort,
      intervalMs: interval,
      limit,
      once: once === true,
    });
  });
};
