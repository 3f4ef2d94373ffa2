/** Every activity, built from what the process has; no module-level clients, no reading of the environment. */
import type { Dependencies } from './dependencies';
import { createExportApiActivities } from './export-api';
import { createManifestActivities } from './manifest';
import { createPageActivities } from './pages';
import { createPrefixActivities } from './prefix';
import { createPrepareActivities } from './prepare';
import { createReportActivities } from './report';
import { createSettleActivities } from './settle';
import { createTransferActivities } from './transfer';
import type { ApiActivities, ClaimActivities, FilesActivities, TransferActivities } from './types';

/** Activities of the queue `longhaul-api`. */
export const createApiActivities = (dependencies: Dependencies): ApiActivities => ({
  ...createPrepareActivities(dependencies),
  ...createExportApiActivities(dependencies),
  ...createManifestActivities(dependencies),
  ...createPageActivities(dependencies),
  ...createReportActivities(dependencies),
});

/** Activities of the queue `longhaul-transfer`. */
export const createTransferQueueActivities = (dependencies: Dependencies): TransferActivities => ({
  ...createTransferActivities(dependencies),
  ...createPrefixActivities(dependencies),
  ...createSettleActivities(dependencies),
});

/** Activities of the queue `longhaul-files`: any host with local disk may answer. */
export const createClaimActivities = (host: string): ClaimActivities => ({ claimHost: () => Promise.resolve(host) });

/** Activities of one host's own queue, `longhaul-files-<host>`. */
export const createFilesActivities = (dependencies: Dependencies): FilesActivities => ({
  ...createPageActivities(dependencies),
});
