/**
 * One file brought back from S3 to a folder on disk: skipped where it is right, healed where it is wrong, fetched where it is
 * missing. What is read is pinned to the catalogue's ETag and size, so that another object never moves a byte.
 * Resumes by itself: give the same `transferId` again, in this process or the next.
 */
import { stat } from 'node:fs/promises';
import * as path from 'node:path';
import { LonghaulError, type ErrorCode } from '../../model/errors';
import { openTransfer } from '../open-transfer';
import { partSizeFor } from '../plan';
import { orReason } from '../lib/abort';
import type { HashPool } from '../hash/pool';
import type { TransferSpec } from '../spec';
import { transferParts } from '../transfer-parts';
import type { BegunUpload, MovedObject, Source, TransferControl } from '../types';
import { createFileVerifier, type ChecksumLookUp, type RecordedFile } from './file-verifier';
import { createFileDestination, type FileDestination } from './destination';
import { ifThere, onDisk } from './local-errors';
import { pinSource, versionOf } from './pinned-source';
import { syncDirectory } from './partial';
import { resolveInside } from './safe-path';

export interface RestoreFileRequest extends Pick<
  TransferSpec,
  'source' | 'memory' | 'lanes' | 'maxLanes' | 'onLanes' | 'stallTimeoutMs' | 'retry' | 'limiter' | 'onRetry'
> {
  readonly source: Source;
  /** Must exist. */
  readonly root: string;
  /** As the catalogue says; checked by `resolveInside`. Folders are made as needed. */
  readonly relativePath: string;
  /** Size in bytes and ETag, with or without quotes, as the catalogue records them. */
  readonly expected: RecordedFile;
  /** Part size in bytes that multipart ETags were made with, where the ETag's own number of parts agrees. */
  readonly chunkBytes: number;
  /**
   * Asks the store for its checksum; called only where the ETag cannot decide or says that the bytes are wrong, and at most
   * once. See `s3ChecksumLookUp`.
   */
  readonly checksumOf?: ChecksumLookUp;
  readonly pool: HashPool;
  /** Names the partial file. The same for all attempts; one that also stays the same over runs lets a later run go on. */
  readonly transferId: string;
  /** Bytes of one range; also of what is fetched again after a crash, times lanes. Files up to this size are fetched whole. */
  readonly partSizeBytes: number;
  /** Told of each step as it begins; cheap and synchronous. */
  readonly onStep?: (step: RestoreStep) => void;
  /** Bytes hashed in the step at hand; for heartbeats, since a check of a large file moves nothing. */
  readonly onHashed?: (bytes: number) => void;
}

export type RestoreStep = 'checking' | 'moving' | 'verifying' | 'replacing' | 'done';

export interface RestoredFile {
  /** 'skipped': it was right. 'healed': it was there and wrong. 'transferred': it was not there. */
  readonly outcome: 'skipped' | 'healed' | 'transferred';
  /** Size of the file. */
  readonly bytes: number;
  /** Bytes written to disk, over all attempts that the checkpoint knows of; those written again included. */
  readonly sentBytes: number;
  readonly parts: number;
  /** Where it lies, with links resolved. */
  readonly path: string;
}

/** After these no attempt can use what has arrived. */
const PARTIAL_IS_USELESS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'SourceNotAsRecorded',
  'SourceNotFound',
  'Unverifiable',
  'VerificationFailed',
]);

/**
 * Final errors: PathRefused, PathIsDirectory, PathConflict, DiskFull, DestinationNotWritable, SourceNotAsRecorded (the store
 * holds another object than the catalogue says; before a byte moves), SourceNotFound, Unverifiable, VerificationFailed.
 * Retryable: Source…, DiskFailed, TooManyOpenFiles. Or the signal's reason. Whatever is thrown, the target is as it was
 * before; only where the error can be got over the partial stays, for the next attempt.
 */
