#!/usr/bin/env node
/**
 * Runs one measurement: `node scripts/bench.mjs NAME [arguments]` compiles bench/ to dist/bench and runs NAME.
 * bench/NAME.ts imports the product as '../src/…', as tests do; in the compiled form that is dist.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { REPOSITORY_ROOT, failSetUp, setUp } from './setup.mjs';

const folder = join(REPOSITORY_ROOT, 'bench');
const sources = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.ts'));
const names = sources.filter((file) => !file.includes('/')).map((file) => file.slice(0, -'.ts'.length));
const [name, ...args] = process.argv.slice(2);
if (!names.includes(name)) {
  process.stderr.write(`bench: expected one of: ${names.join(', ') || '(none yet)'}\n`);
  process.exit(2);
}

await setUp({ names: name === 'bridge' ? ['bridge'] : [] }).catch(failSetUp);
const { build } = await import('./build.mjs');
await build().catch(failSetUp);

const { transformSync } = createRequire(import.meta.url)('@swc/core');
for (const file of sources) {
  const { code } = transformSync(readFileSync(join(folder, file), 'utf8'), {
    filename: file,
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  });
  const target = join(REPOSITORY_ROOT, 'dist', 'bench', file.replace(/\.ts$/, '.js'));
  mkdirSync(dirname(target), { recursive: true });
  // dist/bench/x.js stands beside dist/model, where bench/x.ts has ../src/model.
  writeFileSync(target, code.replace(/require\("((?:\.\.\/)+)src\//g, 'require("$1'));
}

const script = join(REPOSITORY_ROOT, 'dist', 'bench', `${name}.js`);
const env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...process.env };
const child = spawn(process.execPath, ['--enable-source-maps', script, ...args], { stdio: 'inherit', env });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => signal === 'SIGTERM' && child.kill(signal));
child.once('close', (code) => (process.exitCode = code ?? 1));
