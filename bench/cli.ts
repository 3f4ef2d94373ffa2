/**
 * What somebody waits for at a prompt: `longhaul --help`, which must load no SDK, and `longhaul status` of a run that moves, which asks
 * the server and a worker. Whole processes, from spawn to exit, one at a time.
 */
import { execFile } from 'node:child_process';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { childEnv } from '../src/config/environment';
import { generatedRecords } from '../src/dev/export-api/samples';
import { REPOSITORY_ROOT } from '../src/dev/tools';
import { until } from '../src/dev/wait';
import { bench } from './lib/bench';
import { median } from './lib/median';
import { withRig } from './lib/rig';

const run = promisify(execFile);
const LONGHAUL = path.join(REPOSITORY_ROOT, 'bin', 'longhaul.js');
const FILE_BYTES = 1_000;
/** The first start of a worker and of a run, on a machine that does much else. */
const READY_MS = 120_000;

void bench('cli', { rounds: 10 }, ({ options, say }) =>
  withRig(say, async (rig) => {
    const { stack } = rig;
    const env = childEnv({ TEMPORAL_ADDRESS: stack.temporal.address, LONGHAUL_CONFIG_DIR: stack.configDir });
    const elapsedMs = async (...args: readonly string[]): Promise<number> => {
      const startedMs = performance.now();
      await run(process.execPath, [LONGHAUL, ...args], { env });
      return performance.now() - startedMs;
    };
    /** Without the first one, which reads the files from the disk. */
    const times = async (...args: readonly string[]): Promise<number[]> => {
      await elapsedMs(...args);
      const measured: number[] = [];
      while (measured.length < options.rounds) measured.push(await elapsedMs(...args));
      say(`longhaul ${args.join(' ')}: ${measured.map((ms) => ms.toFixed(0)).join(', ')} ms`);
      return measured;
    };

    const help = await times('--help');
    await stack.startWorker();
    stack.exportApi.faults.file({ stallAfterBytes: 1, always: true });
    const held = await rig.start('bench-cli', generatedRecords(1, FILE_BYTES), { runId: 'bench-cli' });
    const isMoving = async (): Promise<boolean> => {
      const { stdout } = await run(process.execPath, [LONGHAUL, 'status', held.workflowId, '--json'], { env });
      return (JSON.parse(stdout) as { stage?: string }).stage === 'transferring';
    };
    await until(isMoving, { what: 'the run to move', timeoutMs: READY_MS });
    const status = await times('status', held.workflowId);
    stack.exportApi.faults.clear();
    await held.result();
    return {
      figures: {
        help_ms: median(help),
        help_worst_ms: Math.max(...help),
        status_ms: median(status),
        status_worst_ms: Math.max(...status),
      },
      goals: { help_ms: { max: 300 }, status_ms: { max: 1000 } },
    };
  }),
);
