import type { Command } from 'commander';
import { MESSAGES } from '../../model/run';
import { defineCommand } from '../lib/command/command';
import { sendsUpdate } from '../lib/operate/update-command';

/** `longhaul resume <run>` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'resume <run>',
    description: 'start records or files again after a pause',
    examples: ['longhaul resume export-project_01-20260131T093000Z'],
  });
  sendsUpdate(command, (run) => ({
    name: MESSAGES.resume,
    toText: ({ stage }) => `Resumed while ${stage}. Watch it with: longhaul watch ${run}`,
  }));
};
