import { type Command, Option } from 'commander';
import { EXPORT_TYPES } from '../../model/export-run';
import { collectSetting, parseDate } from '../lib/command/arguments';
import { defineCommand } from '../lib/command/command';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/print/output';
import type { ExportOptions } from '../lib/start/export';
import { addRunOptions } from '../lib/command/run-options';

/** `longhaul export <project>` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'export <project>',
    description: 'start an export to S3, and wait for its end',
    examples: [
      'longhaul export project_01',
      'longhaul export project_01 --type remediation --start-date 2026-01-01 --end-date 2026-01-31',
      'longhaul export project_01 --records files.txt --set aws.max_workers=4 --detach',
    ],
  })
    .addOption(new Option('--type <type>', 'what to export (default: vulnerability)').choices(EXPORT_TYPES))
    .option('--start-date <date>', 'YYYY-MM-DD, for --type remediation', (text) => parseDate('--start-date', text))
    .option('--end-date <date>', 'YYYY-MM-DD, for --type remediation', (text) => parseDate('--end-date', text))
    .option('--records <file>', 'move these instead of asking the API: JSON, NDJSON or one URL per line; - for stdin')
    .option('--set <key=value>', 'override a setting of config.json for this run (repeatable)', collectSetting);
  addRunOptions(command, 'export', 'project');
  command.action(async (project: string, options: ExportOptions) => {
    await heavy.runExport().runExport(outputOf(command), project, options);
  });
};
