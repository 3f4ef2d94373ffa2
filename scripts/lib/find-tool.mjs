/** Finds a tool, or gets it: the variable, PATH, the cache, the official download, a Go build. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { download } from './download.mjs';
import { goBuild } from './go-build.mjs';
import { withLock } from './lock.mjs';
import { atLeast, run, say } from './progress.mjs';

/** None of the ways worked; the message lists them all. */
export class ToolMissing extends Error {}

/** The same folder as Environment.cacheDir of src/config, which cannot be imported before the first build. */
export const cacheDir = (host) => {
  const base = host.XDG_CACHE_HOME;
  return join(base && isAbsolute(base) ? base : join(host.HOME || homedir(), '.cache'), 'longhaul');
};

const isExecutable = (file) => {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
};

const onPath = async (tool, host) => {
  const folders = (host.PATH ?? '').split(delimiter).filter(isAbsolute);
  const file = folders.map((folder) => join(folder, tool.name)).find(isExecutable);
  if (file === undefined) throw new Error(`no "${tool.name}" in any folder of PATH`);
  const version = tool.versionPattern.exec(await run(file, ['--version']))?.[1];
  if (version === undefined) throw new Error(`${file} does not say its version`);
  if (!atLeast(version, tool.version)) throw new Error(`${file} is version ${version}, older than ${tool.version}`);
  return file;
};

/** Gives the path of the tool. Throws ToolMissing that names each way tried, why it failed, and what to install. */
export const findTool = async (tool, repositoryRoot, host) => {
  const given = host[tool.pathVariable];
  if (given) {
    if (isExecutable(given)) return given;
    throw new ToolMissing(`${tool.pathVariable} names ${given}, which is not a program that can be run.`);
  }
  const tried = [];
  const attempt = async (way, work) => {
    try {
      return await work();
    } catch (error) {
      tried.push(`${way}: ${error.message}`);
      return undefined;
    }
  };

  const path = await attempt('PATH', () => onPath(tool, host));
  if (path !== undefined) return path;

  const folder = `${tool.name}-${tool.version}-${process.platform}-${process.arch}`;
  const cached = join(cacheDir(host), 'tools', folder, tool.name);
  if (isExecutable(cached)) return cached;
  tried.push(`cache: ${existsSync(cached) ? `${cached} cannot be run` : `no ${cached}`}`);

  const made = await attempt('cache', () =>
    withLock(`${join(cacheDir(host), 'tools', folder)}.lock`, tool.title, async () => {
      if (isExecutable(cached)) return cached; // another set-up has made it meanwhile
      say(`${tool.title} ${tool.version} (${tool.why}) is needed and not here yet; it is kept in ${cached}`);
      const ways = [
        ['download', () => download(tool, cached, host)],
        ['Go build', () => goBuild(tool, cached, repositoryRoot, host)],
      ];
      for (const [way, work] of ways) {
        const done = await attempt(way, async () => (await work(), true));
        if (done) return cached;
        say(`${tried.at(-1)}`);
      }
      return undefined;
    }),
  );
  if (made !== undefined) return made;
  throw new ToolMissing(
    [
      `${tool.title} ${tool.version} (${tool.why}) cannot be found or made. Tried:`,
      ...tried.map((line) => `  - ${line}`),
      'Do one of these and try again:',
      `  - install ${tool.install};`,
      `  - or set ${tool.pathVariable} to the program;`,
      '  - or install Go 1.26.4 or newer (https://go.dev/dl/), which builds it;',
      '  - or run the servers in containers: docker compose up.',
    ].join('\n'),
  );
};
