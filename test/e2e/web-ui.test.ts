/**
 * What an operator sees and does in the Temporal Web UI, in a real browser: current details, children, search attributes,
 * an Update that is carried out and one that the validator refuses. Texts of the UI itself are those of version 2.50.
 */
import type { Browser, Locator, Page } from 'playwright-core';
import { generatedFile } from '../../src/dev/export-api';
import type { JobProgress } from '../../src/model/run';
import { BROWSER_NEED, hasBrowser, launchBrowser } from '../support/browser';
import { RunHarness } from '../support/run-harness';
import { describeWhere } from '../support/skip';
import { until } from '../support/until';
import { takeImage, VIEWPORT } from '../support/web-ui';

const MIB = 2 ** 20;
/** The dialog that is open: the page holds closed ones too. */
const dialogOf = (page: Page): Locator => page.locator('dialog[open]');

const openUpdate = async (page: Page, name: RegExp): Promise<Locator> => {
  const dialog = dialogOf(page);
  // The menu closes when the page refreshes itself under it; of its items there are hidden copies for narrow screens.
  await until(
    async () => {
      await page.getByRole('button', { name: 'More Actions' }).click({ timeout: 2_000 });
      await page.getByText('Send an Update').locator('visible=true').click({ timeout: 2_000 });
      return dialog.isVisible();
    },
    { timeoutMs: 20_000, what: 'the dialog of updates' },
  );
  await page
    .getByRole('button', { name: /Select an Update/ })
    .or(page.getByText('Select an Update'))
    .first()
    .click();
  await page.getByRole('option', { name }).click();
  return dialog;
};

describeWhere(hasBrowser, BROWSER_NEED)('the Web UI of a run', () => {
  let harness: RunHarness;
  let browser: Browser | undefined;
  beforeAll(async () => {
    harness = await RunHarness.start();
    browser = await launchBrowser();
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await harness.stop();
  });

  it('shows how the run stands and lets an operator steer it', async () => {
    const project = await harness.project({
      files: [generatedFile('asset', 'large.parquet', 64 * MIB, 1), generatedFile('asset', 'small.parquet', 1_000, 2)],
    });
    project.api.faults.file({ path: 'large.parquet', bytesPerSec: MIB / 2, always: true });
    const handle = await project.start();
    const progress = (): Promise<JobProgress> => handle.query<JobProgress>('progress');
    await until(async () => (await progress()).totals.records === 1, { timeoutMs: 30_000, what: 'the small record' });

    const page = await browser!.newPage({ viewport: VIEWPORT });
    page.setDefaultTimeout(15_000);
    const { uiUrl } = harness.servers.temporal;
    const runUrl = `${uiUrl}/namespaces/${harness.namespace}/workflows/${handle.workflowId}`;
    await page.goto(runUrl);

    await page.getByRole('tab', { name: 'User Metadata' }).click();
    // Details are a Markdown frame of their own; lists must be lists there, not paragraphs with dashes.
    const details = page.locator('iframe').last().contentFrame();
    await details.getByText('What you can do now').waitFor();
    await expect(details.locator('li').allInnerTexts()).resolves.toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Target: .*atomic: nothing is visible until every record is in$/),
        expect.stringMatching(/^Records: 1 of 2 done \(50 %\), 1 in flight \(at most 4\), 0 failed, 0 skipped$/),
        expect.stringMatching(/^Update pause, or longhaul pause \S+, starts no more records; those in flight end$/),
      ]),
    );

    await takeImage(page, 'web-ui-details');

    await page.getByRole('tab', { name: 'Relationships' }).click();
    await page
      .getByText(/\/batch\/0$/)
      .first()
      .waitFor();
    await takeImage(page, 'web-ui-children');

    await page.getByRole('tab', { name: 'Search Attributes' }).click();
    await page.getByText('LonghaulStage').waitFor();

    const refused = await openUpdate(page, /^setMaxWorkers/);
    await refused.locator('[contenteditable=true]').first().click();
    await page.keyboard.type('{"maxWorkers": 0}');
    await refused.getByRole('button', { name: 'Submit' }).click();
    await refused.getByText('Give {"maxWorkers": n} with a whole number from 1 to 256').first().waitFor();
    await takeImage(page, 'web-ui-update-rejected');
    await expect(progress()).resolves.toMatchObject({ maxWorkers: 4 });

    await page.goto(runUrl);
    const pause = await openUpdate(page, /^pause/);
    await pause.getByRole('button', { name: 'Submit' }).click();
    await until(async () => (await progress()).paused, { timeoutMs: 10_000, what: 'the pause' });

    await page.goto(`${uiUrl}/namespaces/${harness.namespace}/workflows?query=LonghaulStage%3D%22transferring%22`);
    await page.getByRole('link', { name: handle.workflowId, exact: true }).first().waitFor();
    await handle.cancel();
    await handle.result().catch(() => undefined);
  }, 110_000);
});
