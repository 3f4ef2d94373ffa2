/** A short `npm run chaos`: workers, S3 and Temporal killed at random while jobs run, and nothing lost or left. */
import * as path from 'node:path';
import { childEnv } from '../../src/config/environment';
import { REPOSITORY_ROOT } from '../../src/dev/tools';
import type { ChaosResult } from '../chaos/run';
import { runScript } from '../support/run-script';

const TIMEOUT_MS = 600_000;

it(
  'half a minute of it',
  async () => {
    const hook = path.join(REPOSITORY_ROOT, 'test', 'support', 'typescript-hook.cjs');
    const main = path.join(REPOSITORY_ROOT, 'test', 'chaos', 'main.ts');
    const args = ['-r', hook, main, '--minutes', '0.5', '--workers', '2', '--jobs', '2', '--json'];
    const env = childEnv({ AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' });
    const { exitCode, stdout, stderr } = await runScript(args, env, REPOSITORY_ROOT);
    // What it has printed is the only way to know what happened.
    if (exitCode !== 0) throw new Error(`${stdout}\n${stderr}`);
    const { kills, compared, jobs, problems } = JSON.parse(stdout) as ChaosResult;
    expect(problems).toEqual([]);
    expect(kills).toBeGreaterThan(0);
    expect(compared).toBeGreaterThan(0);
    expect(Object.values(jobs).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(2);
  },
  TIMEOUT_MS,
);
