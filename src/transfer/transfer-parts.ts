/**
 * The second half of a transfer: the parts that the destination does not have yet, in parallel lanes.
 * Invariant: what counts as moved is what ListParts says, with the planned size and a checksum, never what we remember.
 */
import { LonghaulError } from '../model/errors';
import { adoptPublished, knownBy } from './adopt';
import { agreement, checksumsOfParts, decodeChecksums, encodeChecksums, sumsIn, type Checksums } from './checksums';
import { bytesOfParts, checkDeclared } from './integrity';
import { orReason } from './lib/abort';
import { moveRanges } from './move-ranges';
import { Progress } from './progress';
import type { ListedPart } from './destination';
import { publishUpload } from './publish';
import { partCount, partRange } from './plan';
import { retrying, type MovedParts, type Run } from './run';
import { streamParts } from './stream-parts';
import type { TransferSpec } from './spec';
import type { BegunUpload, MovedObject, TransferControl } from './types';
import { abortUpload } from './undo';

/**
 * Moves what is missing and returns the object: 'direct' completed and verified, 'atomic' with its uploadId, for
 * `publishUpload`. May be called again after any failure or crash. Throws UploadLost where the upload is gone,
 * SourceChanged where the source is no longer the version that was begun, ChecksumDiffers where it is not the one that was
 * promised (then the upload is left for the caller to abort), SourceDamaged where it is not what the source itself keeps a
 * checksum of (then the upload is aborted: all of it must be read again), and whatever persists after retries.
 */
export function transferParts(spec: TransferSpec, upload: BegunUpload, control: TransferControl): Promise<MovedObject> {
  const { signal } = control;
  return orReason(signal, async () => {
    const run: Run = { spec, signal, progress: new Progress(control, spec.onEvent) };
    run.progress.expect(upload.version.sizeBytes);
    run.progress.begun(upload.uploadId, upload.version, upload.partSizeBytes);
    const { sizeBytes } = upload.version;
    const isRanged = upload.resumable && sizeBytes !== undefined;
    if (spec.publish === 'direct' && control.repeatedSince !== undefined) {
      const done = await adoptPublished(run);
      if (done !== undefined) return done;
    }
    try {
      const moved = isRanged ? await moveRanges(run, upload, sizeBytes) : await streamParts(run, upload);
      return await finish(run, upload, moved, await wholeChecksums(run, upload, moved.parts));
    } catch (error) {
      const earlier = isLost(error) ? await movedBefore(run, upload) : undefined;
      if (earlier === undefined) throw error;
      return await finish(run, upload, earlier.moved, earlier.sums);
    }
  });
}

const isLost = (error: unknown): boolean => error instanceof LonghaulError && error.code === 'UploadLost';

/** All that an earlier attempt has completed and not put in place. It was compared with what was promised before that. */
async function movedBefore(
  run: Run,
  upload: BegunUpload,
): Promise<{ readonly moved: MovedParts; readonly sums: Checksums } | undefined> {
  const { spec, signal, progress } = run;
  const { sizeBytes } = upload.version;
  const found = await retrying(run, async () => spec.destination.staged?.(spec.key, upload.uploadId, signal));
  const isSame = found?.transferId === spec.transferId && found.bytes === sizeBytes;
  if (!isSame || agreement(found, decodeChecksums(upload.declared)) === false) return undefined;
  const count = partCount(sizeBytes, upload.partSizeBytes);
  const parts = Array.from({ length: count }, (_, index) => ({
    number: index + 1,
    bytes: partRange(index + 1, sizeBytes, upload.partSizeBytes).lengthBytes,
    etag: '',
  }));
  progress.arrived(sizeBytes, count);
  return { moved: { parts, isLengthDeclared: true, sourceValidators: upload.sourceValidators }, sums: sumsIn(found) };
}

async function finish(
  run: Run,
  upload: BegunUpload,
  { parts, isLengthDeclared, sourceValidators }: MovedParts,
  sums: Checksums,
): Promise<MovedObject> {
  const { spec, signal, progress } = run;
  const verified = spec.sha256 !== undefined ? 'sha256' : isLengthDeclared ? knownBy(sums) : 'unverified';
  const moved = {
    bytes: bytesOfParts(parts),
    ...encodeChecksums(sums),
    parts: parts.length,
    sentBytes: progress.sentBytes,
    ...(sourceValidators === undefined ? {} : { sourceValidators }),
  };
  const { uploadId } = upload;
  if (spec.publish === 'atomic') return { ...moved, verified, uploadId };
  const { destination, key, transferId } = spec;
  const done = await publishUpload({
    destination,
    key,
    uploadId,
    transferId,
    ...moved,
    verified,
    ...(spec.ifAbsent === undefined ? {} : { ifAbsent: spec.ifAbsent }),
    ...(spec.readBack === undefined ? {} : { readBack: spec.readBack }),
    signal,
    ...(spec.retry === undefined ? {} : { retry: spec.retry }),
    ...(spec.onEvent === undefined ? {} : { onEvent: spec.onEvent }),
  });
  return { ...moved, ...done };
}

/**
 * Of the parts, held against what the source declares. Where a listed part has none, what the source declares is what the
 * destination's own answer must agree with.
 */
async function wholeChecksums(run: Run, upload: BegunUpload, parts: readonly ListedPart[]): Promise<Checksums> {
  const { spec, signal } = run;
  const declared = decodeChecksums(upload.declared);
  const read = checksumsOfParts(parts);
  try {
    checkDeclared(spec.source, declared, read);
  } catch (error) {
    const { destination, key } = spec;
    await abortUpload({ destination, key, uploadId: upload.uploadId, signal });
    throw error;
  }
  const algorithm = upload.algorithm ?? 'crc32';
  const expected = declared[algorithm];
  return expected === undefined ? read : { [algorithm]: expected, ...read };
}
