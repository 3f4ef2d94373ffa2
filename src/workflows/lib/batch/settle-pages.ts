/** The end of all pages of a run: published, or taken back. Some pages at once, each touching its objects many at a time. */
import { eachOf } from '../../../model/each-of';
import type { CleanupReport, RunSettings } from '../../../model/run';
import { transfer } from '../activity-options';
import type { Batches } from './batches';
import { addCleanup, emptyCleanup, notUndone, type Cause } from '../failures';

const PAGES_AT_ONCE = 4;

/** Makes everything visible that is staged; answers what could not be. `onPage` hears the objects of each page. */
export async function publishPages(
  settings: RunSettings,
  pages: readonly number[],
  onPage: (objects: number) => void,
): Promise<Cause[]> {
  const problems: Cause[] = [];
  await eachOf(pages, PAGES_AT_ONCE, async (page) => {
    const published = await transfer('settle', `Publish page ${page}`, settings).publishPage({ settings, page });
    problems.push(...published.problems.map(({ code, message }) => ({ code, message })));
    onPage(published.totals.objects);
  });
  return problems;
}

/** Never throws: what cannot be undone is said, and the rest goes on, because one thing must not keep others. */
export async function takeBackPages(settings: RunSettings, batches: Batches | undefined): Promise<CleanupReport> {
  const cleanup = emptyCleanup();
  if (batches === undefined) return cleanup;
  const take = async (what: string, undo: () => Promise<CleanupReport>): Promise<void> =>
    addCleanup(cleanup, await undo().catch((error: unknown) => notUndone(what, error)));
  addCleanup(cleanup, batches.cleanup);
  if (settings.cleanup === 'none') return cleanup;
  await eachOf(batches.stagedPages, PAGES_AT_ONCE, (page) =>
    take(`page ${page}`, () => transfer('settle', `Take back page ${page}`, settings).undoPage({ settings, page })),
  );
  if (settings.cleanup === 'prefix') {
    await take('prefix', () => transfer('settle', 'Clear the target prefix', settings).clearPrefix({ settings }));
  }
  return cleanup;
}
