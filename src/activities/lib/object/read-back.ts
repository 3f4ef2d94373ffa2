/** `verify: "read-back"` for objects that went by one request; the engine itself looks at those that were completed. */
import { LonghaulError } from '../../../model/errors';
import { agreement, decodeChecksums, retry, type TransferSpec } from '../../../transfer';
import type { MovedObject } from '../../../transfer/types';

/** Throws VerificationFailed where the store does not show the object that was sent. */
export async function readBack(spec: TransferSpec, object: MovedObject, signal: AbortSignal): Promise<void> {
  if (spec.readBack !== true) return;
  const { destination, key, transferId } = spec;
  const options = { signal, policy: spec.retry, onRetry: spec.onRetry };
  const found = await retry(options, () => destination.stat(key, signal));
  const isSame =
    found?.transferId === transferId &&
    found.bytes === object.bytes &&
    agreement(found, decodeChecksums(object)) !== false;
  if (isSame) return;
  const display = destination.display(key);
  throw new LonghaulError('VerificationFailed', `${display} does not show the ${object.bytes} bytes that were sent`, {
    operation: 'verify',
    destination: display,
  });
}
