#!/usr/bin/env node
/**
 * Finds or builds the tools that check deploy/, and prints {"promtool": path, …} with null for what cannot be had, whose
 * reason goes to standard error. Exit code 0 all the same: the tests that need a tool say that they are skipped.
 */
import { pathToFileURL } from 'node:url';
import { CHECK_TOOLS } from './lib/check-tools.mjs';
import { ToolMissing, findTool } from './lib/find-tool.mjs';
import { REPOSITORY_ROOT } from './setup.mjs';

export const findCheckTools = async (host = process.env) => {
  const paths = {};
  for (const tool of CHECK_TOOLS) {
    try {
      const flags = [host.GOFLAGS, tool.goFlags].filter(Boolean).join(' ');
      paths[tool.name] = await findTool(tool, REPOSITORY_ROOT, { ...host, GOFLAGS: flags });
    } catch (error) {
      if (!(error instanceof ToolMissing)) throw error;
      process.stderr.write(`check-tools: ${error.message}\n`);
      paths[tool.name] = null;
    }
  }
  return paths;
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(`${JSON.stringify(await findCheckTools())}\n`);
}
