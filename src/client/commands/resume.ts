import type { Command } from 'commander';
import { MESSAGES } from '../../model/export-run';
import { defineCommand } from '../lib/command';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/output';

/** `longhaul resume <run>` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'resume <run>',
    description: 'start records again after a pause',
    examples: ['longhaul resume export-project_01-20260131T093000Z'],
  });
  command.action(async (run: string) => {
    await heavy
      .sendUpdate()
      .sendUpdate(
        outputOf(command),
        run,
        { name: MESSAGES.resume },
        ({ stage }) => `Resumed while ${stage}. Watch it with: longhaul watch ${run}`,
      );
  });
};
