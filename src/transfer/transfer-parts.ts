/**
 * The second half of a transfer: the parts that the destination does not have yet, in parallel lanes.
 * Invariant: what counts as moved is what ListParts says, with the planned size and a checksum, never what we remember.
 */
import { LonghaulError } from '../model/errors';
import { adoptPublished } from './adopt';
import type { ListedPart } from './destination';
import { bytesOfParts, crc32OfParts } from './integrity';
import { orReason } from './lib/abort';
import { crc32Of, encodeCrc32 } from './lib/crc32';
import { inLanes } from './lib/lanes';
import { partCount, partRange } from './plan';
import { surplus } from './probe';
import { Progress } from './progress';
import { publishUpload } from './publish';
import { openSource, retrying, sendPart, type MovedParts, type Run } from './run';
import { streamParts } from './stream-parts';
import type { TransferSpec } from './spec';
import type { BegunUpload, ByteRange, MovedObject, SourceVersion, TransferControl } from './types';

/**
 * Moves what is missing and returns the object: 'direct' completed and verified, 'atomic' with its uploadId, for
 * `publishUpload`. May be called again after any failure or crash. Throws UploadLost where the upload is gone,
 * SourceChanged where the source is no longer the version that was begun, and whatever persists after retries.
 */
export function transferParts(spec: TransferSpec, upload: BegunUpload, control: TransferControl): Promise<MovedObject> {
  const { signal } = control;
  return orReason(signal, async () => {
    const run: Run = { spec, signal, progress: new Progress(control) };
    run.progress.begun(upload.uploadId, upload.version, upload.partSizeBytes);
    const { sizeBytes } = upload.version;
    const isRanged = upload.resumable && sizeBytes !== undefined;
    if (spec.publish === 'direct' && control.repeatedSince !== undefined) {
      const done = await adoptPublished(run);
      if (done !== undefined) return done;
    }
    const moved = isRanged ? await moveRanges(run, upload, sizeBytes) : await streamParts(run, upload);
    return finish(run, upload, moved.parts, moved.isLengthDeclared);
  });
}

async function moveRanges(run: Run, upload: BegunUpload, sizeBytes: number): Promise<MovedParts> {
  const { spec, signal } = run;
  const { uploadId, partSizeBytes, version } = upload;
  const count = partCount(sizeBytes, partSizeBytes);
  const listed = await retrying(run, () => spec.destination.listParts(spec.key, uploadId, signal));
  const arrived = new Map(
    listed
      .filter(({ number, bytes, crc32 }) => {
        const planned = number <= count ? partRange(number, sizeBytes, partSizeBytes).lengthBytes : -1;
        return bytes === planned && crc32 !== undefined;
      })
      .map((part) => [part.number, part]),
  );
  run.progress.arrived(bytesOfParts([...arrived.values()]), arrived.size);
  const missing = Array.from({ length: count }, (_, index) => index + 1).filter((number) => !arrived.has(number));
  await inLanes(missing, spec.lanes, signal, async (number, laneSignal) => {
    const range = partRange(number, sizeBytes, partSizeBytes);
    arrived.set(number, await relayPart({ ...run, signal: laneSignal }, uploadId, number, range, version));
  });
  const parts = [...arrived.values()].sort((a, b) => a.number - b.number);
  return { parts, isLengthDeclared: true };
}

/** Memory, ranged GET, CRC32, UploadPart. */
async function relayPart(
  run: Run,
  uploadId: string,
  number: number,
  range: ByteRange,
  version: SourceVersion,
): Promise<ListedPart> {
  const lease = await run.spec.memory.acquire(range.lengthBytes, run.signal);
  try {
    await readRange(run, lease.buffer, range, version);
    const body = lease.buffer;
    const part = await sendPart(run, uploadId, { number, body, crc32: crc32Of(body) });
    lease.release();
    return part;
  } finally {
    // After a failure an aborted request may still hold the buffer.
    lease.discard();
  }
}

/** A try that brought at least this much starts the retry budget again; less, and a dripping source would never end. */
const WORTH_ANOTHER_TRY_BYTES = 64 * 1024;

/** Fills the buffer; after a fault only the rest of the range is asked for, so that a flaky source still gets on. */
function readRange(run: Run, target: Buffer, range: ByteRange, version: SourceVersion): Promise<void> {
  let filled = 0;
  return retrying(run, async ({ progressed }) => {
    // All bytes had come when the connection broke: counted, so nothing is missing.
    if (filled === target.length) return;
    const rest = { offsetBytes: range.offsetBytes + filled, lengthBytes: range.lengthBytes - filled };
    const opened = await openSource(run, rest, version);
    const start = filled;
    try {
      if (opened.kind === 'whole' && rest.offsetBytes > 0) throw rangeIgnored(run, rest);
      const into = target.subarray(start);
      const onBytes = (bytes: number): void => {
        if (bytes >= WORTH_ANOTHER_TRY_BYTES) progressed();
        filled = start + bytes;
      };
      await opened.reader.fill(into, onBytes);
      if (filled < target.length) throw cutOff(run, rest, filled - start);
      if (!(await opened.reader.atEnd()) && opened.kind === 'partial') throw surplus(run);
    } finally {
      opened.reader.close();
    }
  });
}

const cutOff = ({ spec }: Run, range: ByteRange, gotBytes: number): LonghaulError =>
  new LonghaulError(
    'SourceTruncated',
    `${spec.source.display} sent ${gotBytes} of the ${range.lengthBytes} bytes from ${range.offsetBytes}`,
    { source: spec.source.display, operation: 'read', offsetBytes: range.offsetBytes },
  );

/** The version is the same, so it has not changed: some node of the source does not know ranges. Another one may. */
const rangeIgnored = ({ spec }: Run, range: ByteRange): LonghaulError =>
  new LonghaulError('SourceUnavailable', `${spec.source.display} answered a range with the whole file`, {
    source: spec.source.display,
    operation: 'read',
    offsetBytes: range.offsetBytes,
  });

async function finish(
  run: Run,
  upload: BegunUpload,
  parts: readonly ListedPart[],
  isLengthDeclared: boolean,
): Promise<MovedObject> {
  const { spec, signal, progress } = run;
  const crc32 = crc32OfParts(parts);
  const verified = isLengthDeclared ? 'crc32' : 'unverified';
  const moved = {
    bytes: bytesOfParts(parts),
    ...(crc32 === undefined ? {} : { crc32: encodeCrc32(crc32) }),
    parts: parts.length,
    sentBytes: progress.sentBytes,
  };
  const { uploadId } = upload;
  if (spec.publish === 'atomic') return { ...moved, verified, uploadId };
  const { destination, key, transferId } = spec;
  const retry = spec.retry === undefined ? {} : { retry: spec.retry };
  const done = await publishUpload({ destination, key, uploadId, transferId, ...moved, verified, signal, ...retry });
  return { ...moved, ...done };
}
