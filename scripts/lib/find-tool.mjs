/** Finds a tool, or gets it: the variable, PATH, the cache, the official download, a Go build, Maven. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { download } from './download.mjs';
import { goBuild } from './go-build.mjs';
import { withLock } from './lock.mjs';
import { checkJava, mavenCopy } from './maven.mjs';
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

/** A program, or a folder of jars. */
const isThere = (tool, path) => (tool.marker === undefined ? isExecutable(path) : existsSync(join(path, tool.marker)));

const onPath = async (tool, host) => {
  const folders = (host.PATH ?? '').split(delimiter).filter(isAbsolute);
  const file = folders.map((folder) => join(folder, tool.name)).find(isExecutable);
  if (file === undefined) throw new Error(`no "${tool.name}" in any folder of PATH`);
  const version = tool.versionPattern.exec(await run(file, tool.versionArguments ?? ['--version']))?.[1];
  if (version === undefined) throw new Error(`${file} does not say its version`);
  const oldest = tool.oldest ?? tool.version;
  if (!atLeast(version, oldest)) throw new Error(`${file} is version ${version}, older than ${oldest}`);
  return file;
};

const waysOf = (tool, target, repositoryRoot, host) => [
  ...(tool.assets === undefined ? [] : [['download', () => download(tool, target, host)]]),
  ...(tool.goPackage === undefined ? [] : [['Go build', () => goBuild(tool, target, repositoryRoot, host)]]),
  ...(tool.maven === undefined ? [] : [['Maven', () => mavenCopy(tool, target, repositoryRoot, host)]]),
];

const advice = (tool) => [
  'Do one of these and try again:',
  ...(tool.install === undefined ? [] : [`  - install ${tool.install};`]),
  `  - or set ${tool.pathVariable} to ${tool.marker === undefined ? 'the program' : 'that folder'};`,
  ...(tool.goPackage === undefined ? [] : ['  - or install Go 1.26.4 or newer (https://go.dev/dl/), which builds it;']),
  ...(tool.maven === undefined
    ? []
    : ['  - or install Maven (https://maven.apache.org/install.html), which fetches it;']),
  '  - or run the servers in containers: docker compose up.',
];

/** Gives the path of the tool. Throws ToolMissing that names each way tried, why it failed, and what to install. */
export const findTool = async (tool, repositoryRoot, host) => {
  if (tool.javaVersion !== undefined) {
    const fault = await checkJava(tool.javaVersion, host);
    if (fault !== null)
      throw new ToolMissing(`${tool.title} (${tool.why}) needs Java ${tool.javaVersion} or newer: ${fault}.`);
  }
  const given = host[tool.pathVariable];
  if (given) {
    if (isThere(tool, given)) return given;
    const wanted = tool.marker === undefined ? 'a program that can be run' : `a folder that holds ${tool.marker}`;
    throw new ToolMissing(`${tool.pathVariable} names ${given}, which is not ${wanted}.`);
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

  if (tool.versionPattern !== undefined) {
    const path = await attempt('PATH', () => onPath(tool, host));
    if (path !== undefined) return path;
  }

  const folder = `${tool.name}-${tool.version}-${process.platform}-${process.arch}`;
  const cached = join(cacheDir(host), 'tools', folder, tool.name);
  if (isThere(tool, cached)) return cached;
  tried.push(`cache: ${existsSync(cached) ? `${cached} cannot be used` : `no ${cached}`}`);

  const made = await attempt('cache', () =>
    withLock(`${join(cacheDir(host), 'tools', folder)}.lock`, tool.title, async () => {
      if (isThere(tool, cached)) return cached; // another set-up has made it meanwhile
      say(`${tool.title} ${tool.version} (${tool.why}) is needed and not here yet; it is kept in ${cached}`);
      for (const [way, work] of waysOf(tool, cached, repositoryRoot, host)) {
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
      ...advice(tool),
    ].join('\n'),
  );
};
