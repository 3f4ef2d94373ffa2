/** The package as `npm pack` makes it, installed into an empty folder: what somebody has who never saw the repository. */
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { childEnv } from '../../src/config/environment';
import { REPOSITORY_ROOT } from '../../src/dev/tools';
import { runScript, type ScriptResult } from './run-script';

const run = promisify(execFile);
const ROOT = realpathSync(REPOSITORY_ROOT);
const MODULES = realpathSync(path.join(ROOT, 'node_modules'));

interface PackedFile {
  readonly path: string;
}

export interface Packed {
  /** The empty folder that it was installed into. */
  readonly folder: string;
  /** `node_modules/longhaul` in it. */
  readonly root: string;
  /** Paths of the tarball's files. */
  readonly files: readonly string[];
  readonly tarballBytes: number;
  /** Of a command that runs there. */
  env(overrides?: Record<string, string>): Record<string, string>;
  /** Runs the installed `longhaul`, in the folder. */
  longhaul(args: readonly string[], overrides?: Record<string, string>): Promise<ScriptResult>;
  /** What the commands so far have looked at in the repository, its node_modules apart. */
  outsideReads(): string[];
  remove(): void;
}

/**
 * Packs what is built and unpacks it as npm would; dependencies are links to the repository's, so that nothing is fetched. Only
 * what package.json names as a dependency is there, and node_modules/.bin/longhaul.
 */
export const installPacked = async (): Promise<Packed> => {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'longhaul-packed-')));
  const modules = path.join(folder, 'node_modules');
  const root = path.join(modules, 'longhaul');
  mkdirSync(root, { recursive: true });
  mkdirSync(path.join(modules, '.bin'));
  // The build has been made by then; prepack would only look whether it is fresh.
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await run('npm', pack, { cwd: ROOT, maxBuffer: 2 ** 24 });
  const [made] = JSON.parse(stdout) as { filename: string; size: number; files: PackedFile[] }[];
  if (made === undefined) throw new Error('npm pack names no tarball');
  const tarball = path.join(folder, made.filename);
  await run('tar', ['-xzf', tarball, '-C', root, '--strip-components=1']);
  rmSync(tarball);
  const { dependencies, bin } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
    bin: { longhaul: string };
  };
  for (const name of Object.keys(dependencies)) {
    mkdirSync(path.dirname(path.join(modules, name)), { recursive: true });
    symlinkSync(path.join(MODULES, name), path.join(modules, name));
  }
  const command = path.join(modules, '.bin', 'longhaul');
  symlinkSync(path.join('..', 'longhaul', bin.longhaul), command);
  writeFileSync(path.join(folder, 'package.json'), '{"private": true}\n');

  const log = path.join(folder, '.outside-reads');
  const env = (overrides: Record<string, string> = {}): Record<string, string> =>
    childEnv({
      NODE_OPTIONS: `--require ${path.join(ROOT, 'test', 'support', 'outside-reads.cjs')}`,
      OUTSIDE_READS_LOG: log,
      OUTSIDE_READS_ROOT: ROOT,
      // Twice where it is a link; a PATH may name its .bin.
      OUTSIDE_READS_ALLOWED: [MODULES, path.join(ROOT, 'node_modules')].join(path.delimiter),
      ...overrides,
    });
  return {
    folder,
    root,
    files: made.files.map((file) => file.path),
    tarballBytes: made.size,
    env,
    longhaul: (args, overrides) => runScript([command, ...args], env(overrides), folder),
    outsideReads: () => {
      const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
      // The hook itself is a file of the repository.
      return [...new Set(lines)].filter((line) => !line.endsWith('outside-reads.cjs')).slice(0, 20);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};

/** All files below a folder, sorted. */
export const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
