/** The `longhaul` command in a process of its own, for the servers and projects of a RunHarness. */
import * as path from 'node:path';
import { childEnv } from '../../src/config/environment';
import { REPOSITORY_ROOT } from '../../src/dev/tools';
import type { RunHarness } from './run-harness';
import { runScript, type ScriptResult } from './run-script';

export const longhaul = (harness: RunHarness, ...argv: string[]): Promise<ScriptResult> =>
  runScript([path.join(REPOSITORY_ROOT, 'bin', 'longhaul.js'), ...argv], childEnv(harness.cliEnv()));

/** The error document that `--json` writes to stderr. */
export const errorOf = ({ stderr }: ScriptResult): { code: string; message: string; exitCode: number } =>
  (JSON.parse(stderr) as { error: { code: string; message: string; exitCode: number } }).error;
