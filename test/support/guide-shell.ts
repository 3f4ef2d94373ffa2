/** Command lines of a guide, run as printed by a shell that finds `longhaul` and `temporal`. */
import { execFile } from 'node:child_process';
import { chmodSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { childEnv } from '../../src/config/environment';
import { REPOSITORY_ROOT, toolPaths } from '../../src/dev/tools';
import type { RunHarness } from './run-harness';
import { freshFolder } from './shared-stack';

/** All lines of the blocks that are marked as `sh`. */
export const linesOfGuide = (name: string): string[] => {
  const guide = readFileSync(path.join(REPOSITORY_ROOT, 'docs', name), 'utf8');
  const blocks = guide.matchAll(/^ *```sh\n([^]*?)^ *```/gm);
  return [...blocks].flatMap(([, block = '']) =>
    block
      .trim()
      .split('\n')
      .map((line) => line.trim()),
  );
};

export class GuideShell {
  private constructor(private readonly bin: ReturnType<typeof freshFolder>) {}

  static async create(): Promise<GuideShell> {
    const bin = freshFolder('bin');
    const { temporal } = await toolPaths();
    symlinkSync(temporal, path.join(bin.path, 'temporal'));
    const ours = path.join(bin.path, 'longhaul');
    writeFileSync(ours, `#!/bin/sh\nexec '${process.execPath}' '${REPOSITORY_ROOT}/bin/longhaul.js' "$@"\n`);
    chmodSync(ours, 0o755);
    return new GuideShell(bin);
  }

  /** Answers what it prints; rejects with all of that where it fails. */
  run(harness: RunHarness, line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const PATH = `${this.bin.path}${path.delimiter}${childEnv().PATH ?? ''}`;
      execFile('sh', ['-c', line], { env: childEnv({ ...harness.cliEnv(), PATH }) }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${line}\n${stdout}${stderr}`, { cause: error }));
      });
    });
  }

  remove(): void {
    this.bin.remove();
  }
}
