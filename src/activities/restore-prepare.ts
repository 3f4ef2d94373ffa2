/** Before a restore moves a byte: validation, a slot on the host, the manifest. */
import { Context } from '@temporalio/activity';
import { LonghaulError } from '../model/errors';
import { restoreSlotId } from '../model/restore-settings';
import type { Dependencies } from './dependencies';
import { ControlStore } from './lib/control/control-store';
import { handOver } from './lib/attempt/failures';
import { holderOf } from './lib/prepare/holder';
import { writeManifestPages } from './lib/manifest/pages';
import { fileRecords, planRestore, restoreSettings } from './lib/manifest/restore-plan';
import { withShare } from './lib/prepare/run-share';
import { short } from './lib/attempt/short';
import type { RestoreActivities } from './restore-types';

/** Time between two looks for a slot. Who has waited long looks more often, so that newcomers do not pass for ever. */
const LOOK_MS = 5_000;
const LOOK_SOON_MS = 1_000;
const LONG_WAIT_MS = 300_000;

type Activities = Pick<RestoreActivities, 'prepareRestore' | 'findFreeSlot' | 'writeRestoreManifest'>;

export function createRestorePrepareActivities(dependencies: Dependencies): Activities {
  return {
    prepareRestore: (args) =>
      short(async (signal) => {
        const { config } = dependencies.restore(args.ref);
        const plan = await planRestore(config, args, signal);
        return withShare(restoreSettings(config, plan, args, dependencies.host), dependencies.maxWorkers);
      }),

    // Not under `short`: a look that finds no slot is no error to be logged.
    findFreeSlot: async ({ host, slots, taker }) => {
      const holders: string[] = [];
      for (let slot = 0; slot < slots; slot += 1) {
        const holder = await holderOf(dependencies.temporal, restoreSlotId(host, slot));
        if (holder === null || holder === taker) return slot;
        holders.push(holder);
      }
      const waitedMs = Date.now() - Context.current().info.scheduledTimestampMs;
      const delayMs = waitedMs > LONG_WAIT_MS ? LOOK_SOON_MS : LOOK_MS;
      throw handOver('HostBusy', `${host} restores ${slots} raw files already: ${holders.join(', ')}`, delayMs);
    },

    writeRestoreManifest: ({ settings }) =>
      short(async (signal) => {
        const { config, control } = dependencies.restore(settings);
        const { restore, include, destination } = settings;
        // Asked again: the run may have waited for hours, and the disk has filled up meanwhile.
        const plan = await planRestore(config, { rawFileId: restore.rawFileId, include }, signal);
        if (plan.destination !== destination || plan.bucket !== settings.bucket) {
          throw new LonghaulError(
            'CatalogueInvalid',
            `The record ${restore.rawFileId} or the output folder has changed while the run waited: start it again`,
          );
        }
        const records = fileRecords(plan);
        const store = new ControlStore(settings, control, signal);
        const manifest = await writeManifestPages(dependencies.temporal, store, settings, records);
        const { neededBytes, freeBytes } = plan;
        const summary = { records: manifest.records, pages: manifest.pages };
        dependencies.logger.info('restore_plan', { run: settings.run, ...restore, ...summary, neededBytes, freeBytes });
        return manifest;
      }),
  };
}
