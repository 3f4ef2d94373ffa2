#!/usr/bin/env node
/** Sets up, builds and runs test/chaos/main.ts, which says the rest: `npm run chaos -- --help`. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { REPOSITORY_ROOT, failSetUp, setUp } from './setup.mjs';

await setUp().catch(failSetUp);
const { build } = await import('./build.mjs');
await build().catch(failSetUp);

const hook = join(REPOSITORY_ROOT, 'test', 'support', 'typescript-hook.cjs');
const main = join(REPOSITORY_ROOT, 'test', 'chaos', 'main.ts');
const env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...process.env };
const child = spawn(process.execPath, ['-r', hook, main, ...process.argv.slice(2)], { stdio: 'inherit', env });
// Ctrl-C reaches the child by itself.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.once('close', (code) => (process.exitCode = code ?? 1));
