/** A Python script as the other side of a measurement, with its packages in an environment of its own. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { REPOSITORY_ROOT } from '../../src/dev/tools';
import { watchUsage, type Usage } from './usage';

const run = promisify(execFile);
const PEERS = path.join(REPOSITORY_ROOT, 'bench', 'peers');
const INSTALL_TIMEOUT_MS = 300_000;

export interface PythonPeer {
  /** Runs a script of bench/peers with `job` as its line of JSON; the usage is that between its "ready" and "done". */
  measure(script: string, job: object, env: NodeJS.ProcessEnv): Promise<Usage & { readonly seconds: number }>;
}

/** A virtual environment with bench/peers/requirements.txt while `use` runs. Throws where python3 or a package is missing. */
export async function withPython<T>(say: (line: string) => void, use: (peer: PythonPeer) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-bench-'));
  try {
    say('Installing the packages of bench/peers/requirements.txt');
    await run('python3', ['-m', 'venv', folder]);
    const install = ['-m', 'pip', 'install', '--quiet', '-r', path.join(PEERS, 'requirements.txt')];
    const python = path.join(folder, 'bin', 'python');
    await run(python, install, { timeout: INSTALL_TIMEOUT_MS });
    return await use({ measure: (script, job, env) => measure(python, path.join(PEERS, script), job, env) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(
  python: string,
  script: string,
  job: object,
  env: NodeJS.ProcessEnv,
): Promise<Usage & { readonly seconds: number }> {
  const child = spawn(python, [script], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const expectLine = async (wanted: string): Promise<void> => {
    const line = await lines.next();
    if (line.value !== wanted) throw new Error(`${path.basename(script)} ended before it said "${wanted}"`);
  };
  try {
    child.stdin.write(`${JSON.stringify(job)}\n`);
    await expectLine('ready');
    const watched = watchUsage(child.pid ?? 0);
    const startedMs = performance.now();
    child.stdin.write('go\n');
    await expectLine('done');
    return { ...watched.stop(), seconds: (performance.now() - startedMs) / 1000 };
  } finally {
    child.stdin.end();
    await ended;
  }
}
