/** A run's manifest: its settings and its records, in pages of a batch each. */
import type { Client } from '@temporalio/client';
import type { ManifestRecord } from '../../../model/records';
import type { RunSettings } from '../../../model/run';
import type { ControlStore } from '../control/control-store';
import { ownerOfThisRun } from '../control/run-owner';

/**
 * Writes run.json (the settings, and in `owner` whose run this is in Temporal) and all pages, in place of those of an
 * earlier try; the same records give the same pages. Answers how many. For an activity of the run alone.
 */
export async function writeManifestPages(
  temporal: Client,
  store: ControlStore,
  settings: RunSettings,
  records: readonly ManifestRecord[],
): Promise<number> {
  const owner = await ownerOfThisRun(temporal);
  await store.clearPages();
  await store.writeJson(store.files.file('run.json'), { ...settings, owner });
  const pages = Math.ceil(records.length / settings.pageRecords);
  for (let page = 0; page < pages; page += 1) {
    const from = page * settings.pageRecords;
    await store.writePage('manifest', page, records.slice(from, from + settings.pageRecords));
  }
  return pages;
}
