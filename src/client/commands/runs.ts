import { type Command, Option } from 'commander';
import { STAGES, type Stage } from '../../model/run';
import { parseWholeNumber } from '../lib/command/arguments';
import { defineCommand } from '../lib/command/command';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/print/output';
import { parseInstant } from '../lib/runs/query';
import { LISTED_JOBS, type ListedJob, RUN_STATUSES, type RunStatusWord, WORKFLOW_OF } from '../lib/runs/words';

/** Enough for a screen; a page of the server is at most 1,000. */
const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 1_000;

interface Options {
  readonly job?: ListedJob[];
  readonly project?: string;
  readonly status?: RunStatusWord[];
  readonly stage?: Stage[];
  readonly since?: Date;
  readonly until?: Date;
  readonly failedRecords?: boolean;
  readonly where?: string;
  readonly limit: number;
  readonly after?: string;
}

/** `longhaul runs` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'runs',
    description: 'list runs of all jobs, the newest first',
    examples: [
      'longhaul runs --since 24h',
      'longhaul runs --job export --project project_01 --status failed terminated',
      'longhaul runs --failed-records --since 7d --json | jq -r ".runs[].workflowId"',
      'longhaul runs --stage parked',
    ],
  })
    .addOption(new Option('--job <job...>', 'of these jobs').choices(LISTED_JOBS))
    .option('--project <name>', 'of this project, bucket, data set or raw file')
    .addOption(new Option('--status <status...>', 'that stand so').choices(RUN_STATUSES))
    .addOption(new Option('--stage <stage...>', 'in this stage').choices(STAGES))
    .option('--since <time>', 'started since: 24h, 7d, 2026-01-31 (UTC)', (text: string) =>
      parseInstant('--since', text),
    )
    .option('--until <time>', 'started before', (text: string) => parseInstant('--until', text))
    .option('--failed-records', 'with records that have failed, whatever became of the run')
    .option('--where <filter>', "any further condition of Temporal's list filters")
    .addOption(
      new Option('--limit <n>', 'at most so many')
        .argParser((text: string) => parseWholeNumber('--limit', text, 1, MAX_LIMIT))
        .default(DEFAULT_LIMIT),
    )
    .option('--after <next>', 'go on where an earlier list has ended');
  command.action(async ({ job = [], status = [], stage = [], failedRecords, ...options }: Options) => {
    await heavy.runs().showRuns(outputOf(command), {
      ...options,
      jobs: job.map((word) => WORKFLOW_OF[word]),
      statuses: status,
      stages: stage,
      withFailedRecords: failedRecords === true,
    });
  });
};
