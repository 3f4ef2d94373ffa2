/** Airflow as the other side of a fan-out: its dynamic task mapping, on a Postgres of its own, in an environment of its own. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { childEnv } from '../../src/config/environment';
import { REPOSITORY_ROOT } from '../../src/dev/tools';
import { startBenchPostgres } from './postgres';

const run = promisify(execFile);
const PEERS = path.join(REPOSITORY_ROOT, 'bench', 'peers');
const INSTALL_TIMEOUT_MS = 600_000;
const RUN_TIMEOUT_MS = 600_000;

/**
 * Mapped tasks that do nothing, per second: from the first that is queued to the last that has ended.
 * Throws where python3, a package of bench/peers/airflow-requirements.txt or the embedded Postgres is missing.
 */
export async function airflowTasksPerSec(say: (line: string) => void, tasks: number): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-airflow-'));
  try {
    say('Installing Airflow: bench/peers/airflow-requirements.txt');
    await run('python3', ['-m', 'venv', path.join(folder, 'venv')]);
    const python = path.join(folder, 'venv', 'bin', 'python');
    const install = ['-m', 'pip', 'install', '--quiet', '-r', path.join(PEERS, 'airflow-requirements.txt')];
    await run(python, install, { timeout: INSTALL_TIMEOUT_MS });
    const postgres = await startBenchPostgres();
    try {
      say(`Airflow: ${tasks} mapped tasks`);
      const job = { tasks, database: postgres.url, home: path.join(folder, 'home') };
      const { seconds } = await runPeer(python, job);
      return tasks / seconds;
    } finally {
      await postgres.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runPeer(python: string, job: object): Promise<{ readonly seconds: number }> {
  const script = path.join(PEERS, 'airflow_mapped.py');
  const child = spawn(python, [script], {
    env: childEnv(),
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: RUN_TIMEOUT_MS,
    // It ends its own processes on SIGTERM.
    killSignal: 'SIGTERM',
  });
  const ended = once(child, 'exit');
  child.stdin.end(`${JSON.stringify(job)}\n`);
  const printed = await text(child.stdout);
  await ended;
  if (child.exitCode !== 0)
    throw new Error(`airflow_mapped.py ended with ${String(child.exitCode ?? child.signalCode)}`);
  return JSON.parse(printed) as { seconds: number };
}
