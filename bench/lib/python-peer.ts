/** A Python script as the other side of a measurement, with its packages in an environment of its own. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { REPOSITORY_ROOT } from '../../src/dev/tools';
import { measureProcess, type Measured } from './measured-process';

const run = promisify(execFile);
const PEERS = path.join(REPOSITORY_ROOT, 'bench', 'peers');
const INSTALL_TIMEOUT_MS = 300_000;

export interface PythonPeer {
  /** Runs a script of bench/peers with `job` as its line of JSON; the usage is that between its "ready" and "done". */
  measure(script: string, job: object, env: NodeJS.ProcessEnv): Promise<Measured>;
}

/** A virtual environment with bench/peers/requirements.txt while `use` runs. Throws where python3 or a package is missing. */
export const withPython = <T>(say: (line: string) => void, use: (peer: PythonPeer) => Promise<T>): Promise<T> =>
  withEnvironment(say, ['-r', peerFile('requirements.txt')], (bin) => {
    const python = path.join(bin, 'python');
    return use({ measure: (script, job, env) => measureProcess(python, [peerFile(script)], job, env) });
  });

export const peerFile = (name: string): string => path.join(PEERS, name);

/** The folder of programs of a virtual environment that has these packages, while `use` runs. Throws where one is missing. */
export async function withEnvironment<T>(
  say: (line: string) => void,
  packages: readonly string[],
  use: (binFolder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-bench-'));
  try {
    say(`Installing ${packages.map((each) => path.basename(each)).join(' ')}`);
    await run('python3', ['-m', 'venv', folder]);
    const bin = path.join(folder, 'bin');
    const install = ['-m', 'pip', 'install', '--quiet', ...packages];
    await run(path.join(bin, 'python'), install, { timeout: INSTALL_TIMEOUT_MS });
    return await use(bin);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
