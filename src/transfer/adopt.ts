/**
 * What an earlier attempt may have left: a finished object, or an upload whose id was lost with the answer or the process.
 * Adopted only if it is provably ours and of the version at hand; what is ours and not adopted is aborted, so that no
 * orphan stays; what is not ours is not touched.
 */
import { LonghaulError } from '../model/errors';
import { encodeChecksums, type Checksums } from './checksums';
import type { ListedPart } from './destination';
import { look, settle } from './look';
import { isSamePart } from './same-part';
import { retrying, type Run } from './run';
import type { Progress } from './progress';
import type { TransferSpec } from './spec';
import type { MovedObject } from './types';
import { abortUpload } from './undo';

/** What asking for an object needs to know; copies have it too. */
export interface Publishing {
  readonly spec: Pick<
    TransferSpec,
    'destination' | 'key' | 'transferId' | 'retry' | 'onRetry' | 'sha256' | 'ifAbsent' | 'readBack'
  >;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** The published object of an earlier attempt: its marker is this transfer's, so it was completed or written whole. */
export async function adoptPublished(run: Publishing): Promise<MovedObject | undefined> {
  const { spec, signal, progress } = run;
  const found = await retrying(run, () => look(spec, signal));
  if (found?.transferId !== spec.transferId) return undefined;
  await retrying(run, () => settle(spec, signal));
  const parts = Number(/-(\d+)"?$/.exec(found.etag ?? '')?.[1] ?? 1);
  progress.arrived(found.bytes, parts);
  return {
    bytes: found.bytes,
    ...encodeChecksums(found),
    parts,
    sentBytes: progress.sentBytes,
    // Ours is there, so it was compared before it became visible.
    verified: spec.sha256 !== undefined ? 'sha256' : knownBy(found),
    ...(found.etag === undefined ? {} : { etag: found.etag }),
    ...(found.versionId === undefined ? {} : { versionId: found.versionId }),
  };
}

/** How an object that was compared by what the store keeps of it has been verified. */
export const knownBy = ({ crc32, crc32c }: Checksums): 'crc32' | 'crc32c' | 'size' =>
  crc32 !== undefined ? 'crc32' : crc32c !== undefined ? 'crc32c' : 'size';

export interface AdoptedUpload {
  readonly uploadId: string;
  /** Part 1, where it has arrived already. */
  readonly part?: ListedPart;
}

export interface FirstPart {
  readonly body: Buffer;
  readonly sums: Checksums;
}

/**
 * An upload begun since `since` (or named by the checkpoint) under exactly this key. An attempt that did not get as far as
 * to tell its upload's id has written part 1 at most: an upload that holds more, or another part 1, is somebody else's.
 */
export async function adoptUpload(
  run: Run,
  since: Date,
  known: string | undefined,
  first: FirstPart,
): Promise<AdoptedUpload | undefined> {
  const { spec, signal } = run;
  const found = await retrying(run, () => spec.destination.findUploads(spec.key, since, signal));
  const events = spec.onEvent === undefined ? {} : { onEvent: spec.onEvent };
  // Where the store says whose an upload is, that decides.
  const named = new Set(
    found.filter(({ transferId }) => transferId === spec.transferId).map(({ uploadId }) => uploadId),
  );
  const candidates = found.filter(({ transferId, uploadId }) => transferId === undefined || named.has(uploadId));
  const ids = new Set([...(known === undefined ? [] : [known]), ...candidates.map(({ uploadId }) => uploadId)]);
  let adopted: AdoptedUpload | undefined;
  for (const uploadId of ids) {
    const parts = await listIfThere(run, uploadId);
    if (parts === undefined) continue;
    const isSame = parts.every((part) => part.number === 1 && isSamePart(part, first.body, first.sums));
    const isOurs = isSame || uploadId === known || named.has(uploadId);
    const isBetter = isSame && (adopted === undefined || (adopted.part === undefined && parts.length > 0));
    const surplus = isBetter ? adopted?.uploadId : isOurs ? uploadId : undefined;
    if (isBetter) adopted = { uploadId, ...(parts[0] === undefined ? {} : { part: parts[0] }) };
    if (surplus !== undefined) {
      await abortUpload({ destination: spec.destination, key: spec.key, uploadId: surplus, signal, ...events });
    }
  }
  return adopted;
}

async function listIfThere(run: Run, uploadId: string): Promise<ListedPart[] | undefined> {
  const { spec, signal } = run;
  try {
    return await retrying(run, () => spec.destination.listParts(spec.key, uploadId, signal));
  } catch (error) {
    if (error instanceof LonghaulError && error.code === 'UploadLost') return undefined;
    throw error;
  }
}
