#!/usr/bin/env node
/** `npm run storm`: the storm of test/storm, from the sources as they are, without a build. See docs/storm.md. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(fileURLToPath(import.meta.url), '../../test/storm');
const args = ['-r', join(folder, 'loader.cjs'), join(folder, 'main.ts'), ...process.argv.slice(2)];
const env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...process.env };
const child = spawn(process.execPath, args, { env, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.once('close', (code) => (process.exitCode = code ?? 1));
