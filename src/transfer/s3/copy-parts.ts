/** A server-side copy by parts: begun once, resumed only where it is provably of the same version, verified at the end. */
import { UploadPartCopyCommand } from '@aws-sdk/client-s3';
import { LonghaulError } from '../../model/errors';
import type { ListedPart } from '../destination';
import { bytesOfParts, crc32OfParts } from '../integrity';
import { crc32Of, decodeCrc32, encodeCrc32 } from '../lib/crc32';
import { inLanes } from '../lib/lanes';
import { partCount, partRange, partSizeFor } from '../plan';
import { publishUpload } from '../publish';
import type { ByteRange, MovedObject } from '../types';
import { abortUpload } from '../undo';
import { callStore, SLOW_ANSWER_TIMEOUT_MS } from './call';
import { asSourceChanged, beginCopy, type CopyRun } from './copy-run';

const DEFAULT_PART_SIZE_BYTES = 512 * 1024 * 1024;

export async function copyByParts(run: CopyRun): Promise<MovedObject> {
  const { spec, source } = run;
  const { sizeBytes } = source;
  const configuredBytes = spec.partSizeBytes ?? Math.min(DEFAULT_PART_SIZE_BYTES, spec.copyPartThresholdBytes);
  const partSizeBytes =
    sizeBytes <= spec.copyPartThresholdBytes ? Math.max(1, sizeBytes) : partSizeFor(sizeBytes, configuredBytes);
  const told = source.head.ChecksumType === 'COMPOSITE' ? undefined : decodeCrc32(source.head.ChecksumCRC32);
  const moved = await copyOnce(run, partSizeBytes, 'CRC32', told);
  if (moved !== undefined) return moved;
  // The store computes wrong checksums for copied ranges, so it is asked for none; see `isNonsense`.
  return (await copyOnce(run, partSizeBytes, undefined, undefined)) ?? unreachable(run);
}

/** Undefined where the part checksums turned out to be nonsense: then nothing is left behind. */
async function copyOnce(
  run: CopyRun,
  partSizeBytes: number,
  algorithm: 'CRC32' | undefined,
  told: number | undefined,
): Promise<MovedObject | undefined> {
  const { spec, signal, source, progress, again } = run;
  const { destination, key } = spec;
  const uploadId = await resumeOrBegin(run, partSizeBytes, algorithm);
  progress.begun(uploadId, { etag: source.etag, sizeBytes: source.sizeBytes }, partSizeBytes);
  const arrived = new Map<number, ListedPart>();
  const listed = await again(() => destination.listParts(key, uploadId, signal));
  const planned = (number: number): ByteRange => partRange(number, source.sizeBytes, partSizeBytes);
  const count = partCount(source.sizeBytes, partSizeBytes);
  for (const part of listed) {
    if (part.number <= count && part.bytes === planned(part.number).lengthBytes) arrived.set(part.number, part);
  }
  progress.restarted();
  progress.acknowledged(bytesOfParts([...arrived.values()]), arrived.size);
  const missing = Array.from({ length: count }, (_, index) => index + 1).filter((number) => !arrived.has(number));
  await inLanes(missing, spec.lanes, signal, async (number, laneSignal) => {
    const part = await again(() => copyPart(run, uploadId, number, count, planned(number), laneSignal));
    arrived.set(number, part);
    progress.acknowledged(part.bytes);
  });
  const parts = [...arrived.values()].sort((a, b) => a.number - b.number);
  const crc32 = algorithm === undefined ? undefined : crc32OfParts(parts);
  if (crc32 !== undefined && isNonsense(parts, told)) {
    await abortUpload({ destination, key, uploadId, signal });
    return undefined;
  }
  if (crc32 !== undefined && told !== undefined && crc32 !== told) {
    throw new LonghaulError(
      'VerificationFailed',
      `The copy of ${source.display} has another checksum than its source`,
      {
        operation: 'verify',
        source: source.display,
      },
    );
  }
  const moved = {
    bytes: source.sizeBytes,
    ...(crc32 === undefined ? {} : { crc32: encodeCrc32(crc32) }),
    parts: count,
    sentBytes: progress.sentBytes,
    // Without the source's own checksum the store's copy is all there is to compare: its size and pinned ETag.
    verified: told !== undefined && crc32 === told ? ('crc32' as const) : ('size' as const),
  };
  const [only] = parts;
  if (spec.publish === 'atomic') {
    return { ...moved, uploadId, ...(count === 1 && only !== undefined ? { partEtag: only.etag } : {}) };
  }
  const { transferId } = spec;
  const done = await publishUpload({ destination, key, uploadId, transferId, ...moved, signal });
  return { ...moved, ...done, verified: moved.verified };
}

/**
 * versitygw 1.8 gives a copied range the checksum of the whole source object; completing with it would store a wrong one.
 * Told by a range that is shorter than the source and claims its checksum, or equals another part's of other length.
 */
