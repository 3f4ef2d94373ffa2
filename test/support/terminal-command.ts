/** The `longhaul` command on a terminal of its own (a pty by util-linux `script`), as a person would see it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import * as path from 'node:path';
import { childEnv } from '../../src/config/environment';
import { REPOSITORY_ROOT } from '../../src/dev/tools';
import type { RunHarness } from './run-harness';

const SCRIPT = '/usr/bin/script';

export const hasTerminal = (): boolean => {
  try {
    accessSync(SCRIPT, constants.X_OK);
    return process.platform === 'linux';
  } catch {
    return false;
  }
};

export const TERMINAL_NEED = `${SCRIPT} of util-linux`;

export class OnTerminal {
  #written = '';
  readonly #child: ChildProcess;
  readonly ended: Promise<number | null>;

  /** `env` on top of the harness's; the window has `columns` cells. Arguments must need no quotes. */
  constructor(harness: RunHarness, argv: readonly string[], env: Record<string, string> = {}, columns = 100) {
    const cli = path.join(REPOSITORY_ROOT, 'bin', 'longhaul.js');
    const command = `stty cols ${columns} rows 30; exec ${process.execPath} ${cli} ${argv.join(' ')}`;
    this.#child = spawn(SCRIPT, ['-qec', command, '/dev/null'], {
      // As a person's shell has it, whatever the one has that runs the tests (no-color.org: empty is as if it were not there).
      env: { ...childEnv(harness.cliEnv()), TERM: 'xterm-256color', NO_COLOR: '', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.#written += chunk.toString()));
    this.ended = new Promise((resolve) => this.#child.once('close', resolve));
  }

  /** All that was written so far, escapes included. */
  get written(): string {
    return this.#written;
  }

  /** Ctrl-C. */
  interrupt(): void {
    this.#child.stdin?.write('\u0003');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
