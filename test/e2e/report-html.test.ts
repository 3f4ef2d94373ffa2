/** report.html of real runs: what is in it, in a real browser, and how `longhaul report` hands it over. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { childEnv } from '../../src/config/environment';
import { generatedFile } from '../../src/dev/export-api';
import { REPOSITORY_ROOT } from '../../src/dev/tools';
import { ERRORS } from '../../src/model/errors';
import { BROWSER_NEED, hasBrowser, launchBrowser } from '../support/browser';
import { errorOf, longhaul } from '../support/longhaul-command';
import { RestoreWorld } from '../support/restore-world';
import { RunHarness } from '../support/run-harness';
import { failureOf } from '../support/run-outcome';
import { runScript } from '../support/run-script';
import { freshFolder, uniqueName } from '../support/shared-stack';
import { describeWhere } from '../support/skip';
import { bytesOf } from '../support/transfer-rig';
import { until } from '../support/until';

const MIB = 2 ** 20;
const FILES = [1, 2, 3].map((seed) => generatedFile('asset', `part-${seed}.parquet`, 30_000, seed));
const large = generatedFile('asset', 'large.parquet', 12 * MIB, 9);
const folder = freshFolder('reports');
let harness: RunHarness;
beforeAll(async () => {
  harness = await RunHarness.start();
}, 90_000);
afterAll(async () => {
  await harness.stop();
  folder.remove();
});

/** A run with one record that cannot be had, and what `report --output` writes of it. */
async function partlyFailed(): Promise<{ id: string; file: string }> {
  const project = await harness.project({
    files: [...FILES, large],
    config: { transfer: { on_error: 'continue', tolerated_failures: 1 } },
  });
  project.api.faults.file({ path: 'part-2.parquet', status: 404, body: '<Error/>', always: true });
  const handle = await project.start({}, uniqueName('partly'));
  await handle.result();
  const file = path.join(folder.path, `${handle.workflowId}.html`);
  const { exitCode, stdout } = await longhaul(harness, 'report', handle.workflowId, '--output', file);
  expect([exitCode, stdout]).toEqual([0, `${file}\n`]);
  return { id: handle.workflowId, file };
}

describe('longhaul report', () => {
  it('--open hands the file to the opener of the platform; without a display it says where it is', async () => {
    const { id } = await partlyFailed();
    const bin = path.join(folder.path, 'bin');
    const seen = path.join(folder.path, 'opened');
    mkdirSync(bin, { recursive: true });
    writeFileSync(path.join(bin, 'xdg-open'), `#!/bin/sh\nprintf '%s' "$1" > ${seen}.new && mv ${seen}.new ${seen}\n`);
    chmodSync(path.join(bin, 'xdg-open'), 0o755);
    const argv = [path.join(REPOSITORY_ROOT, 'bin', 'longhaul.js'), 'report', id, '--open', '--json'];
    const PATH = `${bin}${path.delimiter}${childEnv().PATH ?? ''}`;
    const env = { ...harness.cliEnv(), PATH, WAYLAND_DISPLAY: undefined };
    const shown = await runScript(argv, childEnv({ ...env, DISPLAY: ':0' }));
    const { file, opened } = JSON.parse(shown.stdout) as { file: string; opened: boolean };
    expect([shown.exitCode, opened]).toEqual([0, process.platform === 'linux']);
    expect(readFileSync(file, 'utf8')).toMatch(/^<!doctype html>/);
    const given = await until(
      () => {
        try {
          return readFileSync(seen, 'utf8');
        } catch {
          return null;
        }
      },
      { what: 'the opener to run', timeoutMs: 10_000 },
    );
    expect(given).toBe(file);
    const blind = await runScript(argv.slice(0, -1), childEnv({ ...env, DISPLAY: undefined }));
    expect(blind).toMatchObject({ exitCode: 0, stderr: 'Nothing here can open it: open the file in a browser.\n' });
  }, 90_000);

  it('a file that cannot be written, and a run that has none, are said', async () => {
    const { id } = await partlyFailed();
    const lost = await longhaul(
      harness,
      'report',
      id,
      '--output',
      path.join(folder.path, 'no', 'such', 'x.html'),
      '--json',
    );
    expect([lost.exitCode, errorOf(lost).code]).toEqual([10, 'DestinationNotWritable']);
    const refused = await harness.project({ config: { aws: { target_bucket: uniqueName('nowhere') } } });
    const failed = await refused.start();
    await failureOf(failed);
    const none = await longhaul(harness, 'report', failed.workflowId, '--open', '--json');
    // Where it would be, nothing can be.
    expect([none.exitCode, errorOf(none).code]).toEqual([8, 'BucketNotFound']);
  }, 90_000);

  it('a restore keeps its page on the disk', async () => {
    const world = await RestoreWorld.start();
    try {
      const id = await world.backup({ 'one.bin': bytesOf(1_000, 4) });
      const workflowId = uniqueName('restore');
      await longhaul(world.harness, 'restore', id, '--workflow-id', workflowId);
      const file = path.join(folder.path, 'restore.html');
      expect((await longhaul(world.harness, 'report', workflowId, '--output', file)).exitCode).toBe(0);
      expect(readFileSync(file, 'utf8')).toMatch(/<h1>Longhaul restore [^]*class="badge good">succeeded/);
    } finally {
      await world.stop();
    }
  }, 90_000);
});

