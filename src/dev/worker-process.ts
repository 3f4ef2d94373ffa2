/** A worker in a process of its own, started as a user would start it, so that it can be killed. */
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { childEnv } from '../config/environment';
import { ROLES, type Role } from '../model/names';
import { startProcess } from './process';
import type { LoggedProcess } from './process';
import { REPOSITORY_ROOT } from './tools';
import { waitUntilReady } from './wait';

export interface WorkerOptions {
  readonly name?: string;
  readonly temporalAddress: string;
  readonly namespace: string;
  readonly configDir: string;
  readonly logDir: string;
  /** All of them where it is left out. */
  readonly roles?: readonly Role[];
  /** Folder of the build that it runs: the package's own where it is left out. */
  readonly packageRoot?: string;
  /** Further variables of its environment; undefined removes one. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Loading the native core and bundling the workflows takes 2–4 s, longer where other tests share the cores. */
const READY_TIMEOUT_MS = 90_000;
/** Longer than the worker's own shutdownForceTime, so that a drain is never cut short by us. */
const STOP_GRACE_MS = 30_000;
/** The line that src/worker.ts logs when it polls. */
const READY_EVENT = '"event":"worker_ready"';

const roleArguments = (roles: readonly Role[] | undefined): string[] => {
  if (roles === undefined || roles.length === ROLES.length) return [];
  return ['--roles', roles.join(',')];
};

/** Keeps TLS and the API key of the user's own Temporal profile away from the stack's server. */
const emptyProfile = (folder: string): string => {
  const file = path.join(folder, 'temporal.toml');
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, '[profile.default]\n');
  return file;
};

/** Starts `longhaul worker` and waits until it polls. Throws Internal with its last output when it ends before that. */
export const startWorkerProcess = async (options: WorkerOptions): Promise<LoggedProcess> => {
  const name = options.name ?? 'worker';
  const child = await startProcess({
    name,
    command: process.execPath,
    args: [
      path.join(options.packageRoot ?? REPOSITORY_ROOT, 'bin', 'longhaul.js'),
      'worker',
      ...roleArguments(options.roles),
    ],
    env: childEnv({
      TEMPORAL_CONFIG_FILE: emptyProfile(options.logDir),
      TEMPORAL_PROFILE: undefined,
      TEMPORAL_API_KEY: undefined,
      TEMPORAL_TLS: undefined,
      TEMPORAL_ADDRESS: options.temporalAddress,
      TEMPORAL_NAMESPACE: options.namespace,
      LONGHAUL_CONFIG_DIR: options.configDir,
      LONGHAUL_LOG_FORMAT: 'json',
      ...options.env,
    }),
    logFile: path.join(options.logDir, `${name}.log`),
    stopGraceMs: STOP_GRACE_MS,
  });
  await waitUntilReady(child, () => child.output().includes(READY_EVENT), READY_TIMEOUT_MS);
  return child;
};
