/** The tools that check deploy/: those that are here or can be built; what is missing skips its tests. */
import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import * as path from 'node:path';

export const ROOT = path.resolve(__dirname, '..', '..', '..');
export const DEPLOY = path.join(ROOT, 'deploy');

type CheckTool = 'promtool' | 'helm' | 'kubecheck' | 'composecheck';

/** Finds them at once where `npm test` has run before; else builds them, which takes minutes. */
export const checkTools = (): Record<CheckTool, string | null> =>
  JSON.parse(
    execFileSync(process.execPath, [path.join(ROOT, 'scripts', 'check-tools.mjs')], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  ) as Record<CheckTool, string | null>;

/** Runs a program to its end; its output is text. */
export const runTool = (
  command: string,
  args: readonly string[],
  options: { readonly input?: string; readonly cwd?: string } = {},
): SpawnSyncReturns<string> => spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2, ...options });

/** Whether the program is on PATH. */
export const isInstalled = (command: string, args: readonly string[] = ['version']): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;
