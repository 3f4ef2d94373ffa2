/** Whether the target can be written, leaving nothing behind, also where an earlier attempt was killed in its check. */
import { abortUpload, checkBucket, type S3Destination, type TransferControl } from '../../../transfer';

/** `probeKey` is the run's alone: whatever upload lies there is one of ours. Throws what `checkBucket` throws. */
export async function checkTarget(
  destination: S3Destination,
  probeKey: string,
  { signal, repeatedSince }: Pick<TransferControl, 'signal' | 'repeatedSince'>,
): Promise<void> {
  await checkBucket(destination, probeKey, signal);
  if (repeatedSince === undefined) return;
  for (const { uploadId } of await destination.findUploads(probeKey, repeatedSince, signal)) {
    await abortUpload({ destination, key: probeKey, uploadId, signal });
  }
}
