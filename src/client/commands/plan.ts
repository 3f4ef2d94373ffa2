import { type Command, Option } from 'commander';
import { EXPORT_TYPES } from '../../model/export-run';
import { collectSetting, parseDate } from '../lib/command/arguments';
import { defineCommand } from '../lib/command/command';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/print/output';
import { addSupposeOptions } from '../lib/command/run-options';
import type { PlanOptions } from '../lib/start/plan';

/** `longhaul plan <project>` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'plan <project>',
    description: 'say what an export would move, take and cost; moves nothing, writes nothing to the bucket',
    examples: [
      'longhaul plan project_01',
      'longhaul plan project_01 --records files.txt --set aws.max_workers=64 --json',
      'longhaul plan project_01 --export-id RXhwb3J0OjE= --sample 1000',
      'longhaul plan project_01 --assume temporal.records_per_s=200 --assume price.temporal_per_million_actions=25',
    ],
  })
    .addOption(new Option('--type <type>', 'what would be exported (default: vulnerability)').choices(EXPORT_TYPES))
    .option('--start-date <date>', 'YYYY-MM-DD, for --type remediation', (text) => parseDate('--start-date', text))
    .option('--end-date <date>', 'YYYY-MM-DD, for --type remediation', (text) => parseDate('--end-date', text))
    .option('--records <file>', 'plan these instead of asking the API: JSON, NDJSON or one URL per line; - for stdin')
    .option('--export-id <id>', 'plan an export that has ended, instead of creating one at the vendor')
    .option('--set <key=value>', 'override a setting of config.json (repeatable)', collectSetting);
  addSupposeOptions(command);
  command.action(async (project: string, options: PlanOptions) => {
    await heavy.runPlan().runPlan(outputOf(command), project, options);
  });
};
