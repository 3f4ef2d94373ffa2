#!/usr/bin/env node
/**
 * Compiles src/ to dist/ and bundles the workflows into dist/workflow-bundle*.js, which production workers load instead
 * of bundling at their start. Does nothing where no input has changed. Building the bundle is also the check that
 * workflow code imports nothing that cannot run in the workflow sandbox.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cacheDir } from './lib/find-tool.mjs';
import { withLock } from './lib/lock.mjs';
import { REPOSITORY_ROOT } from './setup.mjs';

const require = createRequire(import.meta.url);
const dist = join(REPOSITORY_ROOT, 'dist');
const STAMP = '.build-stamp';
const BUNDLE = 'workflow-bundle.js';
/** The same workflows for workers that encrypt: texts of failures leave them as payloads. */
const ENCODED_BUNDLE = 'workflow-bundle-encoded.js';

const log = (text) => process.stderr.write(`build: ${text}\n`);

/** Hash of everything that the result follows from. 2 MB of sources take a few milliseconds. */
const inputsHash = () => {
  const hash = createHash('sha256').update(process.versions.node.split('.')[0]);
  const sources = readdirSync(join(REPOSITORY_ROOT, 'src'), { recursive: true }).filter((name) => name.endsWith('.ts'));
  const files = [
    'package-lock.json',
    'tsconfig.json',
    'scripts/build.mjs',
    ...sources.map((name) => join('src', name)),
  ];
  for (const name of files.sort()) hash.update(`${name}\0`).update(readFileSync(join(REPOSITORY_ROOT, name)));
  return hash.digest('hex');
};

/** Beside dist/, so that a failed build leaves the last good one, and running workers never see half of one. */
const next = join(REPOSITORY_ROOT, 'dist.next');

const compile = () => {
  const tsc = require.resolve('typescript/bin/tsc');
  const args = [tsc, '-p', join(REPOSITORY_ROOT, 'tsconfig.json'), '--outDir', next];
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error('the TypeScript compiler found errors; nothing has been replaced');
};

/**
 * Loaded once for all workflows instead of once for each: constants and pure functions, whose objects the SDK freezes. Modules of
 * src/workflows stay apart, because some keep state of one workflow execution.
 */
const statelessModules = () =>
  ['errors', 'names', 'records', 'run', 'transfer-event', 'counted'].map((name) => join(next, 'model', `${name}.js`));

const bundle = async () => {
  const workflowsPath = join(next, 'workflows', 'index.js');
  if (!existsSync(workflowsPath)) throw new Error('src/workflows/index.ts is missing: there is no workflow to bundle');
  const { bundleWorkflowCode } = require('@temporalio/worker');
  const ignore = () => undefined;
  const logger = { log: ignore, trace: ignore, debug: ignore, info: ignore, warn: log, error: log };
  // Of traces; they do nothing unless the worker turns them on.
  const workflowInterceptorModules = [join(next, 'workflows', 'interceptors.js')];
  const options = { workflowsPath, workflowInterceptorModules, logger, preloadModules: statelessModules() };
  const failureConverterPath = join(next, 'ops', 'failure-converter.js');
  for (const [name, own] of [
    [BUNDLE, {}],
    [ENCODED_BUNDLE, { failureConverterPath }],
  ]) {
    const { code } = await bundleWorkflowCode({ ...options, ...own });
    writeFileSync(join(next, name), code);
  }
};

const isFresh = (hash) =>
  existsSync(join(dist, ENCODED_BUNDLE)) &&
  existsSync(join(dist, STAMP)) &&
  readFileSync(join(dist, STAMP), 'utf8') === hash;

/** Builds where it is needed. Throws an Error that says what is wrong. */
export const build = async () => {
  if (isFresh(inputsHash())) return;
  const id = createHash('sha256').update(REPOSITORY_ROOT).digest('hex').slice(0, 12);
  await withLock(join(cacheDir(process.env), `build-${id}.lock`), 'the build', async () => {
    const hash = inputsHash();
    if (isFresh(hash)) return;
    const start = performance.now();
    log('compiling src/ and bundling the workflows (about 15 s)');
    rmSync(next, { recursive: true, force: true });
    try {
      compile();
      await bundle();
      writeFileSync(join(next, STAMP), hash);
      rmSync(dist, { recursive: true, force: true });
      renameSync(next, dist);
    } finally {
      rmSync(next, { recursive: true, force: true });
    }
    log(`done in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  });
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await build().catch((error) => {
    log(error.message);
    process.exit(1);
  });
}
