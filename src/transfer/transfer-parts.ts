/**
 * The second half of a transfer: the parts that the destination does not have yet, in parallel lanes.
 * Invariant: what counts as moved is what ListParts says, with the planned size and a checksum, never what we remember.
 */
import { adoptPublished } from './adopt';
import { bytesOfParts, crc32OfParts } from './integrity';
import { orReason } from './lib/abort';
import { encodeCrc32 } from './lib/crc32';
import { moveRanges } from './move-ranges';
import { Progress } from './progress';
import { publishUpload } from './publish';
import type { MovedParts, Run } from './run';
import { streamParts } from './stream-parts';
import type { TransferSpec } from './spec';
import type { BegunUpload, MovedObject, TransferControl } from './types';

/**
 * Moves what is missing and returns the object: 'direct' completed and verified, 'atomic' with its uploadId, for
 * `publishUpload`. May be called again after any failure or crash. Throws UploadLost where the upload is gone,
 * SourceChanged where the source is no longer the version that was begun, ChecksumDiffers where it is not the one that was
 * promised (then the upload is left for the caller to abort), and whatever persists after retries.
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
    const moved = isRanged ? await moveRanges(run, upload, sizeBytes) : await streamParts(run, upload);
    return finish(run, upload, moved);
  });
}

async function finish(
  run: Run,
  upload: BegunUpload,
  { parts, isLengthDeclared, sourceValidators }: MovedParts,
): Promise<MovedObject> {
  const { spec, signal, progress } = run;
  const crc32 = crc32OfParts(parts);
  const verified = spec.sha256 !== undefined ? 'sha256' : isLengthDeclared ? 'crc32' : 'unverified';
  const moved = {
    bytes: bytesOfParts(parts),
    ...(crc32 === undefined ? {} : { crc32: encodeCrc32(crc32) }),
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
    signal,
    ...(spec.retry === undefined ? {} : { retry: spec.retry }),
    ...(spec.onEvent === undefined ? {} : { onEvent: spec.onEvent }),
  });
  return { ...moved, ...done };
}
