/**
 * Completing an upload, exactly once as far as anybody can see. Complete may answer late, not at all, or 200 with an error
 * inside, and a repeat says NoSuchUpload on some stores and success on others; so after any doubt the object itself is
 * asked: our marker, the size and the checksum say whether it is the one that was sent.
 */
import { LonghaulError } from '../model/errors';
import type { Destination, ListedPart, StoredObject } from './destination';
import { tell, type TransferListener } from './events';
import { bytesOfParts, crc32OfParts, isSameObject, verdict } from './integrity';
import { decodeCrc32 } from './lib/crc32';
import { retry, type RetryPolicy } from './lib/retry';
import type { MovedObject } from './types';

export interface PublishRequest {
  readonly destination: Destination;
  readonly key: string;
  readonly uploadId: string;
  readonly transferId: string;
  readonly bytes: number;
  /** Base64, as in MovedObject; absent where it is not known. */
  readonly crc32?: string;
  readonly parts: number;
  /** For an upload of one part: saves ListParts. */
  readonly partEtag?: string;
  /** As the transfer said; 'unverified' stays so, because it says that the source declared no length. */
  readonly verified?: MovedObject['verified'];
  readonly signal: AbortSignal;
  readonly retry?: RetryPolicy;
  readonly onEvent?: TransferListener;
}

export interface Published {
  readonly etag?: string;
  readonly versionId?: string;
  readonly verified: MovedObject['verified'];
}

/**
 * Idempotent: publishing again what is published gives the same answer. Throws UploadLost where the upload is gone and the
 * object under the key is not ours, VerificationFailed where the store holds other bytes than were sent.
 */
export async function publishUpload(request: PublishRequest): Promise<Published> {
  const { destination, key, uploadId, parts, bytes, signal } = request;
  tell(request.onEvent, { kind: 'complete_start', uploadId, parts });
  const stored = await retry({ signal, policy: request.retry }, async ({ number }) => {
    const before = number === 1 ? undefined : await findOurs(request);
    if (before !== undefined) return before;
    try {
      return await complete(request);
    } catch (error) {
      if (signal.aborted || !isDoubtful(error)) throw error;
      const ours = await findOurs(request);
      if (ours !== undefined) return ours;
      // Some stores call the parts of a lost upload invalid; its listing says the truth, as UploadLost.
      if (isRejected(error)) await destination.listParts(key, request.uploadId, signal);
      throw error;
    }
  });
  // The store has checked size and checksum; where its answer does not say so, the object is asked.
  const seen = stored.crc32 === undefined || request.parts > 1 ? await lookAgain(request, stored) : stored;
  const crc32 = decodeCrc32(request.crc32);
  if (!isSameObject(seen, request.bytes, crc32)) {
    throw new LonghaulError(
      'VerificationFailed',
      `${destination.display(key)} holds ${seen.bytes} bytes that are not the ${request.bytes} that were sent`,
      { operation: 'verify', destination: destination.display(key) },
    );
  }
  tell(request.onEvent, { kind: 'complete_done', uploadId, parts, bytes });
  return {
    ...(seen.etag === undefined ? {} : { etag: seen.etag }),
    ...(seen.versionId === undefined ? {} : { versionId: seen.versionId }),
    verified:
      request.verified === 'crc32' || request.verified === undefined ? verdict(seen, crc32, true) : request.verified,
  };
}

async function complete(request: PublishRequest): Promise<StoredObject> {
  const { destination, key, uploadId, signal } = request;
  const parts = await partsOf(request);
  const crc32 = decodeCrc32(request.crc32) ?? crc32OfParts(parts);
  const whole = { parts, bytes: request.bytes, ...(crc32 === undefined ? {} : { crc32 }) };
  try {
    return await destination.complete(key, uploadId, whole, signal);
  } catch (error) {
    // The store computed another checksum from the parts it holds: completing them again cannot help.
    if (error instanceof LonghaulError && error.code === 'ChecksumMismatch') throw differs(request, error);
    throw error;
  }
}

const differs = ({ destination, key }: PublishRequest, cause?: LonghaulError): LonghaulError =>
  new LonghaulError(
    'VerificationFailed',
    `The parts of ${destination.display(key)} are not those that were sent`,
    { operation: 'publish', destination: destination.display(key) },
    { cause },
  );

/** The store's list, held against what the transfer reported: a part replaced meanwhile must not become visible. */
async function partsOf(request: PublishRequest): Promise<readonly ListedPart[]> {
  const { destination, key, uploadId, signal, bytes, partEtag } = request;
  const crc32 = decodeCrc32(request.crc32);
  if (request.parts === 1 && partEtag !== undefined) {
    return [{ number: 1, bytes, etag: partEtag, ...(crc32 === undefined ? {} : { crc32 }) }];
  }
  const listed = await destination.listParts(key, uploadId, signal);
  const parts = listed.filter(({ number }) => number <= request.parts);
  const listedCrc32 = crc32OfParts(parts);
  const isComplete =
    parts.length === request.parts &&
    bytesOfParts(parts) === bytes &&
    (crc32 === undefined || listedCrc32 === undefined || listedCrc32 === crc32);
  if (isComplete) return parts;
  throw differs(request);
}

/** After these the upload may have been completed all the same. */
function isDoubtful(error: unknown): boolean {
  if (!(error instanceof LonghaulError)) return false;
  return error.retryable || error.code === 'UploadLost' || error.context.httpStatus === 412 || isRejected(error);
}

const isRejected = (error: unknown): boolean =>
  error instanceof LonghaulError && error.code === 'DestinationRejected' && error.context.httpStatus === 400;

async function findOurs(request: PublishRequest): Promise<StoredObject | undefined> {
  const found = await request.destination.stat(request.key, request.signal);
  const isOurs =
    found?.transferId === request.transferId && isSameObject(found, request.bytes, decodeCrc32(request.crc32));
  return isOurs ? found : undefined;
}

/** What HEAD says now. A newer writer may have replaced the object already: then what Complete said must do. */
async function lookAgain(request: PublishRequest, completed: StoredObject): Promise<StoredObject> {
  const { destination, key, signal } = request;
  const seen = await retry({ signal, policy: request.retry }, () => destination.stat(key, signal));
  if (seen?.transferId !== request.transferId) return completed;
  return seen;
}
