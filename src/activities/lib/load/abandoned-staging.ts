/**
 * What terminated loads have left: staging folders, and tables in the database. A folder is ours where its `run.json` says
 * whose it is: others may keep files of the same kind of name beside ours, and these are never touched.
 */
import type { Client } from '@temporalio/client';
import {
  dropLoadTables,
  findAbandonedStaging,
  findLoadTables,
  removeStaging,
  type AbandonedStaging,
} from '../../../load';
import type { LoadOwner, LoadSettings } from '../../../model/load-settings';
import type { Dependencies } from '../../dependencies';
import type { CleanedStaging } from '../../load-types';
import { orNull } from '../control/control-store';
import type { LoadTools } from './tools';
import { stateOfRun } from '../control/run-owner';

/** A run that has just been terminated may still have an activity that writes; its heartbeat is missed long before this. */
const MIN_AGE_MS = 3_600_000;

interface Owner extends LoadOwner {
  readonly loadId: string;
}

/** Sorts behind the parts, so that a removal that is cut off has not forgotten whose the rest is. */
const ownerKey = (prefix: string): string => `${prefix}run.json`;

/** The first thing that a load makes. */
export async function writeOwner({ control }: LoadTools, settings: LoadSettings, signal: AbortSignal): Promise<void> {
  const { load, owner, project, run, place } = settings;
  const body = { ...owner, run, loadId: load.loadId, data_set: project, table: place.table };
  const text = `${JSON.stringify(body, null, 2)}\n`;
  await control.write(ownerKey(load.stagingPrefix), Buffer.from(text), 'application/json', signal);
}

export interface StagingFolder extends AbandonedStaging {
  readonly owner: LoadOwner;
  /** Its run goes on. */
  readonly isOpen: boolean;
}

/** Staging folders of loads that began longer ago than `olderThanMs`, oldest first; those of others are not named. */
export async function* stagingFolders(
  { temporal }: Pick<Dependencies, 'temporal'>,
  { destination, control }: Pick<LoadTools, 'destination' | 'control'>,
  olderThanMs: number,
  signal: AbortSignal,
): AsyncGenerator<StagingFolder, void> {
  for (const folder of await findAbandonedStaging({ staging: destination, olderThanMs }, { signal })) {
    const text = await orNull(control.read(ownerKey(folder.prefix), signal));
    if (text === null) continue;
    const owner = JSON.parse(text.toString()) as Owner;
    yield { ...folder, owner, isOpen: await isOpen(temporal, owner) };
  }
}

const isOpen = async (temporal: Client, owner: LoadOwner): Promise<boolean> =>
  (await stateOfRun(temporal, owner)).kind === 'open';

/** Removes the folders of loads that have ended without doing so. Throws what the store or Temporal answers. */
export async function removeAbandoned(
  dependencies: Dependencies,
  tools: LoadTools,
  signal: AbortSignal,
): Promise<CleanedStaging> {
  const { destination } = tools;
  const removed: string[] = [];
  let [objects, bytes, kept] = [0, 0, 0];
  for await (const folder of stagingFolders(dependencies, tools, MIN_AGE_MS, signal)) {
    if (folder.isOpen) {
      kept += 1;
      continue;
    }
    objects += await removeStaging({ staging: destination, prefix: folder.prefix }, { signal });
    bytes += folder.bytes;
    removed.push(folder.name);
    const fields = { folder: folder.prefix, workflow: folder.owner.workflowId };
    dependencies.logger.info('abandoned_staging_removed', fields);
  }
  return { bucket: destination.bucket, removed, objects, bytes, kept };
}

/**
 * Drops the tables of earlier loads of this data set. Only for a run that holds the table of the data set: while it does,
 * no other load of it goes on.
 */
export async function dropAbandonedTables(
  { logger }: Dependencies,
  { database, dataSet }: LoadTools,
  { schema, load, run }: LoadSettings,
  signal: AbortSignal,
): Promise<void> {
  const tables = await findLoadTables(database(), { schema }, { signal });
  for (const { runId, table, startedAtMs } of tables) {
    const isOurs =
      runId.startsWith(`${dataSet.name}-`) && /^\d+-[0-9a-f]{8}$/.test(runId.slice(dataSet.name.length + 1));
    if (!isOurs || runId === load.loadId || Date.now() - startedAtMs < MIN_AGE_MS) continue;
    await dropLoadTables(database(), { runId, schema }, { signal });
    logger.info('abandoned_table_dropped', { run, table, load: runId });
  }
}
