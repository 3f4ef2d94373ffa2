/**
 * Carries out a Dockerfile without an engine: COPY and RUN of its stages in folders of their own. What the machine has done
 * already is taken from there, as a layer cache does: `npm ci` of the same lock file, and the compiled code, which the build
 * makes again where a source has changed. What installs packages of the system is left out.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { ROOT } from './check-tools';
import type { Stage } from './dockerfile';

const SYSTEM_PACKAGES = /^apt-get /;

const copyInto = (from: string, value: string, to: string, isStage: boolean): void => {
  const words = value.split(/\s+/).filter((word) => !word.startsWith('--'));
  const target = words.pop() ?? '';
  for (const word of words) {
    const source = path.join(from, word.replace(/^\/app\//, ''));
    // As COPY does: files go into a target that ends in a slash, a folder becomes the target.
    const place = target.endsWith('/') ? path.join(target, path.basename(word)) : target;
    // Nobody changes a stage that has been built: links instead of half a gigabyte.
    if (isStage) execFileSync('cp', ['-al', source, path.join(to, place)]);
    else cpSync(source, path.join(to, place), { recursive: true, verbatimSymlinks: true });
  }
};

const run = (command: string, folder: string): void => {
  if (SYSTEM_PACKAGES.test(command)) return;
  if (command === 'npm ci') {
    // Not links: npm prune writes into the folder.
    execFileSync('cp', ['-a', realpathSync(path.join(ROOT, 'node_modules')), path.join(folder, 'node_modules')]);
    return;
  }
  execFileSync('sh', ['-c', command], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
};

/** Gives the folder of the last stage, which stands for `/app`: owned by this user, writable by nobody. */
export const buildImage = (stages: readonly Stage[]): { folder: string; remove: () => void } => {
  const root = mkdtempSync(path.join(tmpdir(), 'longhaul-image-'));
  const folders = new Map<string, string>();
  let folder = root;
  stages.forEach(({ name, instructions }, index) => {
    folder = path.join(root, name ?? `stage-${index}`);
    mkdirSync(folder);
    if (name !== null) folders.set(name, folder);
    for (const { name: instruction, value } of instructions) {
      if (instruction === 'RUN') run(value, folder);
      if (instruction !== 'COPY') continue;
      const stage = /--from=(\S+)/.exec(value)?.[1];
      copyInto(stage === undefined ? ROOT : (folders.get(stage) ?? ''), value, folder, stage !== undefined);
      // The build makes it anew unless it is of these very sources.
      const dist = path.join(ROOT, 'dist');
      if (/\bsrc\b/.test(value) && existsSync(dist)) cpSync(dist, path.join(folder, 'dist'), { recursive: true });
    }
  });
  execFileSync('chmod', ['-R', 'a-w,a+rX', folder]);
  chmodSync(root, 0o755);
  return {
    folder,
    remove: () => {
      execFileSync('chmod', ['-R', 'u+w', root]);
      execFileSync('rm', ['-rf', root]);
    },
  };
};
