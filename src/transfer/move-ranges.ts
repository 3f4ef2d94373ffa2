/** The parts of a source that can be read by ranges of one version, in parallel lanes. */
import { checksumsOf, decodeChecksums, type ChecksumAlgorithm } from './checksums';
import { checkSha256, hashFor, type OrderedSha256 } from './content-hash';
import type { ListedPart } from './destination';
import { tell } from './events';
import { bytesOfParts } from './integrity';
import { LaneController } from './lib/lane-controller';
import { LaneGate } from './lib/lane-gate';
import { inLanes } from './lib/lanes';
import { partCount, partRange } from './plan';
import { readRange } from './read-range';
import { retrying, sendPart, type MovedParts, type Run } from './run';
import { isSamePart } from './same-part';
import type { BegunUpload, ByteRange } from './types';

/**
 * Moves the parts that the destination does not list. Where a SHA-256 is expected those that it lists are read too, for the
 * hash alone: its state cannot be kept over a crash. Throws ChecksumDiffers.
 */
export async function moveRanges(run: Run, upload: BegunUpload, sizeBytes: number): Promise<MovedParts> {
  const { spec, signal } = run;
  const { uploadId, partSizeBytes } = upload;
  const algorithms = partAlgorithms(upload);
  const isTrusted = (part: ListedPart): boolean =>
    spec.destination.listsMd5 === true || part[algorithms[0]] !== undefined;
  const count = partCount(sizeBytes, partSizeBytes);
  const listed = await retrying(run, () => spec.destination.listParts(spec.key, uploadId, signal));
  const arrived = new Map(
    listed
      .filter((part) => {
        const { number, bytes } = part;
        const planned = number <= count ? partRange(number, sizeBytes, partSizeBytes).lengthBytes : -1;
        return bytes === planned && isTrusted(part);
      })
      .map((part) => [part.number, withKnownSums(part, upload)]),
  );
  const found = [...arrived.values()];
  run.progress.arrived(bytesOfParts(found), found.length);
  run.progress.read(bytesOfParts(found));
  for (const { number, bytes } of found) tell(spec.onEvent, { kind: 'part_found', number, bytes });
  const hash = hashFor(spec);
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const open = hash === undefined ? numbers.filter((number) => !arrived.has(number)) : numbers;
  const gate = new LaneGate(lanesOf(run, partSizeBytes));
  let left = open.length;
  spec.onLanes?.(gate.lanes, 'begin');
  try {
    await inLanes(open, gate, signal, async (number, laneSignal) => {
      left -= 1;
      const range = partRange(number, sizeBytes, partSizeBytes);
      const job = { upload, algorithms, number, range, hash, there: arrived.get(number) };
      const lane = gate.pass(laneSignal);
      arrived.set(number, await relayPart({ ...run, signal: laneSignal, lane }, job));
      gate.arrived(range.lengthBytes, left);
    });
  } finally {
    spec.onLanes?.(0, 'end');
  }
  checkSha256(spec, hash);
  const parts = [...arrived.values()].sort((a, b) => a.number - b.number);
  return { parts, isLengthDeclared: true, sourceValidators: upload.sourceValidators };
}

/** More lanes take no memory that anybody waits for. */
const lanesOf = ({ spec }: Run, partSizeBytes: number): LaneController => {
  const { lanes: start, maxLanes: max = start, memory, onLanes: onChange } = spec;
  // The lane whose part has just arrived takes one of the free ones itself.
  const spareParts = (): number =>
    memory.waiting > 0 ? 0 : Math.max(0, Math.floor((memory.totalBytes - memory.inUseBytes) / partSizeBytes) - 1);
  return new LaneController({ start, max, spareParts, onChange });
};

/** The listing of some stores has no checksums; of part 1, which another process may have written, the upload knows them. */
const withKnownSums = (part: ListedPart, { firstPart }: BegunUpload): ListedPart =>
  part.number === 1 && firstPart?.etag === part.etag ? { ...decodeChecksums(firstPart), ...part } : part;

/** What parts are sent with, and after it what only the source's own checksum is held against. */
export function partAlgorithms(
  upload: Pick<BegunUpload, 'algorithm' | 'declared'>,
): readonly [ChecksumAlgorithm, ...ChecksumAlgorithm[]] {
  const { algorithm = 'crc32' } = upload;
  const { crc32, crc32c } = decodeChecksums(upload.declared);
  const isDeclared = (algorithm === 'crc32' ? crc32 : crc32c) !== undefined;
  if (isDeclared || (crc32 === undefined && crc32c === undefined)) return [algorithm];
  return [algorithm, algorithm === 'crc32' ? 'crc32c' : 'crc32'];
}

interface PartJob {
  readonly upload: BegunUpload;
  readonly algorithms: readonly ChecksumAlgorithm[];
  readonly number: number;
  readonly range: ByteRange;
  readonly hash: OrderedSha256 | undefined;
  /** At the destination already: read for the hash alone. */
  readonly there: ListedPart | undefined;
}

/** Memory, ranged GET, checksum, UploadPart; hashed in its turn while it is sent. */
async function relayPart(run: Run, { upload, algorithms, number, range, hash, there }: PartJob): Promise<ListedPart> {
  const { lane } = run;
  const lease = await run.spec.memory.acquire(range.lengthBytes, run.signal);
  try {
    await lane?.enter();
    const body = lease.buffer;
    const onRead = there === undefined ? (bytes: number) => run.progress.read(bytes) : undefined;
    await readRange(run, body, range, upload.version, onRead);
    const sums = checksumsOf(body, algorithms);
    // What was hashed must be what is stored: a listed part with other bytes is written again.
    const isThere = there !== undefined && isSamePart(there, body, sums);
    const hashed = hash?.add(number, body, run.signal);
    // Awaited after the sending, which must have ended whatever happens here; until then nobody else listens.
    hashed?.catch(() => undefined);
    const part = isThere ? { ...sums, ...there } : await sendPart(run, upload.uploadId, { number, body, ...sums });
    // Its turn to be hashed may be behind a part that waits for this one's place.
    lane?.leave();
    await hashed;
    lease.release();
    return part;
  } finally {
    lane?.leave();
    // After a failure an aborted request may still hold the buffer.
    lease.discard();
  }
}
