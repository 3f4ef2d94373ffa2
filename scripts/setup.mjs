#!/usr/bin/env node
/**
 * Makes everything ready that building, testing and `longhaul dev` need. Plain Node, because it runs before `npm ci`.
 *   node scripts/setup.mjs [--tools-only] [--json]
 * Progress goes to standard error; --json prints {"tools": {"temporal": path, "versitygw": path}} on standard output.
 * Exit codes: 0, 10 where a tool cannot be had, 2 for a wrong flag, 1 for anything else.
 */
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ToolMissing, findTool } from './lib/find-tool.mjs';
import { installPackages } from './lib/npm.mjs';
import { say } from './lib/progress.mjs';
import { TOOLS } from './lib/tools.mjs';

export const REPOSITORY_ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const NODE_MAJOR = 20;
/** EXIT_CODES.local of src/model/errors.ts. */
const EXIT_TOOL_MISSING = 10;
const EXIT_USAGE = 2;

/** Installs packages (unless `toolsOnly`) and gives the tools' paths by name. Throws ToolMissing. */
export const setUp = async ({ toolsOnly = false, host = process.env } = {}) => {
  if (!toolsOnly) await installPackages(REPOSITORY_ROOT, host);
  const tools = {};
  const missing = [];
  for (const tool of TOOLS) {
    try {
      tools[tool.name] = await findTool(tool, REPOSITORY_ROOT, host);
    } catch (error) {
      if (!(error instanceof ToolMissing)) throw error;
      missing.push(error.message);
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
  const flags = process.argv.slice(2);
  const unknown = flags.find((flag) => !['--tools-only', '--json'].includes(flag));
  if (unknown !== undefined) {
    say(`unknown flag ${unknown}; known are --tools-only and --json`);
    process.exit(EXIT_USAGE);
  }
  if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR) {
    say(`Node ${NODE_MAJOR} or newer is needed; this is ${process.versions.node}`);
    process.exit(1);
  }
  const start = performance.now();
  const tools = await setUp({ toolsOnly: flags.includes('--tools-only') });
  if (flags.includes('--json')) process.stdout.write(`${JSON.stringify({ tools })}\n`);
  else say(`everything is there (${((performance.now() - start) / 1000).toFixed(1)} s)`);
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main().catch(failSetUp);
