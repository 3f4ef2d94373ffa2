#!/usr/bin/env node
/**
 * The whole test suite: set-up, build, Jest. Arguments are passed on to Jest: `npm test -- --selectProjects crash`.
 * A few files that fail are run once more, one at a time: tests with many real servers and killed processes can run out of time on
 * a small machine. Which ones passed only then is said; each is a weakness of the test to be mended (CONTRIBUTING.md).
 * The last line of standard output is `N passed, N failed`, with `, N skipped` where tests were skipped.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failedFiles, merged, skippedTests, summary, unsteadyTests } from './lib/test-summary.mjs';
import { REPOSITORY_ROOT, failSetUp, setUp } from './setup.mjs';

/** Test files at once. The servers that they start need the other cores. */
const MAX_WORKERS = 2;
/** With more files than this it is the change that is wrong, not the machine that is slow. */
const MAX_FILES_AGAIN = 6;

/** Resolves with Jest's exit code; a Jest that was killed counts as failed. */
const runJest = (resultFile, more) =>
  new Promise((resolve) => {
    const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
    const args = [jest, ...more, '--json', `--outputFile=${resultFile}`];
    const env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...process.env };
    // Jest prints where it has put the result on standard output: ours ends with the counts alone.
    const child = spawn(process.execPath, args, { cwd: REPOSITORY_ROOT, env, stdio: ['ignore', 2, 2] });
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
    child.once('close', (code) => resolve(code ?? 1));
  });

const readResult = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null; // Jest ended before it could write one
  }
};

const main = async () => {
  // Without Java or Go the tests that need these servers are skipped, and say so; nothing else is.
  const missing = (reason) => process.stderr.write(`test: ${reason}\n`);
  await setUp({ names: ['bridge', 'fake-gcs-server'], missing }).catch(failSetUp);
  // Only now: before npm ci there is nothing to build with.
  const { build } = await import('./build.mjs');
  await build();
  // Before Jest's time limits begin; what cannot be had skips its tests.
  const { findCheckTools } = await import('./check-tools.mjs');
  await findCheckTools();
  const folder = mkdtempSync(join(tmpdir(), 'longhaul-test-'));
  const resultFile = join(folder, 'result.json');
  try {
    let exitCode = await runJest(resultFile, [`--maxWorkers=${MAX_WORKERS}`, ...process.argv.slice(2)]);
    let result = readResult(resultFile);
    const failed = failedFiles(result);
    if (failed.length > 0 && failed.length <= MAX_FILES_AGAIN) {
      process.stderr.write(`test: ${failed.length} file(s) failed; they are run again, one at a time\n`);
      const againFile = join(folder, 'again.json');
      exitCode = await runJest(againFile, ['--runInBand', '--runTestsByPath', ...failed]);
      const again = readResult(againFile);
      for (const name of unsteadyTests(result, again)) process.stdout.write(`unsteady, passed by itself: ${name}\n`);
      result = merged(result, again);
    }
    for (const name of skippedTests(result)) process.stdout.write(`skipped: ${name}\n`);
    process.stdout.write(`${summary(result)}\n`);
    process.exitCode = exitCode !== 0 || failedFiles(result).length === 0 ? exitCode : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

await main().catch((error) => {
  process.stderr.write(`test: ${error.message}\n`);
  process.stdout.write('0 passed, 1 failed\n');
  process.exitCode = 1;
});
