/**
 * Completing an upload, exactly once as far as anybody can see. Complete may answer late, not at all, or 200 with an error
 * inside, and a repeat says NoSuchUpload on some stores and success on others; so after any doubt the object itself is
 * asked: our marker, the size and the checksum say whether it is the one that was sent.
 */
import { LonghaulError } from '../model/errors';
import { agreement, checksumsOfParts, decodeChecksums, type EncodedChecksums } from './checksums';
import type { Destination, ListedPart, StoredObject } from './destination';
import { tell, type TransferListener } from './events';
import { bytesOfParts, isSameObject, verdict } from './integrity';
import { alreadyExists, isPreconditionFailed, look, settle } from './look';
import { retry, type RetryPolicy } from './lib/retry';
import type { MovedObject } from './types';

/** Its checksums as in MovedObject; absent where they are not known. */
export interface PublishRequest extends EncodedChecksums {
  readonly destination: Destination;
  readonly key: string;
  readonly uploadId: string;
  readonly transferId: string;
  readonly bytes: number;
  readonly parts: number;
  /** For an upload of one part: saves ListParts. */
  readonly partEtag?: string;
  /** As the transfer said; 'unverified' stays so, because it says that the source declared no length. */
  readonly verified?: MovedObject['verified'];
  /** As in the transfer's spec. */
  readonly ifAbsent?: boolean;
  readonly readBack?: boolean;
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
 * object under the key is not ours, DestinationExists where `ifAbsent` forbids to replace what is there, VerificationFailed
 * where the store holds other bytes than were sent.
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
      throw request.ifAbsent === true && isPreconditionFailed(error) ? alreadyExists(request, error) : error;
    }
  });
  // The store has checked size and checksum; where its answer does not say so, the object is asked.
  const sums = decodeChecksums(request);
  const isTold = request.parts === 1 && agreement(stored, sums) !== undefined;
  const seen = isTold || request.readBack === false ? stored : await lookAgain(request, stored);
  if (!isSameObject(seen, request.bytes, sums)) {
    throw new LonghaulError(
      'VerificationFailed',
      `${destination.display(key)} holds ${seen.bytes} bytes that are not the ${request.bytes} that were sent`,
      { operation: 'verify', destination: destination.display(key) },
    );
  }
  await retry({ signal, policy: request.retry }, () => settle(request, signal));
  tell(request.onEvent, { kind: 'complete_done', uploadId, parts, bytes });
  const isByChecksum = request.verified === undefined || request.verified === 'crc32' || request.verified === 'crc32c';
  return {
    ...(seen.etag === undefined ? {} : { etag: seen.etag }),
    ...(seen.versionId === undefined ? {} : { versionId: seen.versionId }),
    verified: isByChecksum ? verdict(seen, sums, true) : (request.verified ?? 'size'),
  };
}

async function complete(request: PublishRequest): Promise<StoredObject> {
  const { destination, key, uploadId, signal } = request;
  const parts = await partsToComplete(request);
  const { bytes, transferId, ifAbsent } = request;
  const joined = parts.length === 0 ? {} : checksumsOfParts(parts);
  const whole = { parts, bytes, transferId, ifAbsent, ...joined, ...decodeChecksums(request) };
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

/** None where an earlier attempt has completed the upload, but not put its object in place: `Destination.staged`. */
async function partsToComplete(request: PublishRequest): Promise<readonly ListedPart[]> {
  const { destination, key, uploadId, signal } = request;
  try {
    return await partsOf(request);
  } catch (error) {
    const isLost = error instanceof LonghaulError && error.code === 'UploadLost';
    if (!isLost || (await destination.staged?.(key, uploadId, signal)) === undefined) throw error;
    return [];
  }
}

/** The store's list, held against what the transfer reported: a part replaced meanwhile must not become visible. */
async function partsOf(request: PublishRequest): Promise<readonly ListedPart[]> {
  const { destination, key, uploadId, signal, bytes, partEtag } = request;
  const sums = decodeChecksums(request);
  if (request.parts === 1 && partEtag !== undefined) return [{ number: 1, bytes, etag: partEtag, ...sums }];
  const listed = await destination.listParts(key, uploadId, signal);
  const parts = listed.filter(({ number }) => number <= request.parts);
  const isComplete =
    parts.length === request.parts &&
    bytesOfParts(parts) === bytes &&
    agreement(checksumsOfParts(parts), sums) !== false;
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
  const found = await look(request, request.signal);
  const isOurs =
    found?.transferId === request.transferId && isSameObject(found, request.bytes, decodeChecksums(request));
  return isOurs ? found : undefined;
}

/** What HEAD says now. A newer writer may have replaced the object already: then what Complete said must do. */
async function lookAgain(request: PublishRequest, completed: StoredObject): Promise<StoredObject> {
  const { destination, key, signal } = request;
  const seen = await retry({ signal, policy: request.retry }, () => destination.stat(key, signal));
  if (seen?.transferId !== request.transferId) return completed;
  return seen;
}