describeWhere(hasBrowser, BROWSER_NEED)('in a browser', () => {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await launchBrowser();
  }, 60_000);
  afterAll(() => browser?.close());

  /** The page, all that it asked for, and all that it complained of. */
  const look = async (file: string): Promise<{ page: Page; asked: string[]; complaints: string[] }> => {
    const page = await browser!.newPage();
    page.setDefaultTimeout(15_000);
    const asked: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`file://${file}`);
    return { page, asked, complaints };
  };

  it('it shows throughput, parts and retries, slowest and failed records, and asks for nothing else', async () => {
    const { file } = await partlyFailed();
    const { page, asked, complaints } = await look(file);
    await page.getByRole('img', { name: 'Throughput over time' }).waitFor();
    await page.getByRole('img', { name: 'Parts and retries of 4 squares' }).waitFor();
    const failures = page.getByRole('region', { name: 'Failures' });
    expect(await failures.innerText()).toContain('SourceNotFound');
    expect(await failures.innerText()).toContain(ERRORS.SourceNotFound.hint);
    expect(await failures.innerText()).toContain('part-2.parquet');
    const slowest = page.getByRole('region', { name: 'Slowest' });
    expect(await slowest.locator('tbody tr').count()).toBe(3);

    // The head of a column sorts it, by number, both ways.
    const sizes = (): Promise<string[]> => slowest.locator('tbody td:nth-child(4)').allInnerTexts();
    await slowest.getByRole('button', { name: 'Size' }).click();
    expect((await sizes()).at(-1)).toBe('12.0 MiB');
    await slowest.getByRole('button', { name: 'Size' }).click();
    expect((await sizes())[0]).toBe('12.0 MiB');

    const background = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor');
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await background();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await background();
    expect(dark).not.toBe(light);
    await page.getByRole('button', { name: 'Dark or light' }).click();
    expect(await background()).toBe(light);

    await page.setViewportSize({ width: 380, height: 800 });
    expect(await page.evaluate('document.documentElement.scrollWidth <= 380')).toBe(true);
    expect([asked, complaints]).toEqual([[`file://${file}`], []]);
  }, 90_000);

  it('what a record is called cannot become part of the page, and the policy would stop it', async () => {
    const { file } = await partlyFailed();
    const planted = path.join(folder.path, 'planted.html');
    const script = '<script>document.title="taken"</script><img src="http://127.0.0.1:9/x" onerror="document.title=1">';
    // As if escaping had been forgotten somewhere.
    writeFileSync(planted, readFileSync(file, 'utf8').replace('<main>', `<main>${script}`));
    const { page, complaints } = await look(planted);
    expect(await page.title()).not.toMatch(/taken|^1$/);
    expect(complaints.join('\n')).toMatch(/Content Security Policy/);
  }, 60_000);

  it('a run that took everything back says so', async () => {
    const project = await harness.project({ files: [...FILES, large] });
    project.api.faults.file({ path: 'part-2.parquet', status: 404, body: '<Error/>', always: true });
    const handle = await project.start();
    await failureOf(handle);
    const file = path.join(folder.path, 'failed.html');
    await longhaul(harness, 'report', handle.workflowId, '--output', file);
    const { page } = await look(file);
    expect(await page.getByRole('region', { name: 'Compensation' }).innerText()).toMatch(
      /Uploads aborted\s+\d+[^]*Nothing stayed behind/,
    );
    expect(await page.locator('.badge').innerText()).toBe('failed');
  }, 60_000);
});
