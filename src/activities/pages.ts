/** What a batch reads and leaves: its manifest page, its staged page. The same for every job, wherever its files lie. */
import type { Dependencies } from './dependencies';
import { ControlStore } from './lib/control/control-store';
import { writeStagedPage } from './lib/control/late-page';
import { shortOrWaiting } from './lib/attempt/short';
import type { PageActivities } from './types';

export function createPageActivities(dependencies: Dependencies): PageActivities {
  return {
    readManifestPage: ({ settings, page }) =>
      shortOrWaiting(settings.onError, (signal) =>
        new ControlStore(settings, dependencies.control(settings), signal).readPage('manifest', page),
      ),

    stagePage: ({ settings, page, lines }) =>
      shortOrWaiting(settings.onError, async (signal) => {
        const store = new ControlStore(settings, dependencies.control(settings), signal);
        await writeStagedPage(store, store.files.page('staged', page), lines);
        const ledger = lines.flatMap((line) => ('line' in line ? [line.line] : []));
        // Direct: nothing is left to publish, so this is what became of the page, unless it is taken back.
        if (settings.publish === 'direct') await store.writePage('ledger', page, ledger);
      }),
  };
}
