#!/usr/bin/env node
/** Set-up, build, then dist/dev/quickstart.js with the arguments given here. Its exit code is ours. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { REPOSITORY_ROOT, failSetUp, setUp } from './setup.mjs';

await setUp().catch(failSetUp);
const { build } = await import('./build.mjs');
await build().catch(failSetUp);

const script = join(REPOSITORY_ROOT, 'dist', 'dev', 'quickstart.js');
const env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...process.env };
const child = spawn(process.execPath, [script, ...process.argv.slice(2)], { stdio: 'inherit', env });
// Ctrl-C reaches the whole process group: the quickstart ends by itself, and we wait for it.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => signal === 'SIGTERM' && child.kill(signal));
child.once('close', (code) => (process.exitCode = code ?? 1));
