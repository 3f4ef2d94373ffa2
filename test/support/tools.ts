/** Tests that need an optional server: set up on first use, skipped with the reason where it cannot be had. */
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { EXIT_CODES } from '../../src/model/errors';
import { REPOSITORY_ROOT, type OptionalTool } from '../../src/dev/tools';
import { describeWhere } from './skip';

/** Null where it is there, else why it is not. Asked at once, because Jest collects tests without waiting. */
const whyMissing = (tool: OptionalTool): string | null => {
  const script = path.join(REPOSITORY_ROOT, 'scripts', 'setup.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, '--tools-only', '--with', tool], {
    encoding: 'utf8',
  });
  if (status === 0) return null;
  const message = stderr.split('\n').find((line) => line.startsWith('ToolMissing: '));
  if (status === EXIT_CODES.local && message !== undefined) return message.slice('ToolMissing: '.length);
  throw new Error(`The set-up of ${tool} ended with ${status ?? 'a signal'}: ${stderr}`);
};

/** `describe` where all of these servers can be run, else skipped with the first reason in the name. */
export const describeWithTools = (tools: readonly OptionalTool[]): ((name: string, body: () => void) => void) => {
  const reason = tools.map(whyMissing).find((found) => found !== null);
  return describeWhere(reason === undefined, reason ?? '');
};
