/** The parts of a source that can be read by ranges of one version, in parallel lanes. */
import { LonghaulError } from '../model/errors';
import { checkSha256, hashFor, type OrderedSha256 } from './content-hash';
import type { ListedPart } from './destination';
import { tell } from './events';
import { bytesOfParts } from './integrity';
import { crc32Of } from './lib/crc32';
import { inLanes } from './lib/lanes';
import { partCount, partRange } from './plan';
import { surplus } from './probe';
import { openSource, retrying, sendPart, type MovedParts, type Run } from './run';
import type { BegunUpload, ByteRange, SourceVersion } from './types';

/**
 * Moves the parts that the destination does not list. Where a SHA-256 is expected those that it lists are read too, for the
 * hash alone: its state cannot be kept over a crash. Throws ChecksumDiffers.
 */
export async function moveRanges(run: Run, upload: BegunUpload, sizeBytes: number): Promise<MovedParts> {
  const { spec, signal } = run;
  const { uploadId, partSizeBytes } = upload;
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
  const found = [...arrived.values()];
  run.progress.arrived(bytesOfParts(found), found.length);
  run.progress.read(bytesOfParts(found));
  for (const { number, bytes } of found) tell(spec.onEvent, { kind: 'part_found', number, bytes });
  const hash = hashFor(spec);
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const open = hash === undefined ? numbers.filter((number) => !arrived.has(number)) : numbers;
  await inLanes(open, spec.lanes, signal, async (number, laneSignal) => {
    const range = partRange(number, sizeBytes, partSizeBytes);
    const job = { upload, number, range, hash, there: arrived.get(number) };
    arrived.set(number, await relayPart({ ...run, signal: laneSignal }, job));
  });
  checkSha256(spec, hash);
  const parts = [...arrived.values()].sort((a, b) => a.number - b.number);
  return { parts, isLengthDeclared: true, sourceValidators: upload.sourceValidators };
}

interface PartJob {
  readonly upload: BegunUpload;
  readonly number: number;
  readonly range: ByteRange;
  readonly hash: OrderedSha256 | undefined;
  /** At the destination already: read for the hash alone. */
  readonly there: ListedPart | undefined;
}

/** Memory, ranged GET, CRC32, UploadPart; hashed in its turn while it is sent. */
async function relayPart(run: Run, { upload, number, range, hash, there }: PartJob): Promise<ListedPart> {
  const lease = await run.spec.memory.acquire(range.lengthBytes, run.signal);
  try {
    const body = lease.buffer;
    const onRead = there === undefined ? (bytes: number) => run.progress.read(bytes) : undefined;
    await readRange(run, body, range, upload.version, onRead);
    const crc32 = crc32Of(body);
    // What was hashed must be what is stored: a listed part with other bytes is written again.
    const isThere = there !== undefined && there.crc32 === crc32;
    const hashed = hash?.add(number, body, run.signal);
    // Awaited after the sending, which must have ended whatever happens here; until then nobody else listens.
    hashed?.catch(() => undefined);
    const part = isThere ? there : await sendPart(run, upload.uploadId, { number, body, crc32 });
    await hashed;
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
function readRange(
  run: Run,
  target: Buffer,
  range: ByteRange,
  version: SourceVersion,
  onRead: ((bytes: number) => void) | undefined,
): Promise<void> {
  let filled = 0;
  return retrying(run, async ({ progressed }) => {
    // All bytes had come when the connection broke: counted, so nothing is missing.
    if (filled === target.length) return;
    const rest = { offsetBytes: range.offsetBytes + filled, lengthBytes: range.lengthBytes - filled };
    const opened = await openSource(run, rest, version, onRead);
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
      // What came and is of no use will be read again.
      onRead?.(filled - start - opened.reader.receivedBytes);
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
