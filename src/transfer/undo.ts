/** Taking back what a transfer has made, and nothing else. Both calls may be repeated. */
import { LonghaulError } from '../model/errors';
import type { Destination } from './destination';
import { tell, type TransferListener } from './events';
import { retry, type RetryPolicy } from './lib/retry';

export interface AbortRequest {
  readonly destination: Destination;
  readonly key: string;
  readonly uploadId: string;
  readonly signal: AbortSignal;
  readonly retry?: RetryPolicy;
  readonly onEvent?: TransferListener;
}

const isGone = (error: unknown): boolean => error instanceof LonghaulError && error.code === 'UploadLost';

/** A part in flight may land after the abort and keep the upload's storage; Amazon asks to repeat until none is listed. */
const MAX_ABORTS = 5;

/**
 * Aborts an upload and makes sure that it is gone. True: it was there; false: it was gone already, which is fine. An upload
 * that was completed is gone too: use `deleteIfOurs` for the object. Throws CleanupIncomplete where it does not go away.
 */
export async function abortUpload(request: AbortRequest): Promise<boolean> {
  const { destination, key, uploadId, signal } = request;
  const again = <T>(work: () => Promise<T>): Promise<T> => retry({ signal, policy: request.retry }, work);
  tell(request.onEvent, { kind: 'abort_start', uploadId });
  let wasThere = false;
  for (let aborts = 0; aborts < MAX_ABORTS; aborts += 1) {
    try {
      await again(() => destination.abort(key, uploadId, signal));
      wasThere = true;
      await again(() => destination.listParts(key, uploadId, signal));
    } catch (error) {
      if (!isGone(error)) throw error;
      tell(request.onEvent, { kind: 'abort_done', uploadId, wasThere });
      return wasThere;
    }
  }
  const display = destination.display(key);
  throw new LonghaulError('CleanupIncomplete', `The upload ${uploadId} of ${display} is still there after an abort`, {
    operation: 'abort',
    destination: display,
  });
}

export interface DeleteRequest {
  readonly destination: Destination;
  readonly key: string;
  readonly transferId: string;
  /** Given: the object must still have it. */
  readonly etag?: string;
  /** On a versioned bucket exactly this version is deleted, so that what was there before shows again. */
  readonly versionId?: string;
  readonly signal: AbortSignal;
  readonly retry?: RetryPolicy;
}

/**
 * Deletes the object only where our marker is on it. True: deleted; false: there is none, or somebody else has written the
 * key since, and that object is left alone.
 */
export async function deleteIfOurs(request: DeleteRequest): Promise<boolean> {
  const { destination, key, transferId, signal } = request;
  const again = <T>(work: () => Promise<T>): Promise<T> => retry({ signal, policy: request.retry }, work);
  if (request.versionId !== undefined) {
    // A version id names what we wrote whatever has been written over it since.
    await again(() => destination.deleteObject(key, request.versionId, signal));
    return true;
  }
  const found = await again(() => destination.stat(key, signal));
  if (found?.transferId !== transferId || (request.etag !== undefined && found.etag !== request.etag)) return false;
  await again(() => destination.deleteObject(key, found.versionId, signal));
  return true;
}