export function restoreFile(request: RestoreFileRequest, control: TransferControl): Promise<RestoredFile> {
  const { signal } = control;
  return orReason(signal, async () => {
    try {
      return await restoreOnce(request, control);
    } catch (error) {
      // Somebody has removed the partial, or a second process with this transfer has just finished: look once more.
      if (!(error instanceof LonghaulError) || error.code !== 'UploadLost') throw error;
      return restoreOnce(request, { ...control, repeatedSince: control.repeatedSince ?? new Date(0) });
    }
  });
}

async function restoreOnce(request: RestoreFileRequest, control: TransferControl): Promise<RestoredFile> {
  const { root, relativePath, expected, source } = request;
  const { signal } = control;
  request.onStep?.('checking');
  const target = await resolveInside(root, relativePath);
  const verifier = createFileVerifier({ ...request, display: source.display });
  const partSizeBytes = partSizeFor(expected.bytes, request.partSizeBytes);
  const destination = createFileDestination({
    root,
    transferId: request.transferId,
    partSizeBytes,
    sizeBytes: expected.bytes,
    version: { etag: expected.etag },
    verify: async (partial, verifySignal) => {
      request.onStep?.('verifying');
      const isGood = await verifier.isRight(partial, verifySignal);
      if (isGood) request.onStep?.('replacing');
      return isGood;
    },
  });
  try {
    const before = await onDisk(`Looking at ${target}`, signal, () => ifThere(stat(target)));
    if (before !== undefined && (await verifier.isRight(target, signal))) {
      return await settled(request, control, destination, target);
    }
    await verifier.assertVerifiable(signal);
    request.onStep?.('moving');
    const moved = await fetchFile(request, control, destination, partSizeBytes);
    if (control.repeatedSince !== undefined) await destination.removeLeftovers(relativePath);
    request.onStep?.('done');
    const { bytes, sentBytes, parts } = moved;
    return { outcome: before === undefined ? 'transferred' : 'healed', bytes, sentBytes, parts, path: target };
  } catch (error) {
    if (error instanceof LonghaulError && PARTIAL_IS_USELESS.has(error.code) && !signal.aborted) {
      await destination.removeLeftovers(relativePath);
    }
    throw error;
  } finally {
    await destination.close();
  }
}

/** The file is right. On a repeated attempt it may be so because the one before has put it there and could not say so. */
async function settled(
  request: RestoreFileRequest,
  control: TransferControl,
  destination: FileDestination,
  target: string,
): Promise<RestoredFile> {
  if (control.repeatedSince !== undefined) {
    // The attempt before may have ended between its rename and the sync that makes a rename outlast a power failure.
    await onDisk(`Syncing the folder of ${target}`, control.signal, () => syncDirectory(path.dirname(target)));
    await destination.removeLeftovers(request.relativePath);
  }
  request.onStep?.('done');
  const sentBytes = control.checkpoint?.sentBytes ?? 0;
  const isOurs = control.repeatedSince !== undefined && control.checkpoint !== undefined;
  return {
    outcome: isOurs ? 'transferred' : 'skipped',
    bytes: request.expected.bytes,
    sentBytes,
    parts: control.checkpoint?.parts ?? 0,
    path: target,
  };
}

async function fetchFile(
  request: RestoreFileRequest,
  control: TransferControl,
  destination: FileDestination,
  partSizeBytes: number,
): Promise<MovedObject> {
  const { expected, relativePath: key, transferId } = request;
  const spec: TransferSpec = {
    ...request,
    source: pinSource(request.source, expected),
    destination,
    key,
    publish: 'direct',
    partSizeBytes,
  };
  if (expected.bytes <= partSizeBytes) {
    const opened = await openTransfer(spec, control);
    if (opened.kind === 'moved') return opened.object;
    throw new LonghaulError('Internal', `${request.source.display} is longer than the version that it was pinned to`);
  }
  // No probe: the catalogue says what the version is, and `begin` goes on with a partial of it.
  const uploadId = await destination.begin(key, { transferId }, control.signal);
  const upload: BegunUpload = { uploadId, version: versionOf(expected), partSizeBytes, resumable: true };
  return transferParts(spec, upload, control);
}