function isNonsense(parts: readonly ListedPart[], told: number | undefined): boolean {
  if (parts.length < 2) return false;
  const [first] = parts;
  const last = parts.at(-1);
  const isWholes = told !== undefined && parts.every(({ crc32 }) => crc32 === told);
  return isWholes || (first?.bytes !== last?.bytes && first?.crc32 === last?.crc32);
}

/**
 * An earlier attempt's upload goes on only where the checkpoint says that it was of this very version: listed parts do not
 * say what they were copied from. Others of ours are aborted; copying again moves no byte through us.
 */
async function resumeOrBegin(run: CopyRun, partSizeBytes: number, algorithm: 'CRC32' | undefined): Promise<string> {
  const { spec, signal, control, source, again } = run;
  const { destination, key } = spec;
  const { checkpoint, repeatedSince } = control;
  const known = algorithm === undefined ? undefined : checkpoint?.uploadId;
  const isSame = checkpoint?.version?.etag === source.etag && checkpoint.partSizeBytes === partSizeBytes;
  const resumed = known !== undefined && isSame && (await isOpen(run, known)) ? known : undefined;
  const abandon = async (since: Date, keep: string | undefined): Promise<void> => {
    const found = await again(() => destination.findUploads(key, since, signal));
    for (const { uploadId } of found) {
      if (uploadId === keep || !(await isOurs(run, uploadId, partSizeBytes))) continue;
      await abortUpload({ destination, key, uploadId, signal });
    }
  };
  if (known !== undefined && resumed === undefined) await abortUpload({ destination, key, uploadId: known, signal });
  if (repeatedSince !== undefined) await abandon(repeatedSince, resumed);
  if (resumed !== undefined) return resumed;
  const startedAt = new Date();
  let tries = 0;
  return again(async () => {
    tries += 1;
    // A Create whose answer was lost has left an upload behind.
    if (tries > 1) await abandon(startedAt, undefined);
    return beginCopy(run, algorithm);
  });
}

async function isOpen(run: CopyRun, uploadId: string): Promise<boolean> {
  return (await partsIfOpen(run, uploadId)) !== undefined;
}

/** Begun under our key since we began, and cut as we cut: an upload of anybody else differs in its parts. */
async function isOurs(run: CopyRun, uploadId: string, partSizeBytes: number): Promise<boolean> {
  const { sizeBytes } = run.source;
  const count = partCount(sizeBytes, partSizeBytes);
  const parts = await partsIfOpen(run, uploadId);
  return (
    parts?.every(
      ({ number, bytes }) => number <= count && bytes === partRange(number, sizeBytes, partSizeBytes).lengthBytes,
    ) ?? false
  );
}

async function partsIfOpen({ spec, signal, again }: CopyRun, uploadId: string): Promise<ListedPart[] | undefined> {
  try {
    return await again(() => spec.destination.listParts(spec.key, uploadId, signal));
  } catch (error) {
    if (error instanceof LonghaulError && error.code === 'UploadLost') return undefined;
    throw error;
  }
}

async function copyPart(
  run: CopyRun,
  uploadId: string,
  number: number,
  count: number,
  range: ByteRange,
  signal: AbortSignal,
): Promise<ListedPart> {
  const { spec, source } = run;
  const { destination, key } = spec;
  if (source.sizeBytes === 0) {
    // There is no range of nothing to copy: an empty part is the same object.
    const body = Buffer.alloc(0);
    return destination.writePart(key, uploadId, { number, body, crc32: crc32Of(body) }, signal);
  }
  const lastByte = range.offsetBytes + range.lengthBytes - 1;
  const command = new UploadPartCopyCommand({
    Bucket: destination.bucket,
    Key: key,
    UploadId: uploadId,
    PartNumber: number,
    CopySource: source.header,
    CopySourceIfMatch: source.etag,
    ...(count === 1 ? {} : { CopySourceRange: `bytes=${range.offsetBytes}-${lastByte}` }),
  });
  const call = {
    what: `Copying part ${number} of ${source.display} to ${destination.display(key)}`,
    context: { operation: 'copy', source: source.display, destination: destination.display(key) },
    timeoutMs: SLOW_ANSWER_TIMEOUT_MS,
  };
  try {
    const { CopyPartResult: result } = await callStore(call, signal, (o) => destination.client.send(command, o));
    if (result?.ETag === undefined) throw new LonghaulError('DestinationUnavailable', `${call.what} gave no ETag`);
    const crc32 = decodeCrc32(result.ChecksumCRC32);
    return { number, bytes: range.lengthBytes, etag: result.ETag, ...(crc32 === undefined ? {} : { crc32 }) };
  } catch (error) {
    throw asSourceChanged(error, source);
  }
}

function unreachable({ source }: CopyRun): never {
  throw new LonghaulError('Internal', `The copy of ${source.display} gave no result`);
}
