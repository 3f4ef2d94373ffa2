/** Every activity, built from what the process has; no module-level clients, no reading of the environment. */
import type { Dependencies } from './dependencies';
import { createEventActivities } from './event';
import type { EventActivities } from './event-types';
import { leaveToActivity } from './event-small';
import { createExportApiActivities } from './export-api';
import { counted } from './lib/attempt/counted';
import { createIngestActivities } from './ingest';
import { createJanitorActivities } from './janitor';
import type { JanitorActivities } from './janitor-types';
import { createLoadCopyActivities } from './load-copy';
import { createLoadFinishActivities } from './load-finish';
import { createLoadPrepareActivities } from './load-prepare';
import type { LoadApiActivities, LoadTransferActivities } from './load-types';
import { createManifestActivities } from './manifest';
import { createPageActivities } from './pages';
import { createPrefixActivities } from './prefix';
import { createPrepareActivities } from './prepare';
import { createReportActivities } from './report';
import { createRestoreFileActivities } from './restore-file';
import { createRestoreFinishActivities } from './restore-finish';
import { createRestorePrepareActivities } from './restore-prepare';
import { createSettleActivities } from './settle';
import { createTransferActivities } from './transfer';
import type { ApiActivities, ClaimActivities, FilesActivities, TransferActivities } from './types';

/** Activities of the queue `longhaul-api`. */
export const createApiActivities = (
  dependencies: Dependencies,
): ApiActivities & LoadApiActivities & JanitorActivities =>
  counted({
    ...createPrepareActivities(dependencies),
    ...createExportApiActivities(dependencies),
    ...createManifestActivities(dependencies),
    ...createIngestActivities(dependencies),
    ...createPageActivities(dependencies),
    ...createReportActivities(dependencies),
    ...createLoadPrepareActivities(dependencies),
    ...createLoadFinishActivities(dependencies),
    ...createJanitorActivities(dependencies),
  });

/** Activities of the queue `longhaul-transfer`. */
export const createTransferQueueActivities = (
  dependencies: Dependencies,
): TransferActivities & LoadTransferActivities & EventActivities => ({
  ...counted({
    ...createTransferActivities(dependencies),
    ...createPrefixActivities(dependencies),
    ...createSettleActivities(dependencies),
    ...createLoadCopyActivities(dependencies),
  }),
  ...createEventActivities(dependencies),
});

/** Activities of the queue `longhaul-files`: any host with local disk may answer. */
export const createClaimActivities = (dependencies: Dependencies): ClaimActivities =>
  counted({
    claimHost: () => Promise.resolve(dependencies.host),
    prepareRestore: createRestorePrepareActivities(dependencies).prepareRestore,
  });

/** Activities of one host's own queue, `longhaul-files-<host>`. */
export const createFilesActivities = (dependencies: Dependencies): FilesActivities =>
  counted({
    ...createPageActivities(dependencies),
    ...createRestorePrepareActivities(dependencies),
    ...createRestoreFileActivities(dependencies),
    ...createRestoreFinishActivities(dependencies),
  });

/** Local activities of the queue `longhaul`, whose workers move no bytes. */
export const createWorkflowQueueActivities = (): Pick<EventActivities, 'moveSmallObject'> => ({
  moveSmallObject: leaveToActivity,
});
