/** A run's manifest: its settings and its records, in pages of a batch each. */
import type { Client } from '@temporalio/client';
import { eachOf } from '../../../model/each-of';
import { FEW_RECORDS, type ManifestRecord, type ManifestWritten } from '../../../model/records';
import type { RunSettings } from '../../../model/run';
import type { ControlStore } from '../control/control-store';
import { ownerOfThisRun } from '../control/run-owner';

/** Pages on their way to the store at once: they are small, so a long manifest waits for answers and for nothing else. */
const PAGES_AT_ONCE = 8;

/**
 * Writes run.json (the settings, and in `owner` whose run this is in Temporal) and all pages, in place of those of an
 * earlier try; the same records give the same pages. Answers how many, and a few records themselves. For an activity of the run alone.
 */
export async function writeManifestPages(
  temporal: Client,
  store: ControlStore,
  settings: RunSettings,
  records: readonly ManifestRecord[],
): Promise<ManifestWritten> {
  const owner = await ownerOfThisRun(temporal);
  await store.clearPages();
  await store.writeJson(store.files.file('run.json'), { ...settings, owner });
  const pages = Math.ceil(records.length / settings.pageRecords);
  await eachOf([...Array(pages).keys()], PAGES_AT_ONCE, async (page) => {
    const from = page * settings.pageRecords;
    await store.writePage('manifest', page, records.slice(from, from + settings.pageRecords));
  });
  const isShort = pages === 1 && records.length <= FEW_RECORDS;
  return { records: records.length, pages, ...(isShort ? { few: records } : {}) };
}
