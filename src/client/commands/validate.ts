import type { Command } from 'commander';
import { type SettingValue, collectSetting } from '../lib/command/arguments';
import { defineCommand } from '../lib/command/command';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/print/output';

/** `longhaul validate <project>` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'validate <project>',
    description: 'check a project: its config, the export API, the bucket; starts nothing, leaves nothing behind',
    examples: ['longhaul validate project_01'],
  }).option('--set <key=value>', 'override a setting of config.json (repeatable)', collectSetting);
  command.action(async (project: string, options: { set?: Record<string, SettingValue> }) => {
    await heavy.validateProject().validateProject(outputOf(command), project, options.set);
  });
};
