/** An encrypted run in the Temporal Web UI, in a real browser: ciphertext by itself, plain text through the codec server. */
import type { Browser } from 'playwright-core';
import type { LoggedProcess } from '../../src/dev/process';
import { generatedFile } from '../../src/dev/export-api';
import { BROWSER_NEED, hasBrowser, launchBrowser } from '../support/browser';
import { converterOf, newKey, startCodecServerProcess } from '../support/encrypted';
import { RunHarness } from '../support/run-harness';
import { describeWhere } from '../support/skip';
import { until } from '../support/until';

const KEY = newKey('k1');
/** What the Web UI shows of bytes that it cannot read: input and result, one line each. */
const CIPHERTEXT = /^"[A-Za-z0-9+/=]{80,}"$/gm;

describeWhere(hasBrowser, BROWSER_NEED)('the Web UI of an encrypted run', () => {
  let harness: RunHarness;
  let browser: Browser | undefined;
  let server: LoggedProcess | undefined;
  let url: string;
  beforeAll(async () => {
    const env = { LONGHAUL_PAYLOAD_KEYS: KEY };
    harness = await RunHarness.start({ env, dataConverter: converterOf(KEY) });
    browser = await launchBrowser();
    const { origin } = new URL(harness.servers.temporal.uiUrl);
    ({ server, url } = await startCodecServerProcess(harness, env, '--no-auth', '--origin', origin));
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await harness.stop();
  });

  it('shows the ciphertext alone, and everything once the codec server is set', async () => {
    const project = await harness.project({ files: [generatedFile('asset', 'part-0.parquet', 1_000, 1)] });
    const handle = await project.start();
    expect(await handle.result()).toMatchObject({ transferred: 1 });
    const context = await browser!.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    const runUrl = `${harness.servers.temporal.uiUrl}/namespaces/${harness.namespace}/workflows/${handle.workflowId}`;
    const text = (): Promise<string> => page.locator('body').innerText();

    await page.goto(runUrl);
    const sealed = await until(async () => ((await text()).match(CIPHERTEXT)?.length === 2 ? text() : null), {
      what: 'the input and the result of the run',
      timeoutMs: 40_000,
      intervalMs: 500,
    });
    for (const plain of [project.bucket, 'Write the report']) expect(sealed).not.toContain(plain);

    // What the dialog of the Web UI (its codec server) keeps for this browser.
    await page.evaluate(`localStorage.setItem('endpoint', ${JSON.stringify(JSON.stringify(url))})`);
    await page.goto(runUrl);
    const opened = await until(async () => ((await text()).includes(project.bucket) ? text() : null), {
      what: 'the result in plain text',
      timeoutMs: 40_000,
      intervalMs: 500,
    });
    expect(opened).toContain(`"project": "${project.name}"`);
    expect(opened).not.toMatch(CIPHERTEXT);
    // Summaries of activities, in the timeline.
    expect(opened).toContain('Write the report');
    await context.close();
  }, 150_000);
});
