/** From a catalogue record to what a run of restoreFiles does: its settings and its files. */
import { createCatalogue, validateRestore, type ValidRestore } from '../../../catalogue';
import type { RestoreConfig } from '../../../config/restore-types';
import { LonghaulError } from '../../../model/errors';
import type { ManifestRecord } from '../../../model/records';
import type { RestoreSettings } from '../../../model/restore-settings';
import type { PrepareRestoreArgs } from '../../restore-types';
import { runRate } from '../prepare/run-rate-of';

/** Folder of the runs' own files, below the output folder. */
export const RESTORE_CONTROL_FOLDER = '.longhaul';
/** Files of a batch: its page is one small file, its history a few thousand events. */
const PAGE_RECORDS = 400;

export type WhatToRestore = Pick<PrepareRestoreArgs, 'rawFileId' | 'include'>;

/** Asks the catalogue and the disk. @throws LonghaulError of VALIDATION_STEPS, in their order, and Catalogue… */
export async function planRestore(
  config: RestoreConfig,
  what: WhatToRestore,
  signal: AbortSignal,
): Promise<ValidRestore> {
  const catalogue = createCatalogue(config.catalogue);
  try {
    const plan = await validateRestore({ config, ...what, catalogue, signal });
    if (plan.projectId !== RESTORE_CONTROL_FOLDER) return plan;
    throw new LonghaulError(
      'ProjectIdInvalid',
      `The project_id "${plan.projectId}" is the folder of the runs' own files`,
    );
  } finally {
    await catalogue.close();
  }
}

export function restoreSettings(
  config: RestoreConfig,
  plan: ValidRestore,
  args: PrepareRestoreArgs,
  host: string,
): RestoreSettings {
  const { ref, run, include, startedMs } = args;
  const { thaw } = config;
  return {
    ...ref,
    run,
    host,
    bucket: plan.bucket,
    targetPrefix: plan.destination,
    controlPrefix: RESTORE_CONTROL_FOLDER,
    endpoint: config.s3.endpoint,
    maxWorkers: config.filesInParallel,
    ...runRate(config.maxBytesPerSec, config.filesInParallel),
    publish: 'direct',
    // Files stand for themselves: what is restored stays, whatever becomes of the others.
    cleanup: 'none',
    onError: 'continue',
    toleratedFailures: { count: 0 },
    pageRecords: PAGE_RECORDS,
    retryForMs: config.retryForMs,
    restore: {
      rawFileId: plan.rawFileId,
      projectId: plan.projectId,
      retries: config.retries,
      retryIntervalMs: config.retryIntervalMs,
      thaw: thaw.enabled ? { pollIntervalMs: thaw.pollIntervalMs } : null,
    },
    destination: plan.destination,
    include,
    slots: config.maxConcurrentRestores,
    deadlineMs: startedMs + config.maxRunMs,
  };
}

/** The files as records. Of two that cannot both be on a disk, `a` and `a/b`, the second is refused. */
export function fileRecords({ rawFileId, bucket, files }: ValidRestore): ManifestRecord[] {
  const paths = new Set(files.map(({ path }) => path));
  return files.map(({ path, key, bytes, etag }, n) => {
    const parent = parentsOf(path).find((folder) => paths.has(folder));
    return {
      n,
      kind: 'file',
      dataset: rawFileId,
      source: `s3://${bucket}/${key}`,
      key: path,
      expected: { bytes, etag },
      ...(parent === undefined
        ? {}
        : {
            refused: `${path} needs a folder where the same record has the file ${parent}: only one can be on a disk`,
          }),
    };
  });
}

const parentsOf = (path: string): string[] => {
  const names = path.split('/');
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'));
};
