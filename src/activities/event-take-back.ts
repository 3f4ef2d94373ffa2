/** Taking back what one event's transfer has left at the destination, and nothing of anybody else's. */
import { LonghaulError } from '../model/errors';
import type { CleanupReport } from '../model/run';
import { abortUpload, deleteIfOurs, type Destination } from '../transfer';
import type { Dependencies } from './dependencies';
import type { EventActivities } from './event-types';
import { eventTransferId } from './lib/object/event-move';
import { resumable } from './lib/attempt/resumable';

/** Of an upload whose id never came back the first part alone can have been written: one with more is another transfer's. */
const MAX_PARTS_OF_A_LOST_UPLOAD = 1;

export const createTakeBackActivity =
  (dependencies: Dependencies): EventActivities['takeBackObject'] =>
  ({ event, startedAtMs, uploadId }) =>
    resumable({ forwardOnly: true }, async ({ signal }) => {
      const { key } = event.destination;
      const destination = dependencies.eventStores.destination(event.destination);
      const report: CleanupReport = { abortedUploads: 0, deletedObjects: 0, problems: [], moreProblems: 0 };
      const noting = async (what: string, work: () => Promise<void>): Promise<void> => {
        try {
          await work();
        } catch (error) {
          // What may pass is tried again; what is refused for good is for the operator to know.
          if (!(error instanceof LonghaulError) || error.retryable) throw error;
          report.problems.push(`${what} ${destination.display(key)}: ${error.code}: ${error.message}`);
        }
      };
      await noting('the upload of', async () => {
        const since = new Date(startedAtMs);
        const ids = uploadId === null ? await lostUploads(destination, key, since, signal) : [uploadId];
        for (const id of ids) {
          if (await abortUpload({ destination, key, uploadId: id, signal })) report.abortedUploads += 1;
        }
      });
      await noting('the object', async () => {
        const isDeleted = await deleteIfOurs({ destination, key, transferId: eventTransferId(), signal });
        if (isDeleted) report.deletedObjects += 1;
      });
      return report;
    });

/** Uploads under the key that are this transfer's, or can be by all that the store tells. */
async function lostUploads(
  destination: Destination,
  key: string,
  since: Date,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found = await destination.findUploads(key, since, signal);
  const ours: string[] = [];
  for (const { uploadId, transferId } of found) {
    if (transferId !== undefined && transferId !== eventTransferId()) continue;
    const parts = await destination.listParts(key, uploadId, signal);
    if (transferId !== undefined || parts.length <= MAX_PARTS_OF_A_LOST_UPLOAD) ours.push(uploadId);
  }
  return ours;
}
