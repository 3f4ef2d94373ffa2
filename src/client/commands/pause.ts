import type { Command } from 'commander';
import { MESSAGES } from '../../model/run';
import { defineCommand } from '../lib/command/command';
import { sendsUpdate } from '../lib/operate/update-command';

/** `longhaul pause <run>` */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'pause <run>',
    description: 'start no more records or files of a run; those in flight end',
    examples: ['longhaul pause export-project_01-20260131T093000Z'],
  });
  sendsUpdate(command, (run) => ({
    name: MESSAGES.pause,
    toText: ({ stage }, { unit }) =>
      `Paused while ${stage}: no more ${unit}s are started. Go on with: longhaul resume ${run}`,
  }));
};
