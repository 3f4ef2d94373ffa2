/** The Temporal Web UI in a browser, as tests read it. Texts and places are those of its version 2.50. */
import { mkdirSync } from 'node:fs';
import * as path from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { REPOSITORY_ROOT } from '../../src/dev/tools';
import type { RunHarness } from './run-harness';
import { until } from './until';

/** `LONGHAUL_WEB_UI_IMAGES=1 npx jest --selectProjects=e2e --testPathPatterns web-ui` makes the pictures of the docs anew. */
const isTakingImages = process.env['LONGHAUL_WEB_UI_IMAGES'] === '1';
const IMAGES = path.join(REPOSITORY_ROOT, 'docs', 'images');

/** High enough for the whole of a run's details. */
export const VIEWPORT = { width: 1440, height: 1200 };

export const openPage = async (browser: Browser): Promise<Page> => {
  const page = await browser.newPage({ viewport: VIEWPORT });
  page.setDefaultTimeout(20_000);
  return page;
};

export const namespaceUrl = ({ servers, namespace }: RunHarness): string =>
  `${servers.temporal.uiUrl}/namespaces/${namespace}`;

export const runUrl = (harness: RunHarness, workflowId: string): string =>
  `${namespaceUrl(harness)}/workflows/${encodeURIComponent(workflowId)}`;

/** Opens a run's page at its tab User Metadata; answers the frame of its current details, whose Markdown is rendered. */
export const openDetails = async (page: Page, harness: RunHarness, workflowId: string): Promise<Locator> => {
  await page.goto(runUrl(harness, workflowId));
  await page.getByRole('tab', { name: 'User Metadata' }).click();
  const body = page.locator('iframe').last().contentFrame().locator('body');
  await until(async () => (await body.innerText()).trim() !== '', {
    timeoutMs: 20_000,
    what: `details of ${workflowId}`,
  });
  return body;
};

/** What stands in the details: bold headings, list items, and everything. */
export const readDetails = async (body: Locator): Promise<{ items: string[]; headings: string[]; text: string }> => ({
  items: await body.locator('li').allInnerTexts(),
  headings: await body.locator('p > strong:first-child').allInnerTexts(),
  text: await body.innerText(),
});

/** For docs/images; does nothing unless it is asked for. */
export const takeImage = async (shown: Page | Locator, name: string): Promise<void> => {
  if (!isTakingImages) return;
  mkdirSync(IMAGES, { recursive: true });
  await shown.screenshot({ path: path.join(IMAGES, `${name}.png`) });
};
