import type { Command } from 'commander';
import { MESSAGES } from '../../model/export-run';
import { defineCommand } from '../lib/command';
import { heavy } from '../lib/heavy';
import { outputOf } from '../lib/output';

/** `longhaul pause <run>` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'pause <run>',
    description: 'start no more records of a run; those in flight end',
    examples: ['longhaul pause export-project_01-20260131T093000Z'],
  });
  command.action(async (run: string) => {
    await heavy
      .sendUpdate()
      .sendUpdate(
        outputOf(command),
        run,
        { name: MESSAGES.pause },
        ({ stage }) => `Paused while ${stage}: no more records are started. Go on with: longhaul resume ${run}`,
      );
  });
};
