#!/usr/bin/env node
/**
 * Makes everything ready that building, testing and `longhaul dev` need. Plain Node, because it runs before `npm ci`.
 *   node scripts/setup.mjs [--tools-only] [--json] [--with NAME]…
 * Progress goes to standard error; --json prints {"tools": {"temporal": path, "versitygw": path}} on standard output.
 * --with adds the tools of a group (bridge), or one by its name (elasticmq, pubsub-emulator, fake-gcs-server).
 * Exit codes: 0, 10 where a tool cannot be had, 2 for a wrong flag, 1 for anything else.
 */
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ToolMissing, findTool } from './lib/find-tool.mjs';
import { installPackages } from './lib/npm.mjs';
import { say } from './lib/progress.mjs';
import { OPTIONAL_TOOLS, TOOLS, TOOL_GROUPS } from './lib/tools.mjs';

export const REPOSITORY_ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const NODE_MAJOR = 20;
/** EXIT_CODES.local of src/model/errors.ts. */
const EXIT_TOOL_MISSING = 10;
const EXIT_USAGE = 2;

const optionalTools = (names) => {
  const wanted = new Set(names.flatMap((name) => TOOL_GROUPS[name] ?? [name]));
  return OPTIONAL_TOOLS.filter(({ name }) => wanted.has(name));
};

/**
 * Installs packages (unless `toolsOnly`) and gives the tools' paths by name. `names` are the optional tools or groups
 * that are wanted too. Throws ToolMissing; `missing` is called instead for an optional tool, where it is given.
 */
export const setUp = async ({ toolsOnly = false, names = [], missing: onMissing, host = process.env } = {}) => {
  if (!toolsOnly) await installPackages(REPOSITORY_ROOT, host);
  const tools = {};
  const missing = [];
  for (const tool of [...TOOLS, ...optionalTools(names)]) {
    try {
      tools[tool.name] = await findTool(tool, REPOSITORY_ROOT, host);
    } catch (error) {
      if (!(error instanceof ToolMissing)) throw error;
      if (onMissing !== undefined && OPTIONAL_TOOLS.includes(tool)) onMissing(error.message);
      else missing.push(error.message);
    }
  }
  if (missing.length > 0) throw new ToolMissing(missing.join('\n'));
  return tools;
};

/** Ends the process as the command line promises, for `setUp` run from another script. */
export const failSetUp = (error) => {
  process.stderr.write(error instanceof ToolMissing ? `ToolMissing: ${error.message}\n` : `setup: ${error.message}\n`);
  process.exit(error instanceof ToolMissing ? EXIT_TOOL_MISSING : 1);
};

const main = async () => {
  const known = [...Object.keys(TOOL_GROUPS), ...OPTIONAL_TOOLS.map(({ name }) => name)];
  const flags = [];
  const names = [];
  const given = process.argv.slice(2);
  for (let flag = given.shift(); flag !== undefined; flag = given.shift()) {
    if (flag === '--with') names.push(given.shift() ?? '');
    else flags.push(flag);
  }
  const unknown = flags.find((flag) => !['--tools-only', '--json'].includes(flag));
  if (unknown !== undefined) {
    say(`unknown flag ${unknown}; known are --tools-only, --json and --with`);
    process.exit(EXIT_USAGE);
  }
  const unknownName = names.find((name) => !known.includes(name));
  if (unknownName !== undefined) {
    say(`--with ${unknownName}: known are ${known.join(', ')}`);
    process.exit(EXIT_USAGE);
  }
  if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR) {
    say(`Node ${NODE_MAJOR} or newer is needed; this is ${process.versions.node}`);
    process.exit(1);
  }
  const start = performance.now();
  const tools = await setUp({ toolsOnly: flags.includes('--tools-only'), names });
  if (flags.includes('--json')) process.stdout.write(`${JSON.stringify({ tools })}\n`);
  else say(`everything is there (${((performance.now() - start) / 1000).toFixed(1)} s)`);
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main().catch(failSetUp);
