import { createRequire } from 'node:module';
import type { Command } from 'commander';
import { LonghaulError } from '../../model/errors';
import { ROLES } from '../../model/names';
import type { Role } from '../../model/names';
import type * as WorkerModule from '../../worker';
import { defineCommand } from '../lib/command/command';

const load = createRequire(__filename);

/** `transfer,api` as roles. Throws InvalidInput that names the unknown one. */
const parseRoles = (text: string): Role[] => {
  const names = text.split(',').map((name) => name.trim());
  const known = new Set<string>(ROLES);
  const unknown = names.find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new LonghaulError('InvalidInput', `--roles: expected some of ${ROLES.join(', ')}, got "${unknown}".`);
  }
  return [...new Set(names)] as Role[];
};

/** `longhaul worker`: does the work of runs until SIGTERM or Ctrl-C, then hands over what it was doing. */
export const register = (program: Command): void => {
  const command = defineCommand(program, {
    usage: 'worker',
    description: 'start a worker (its logs are JSON lines on stderr, with or without --json)',
    examples: ['longhaul worker', 'longhaul worker --roles transfer'],
  });
  command.option('--roles <names>', `what it does, comma-separated: ${ROLES.join(', ')} (default: all)`, parseRoles);
  command.action(async ({ roles }: { roles?: Role[] }) => {
    // Loaded here, because the native core of the SDK takes a second that other commands should not wait for.
    const { runWorker } = load('../../worker') as typeof WorkerModule;
    await runWorker(roles === undefined ? {} : { roles });
  });
};
