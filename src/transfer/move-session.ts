/**
 * An object of middle size through a session of the destination: one stream in order, nothing to list, nothing to publish and
 * nothing that a stranger could see before the last byte. The session lives in this process alone, so after a crash the object
 * is sent again; that is why larger ones go by parts.
 */
import { LonghaulError } from '../model/errors';
import { attributesOf } from './begin';
import { algorithmsFor, checksumsOf, checksumsOfParts, encodeChecksums, type Checksums } from './checksums';
import { checkSha256, hashFor } from './content-hash';
import type { ObjectSession, SessionCapability, StoredObject } from './destination';
import { tell } from './events';
import { checkDeclared, isSameObject, verdict } from './integrity';
import { alreadyExists, isPreconditionFailed, look } from './look';
import { partCount, partRange } from './plan';
import type { Probe } from './probe';
import { readRange } from './read-range';
import { retrying, type Run } from './run';
import { SessionBuffers } from './session-buffers';
import type { MovedObject } from './types';

/** A session that is lost again and again is not bad luck. */
const MAX_SESSIONS = 4;

const chunkBytesFor = ({ granuleBytes }: SessionCapability, partSizeBytes: number): number =>
  Math.floor(partSizeBytes / granuleBytes) * granuleBytes;

/** Staged objects must survive the process, and what cannot be read by ranges cannot be read again from the middle. */
export function canUseSession({ spec }: Run, { reply, resumable }: Probe): boolean {
  const { session } = spec.destination;
  const { sizeBytes } = reply.version;
  if (session === undefined || spec.publish !== 'direct' || !resumable || sizeBytes === undefined) return false;
  return sizeBytes <= session.maxBytes && chunkBytesFor(session, spec.partSizeBytes) > 0;
}

/** Throws what `openTransfer` throws; DestinationExists too. Nothing is visible unless it resolves, or its answer was lost. */
export async function moveBySession(run: Run, probe: Probe, declared: Checksums): Promise<MovedObject> {
  const { spec, signal, progress } = run;
  for (let sessions = 1; ; sessions += 1) {
    try {
      // What the probe has read is in its buffer for the first session alone: that one reads on into it.
      return await moveOnce(run, probe, declared, sessions === 1);
    } catch (error) {
      if (!(error instanceof LonghaulError) || signal.aborted) throw error;
      const isTaken = spec.ifAbsent === true && isPreconditionFailed(error);
      if (!isTaken && (error.code !== 'UploadLost' || sessions === MAX_SESSIONS)) throw error;
      // The session may be gone, or refused, because it has been finished and its answer lost.
      const found = await retrying(run, () => look(spec, signal));
      if (found?.transferId === spec.transferId && isSameObject(found, sizeOf(probe), declared)) {
        return moved(run, probe, found, found);
      }
      if (isTaken) throw alreadyExists(spec, error);
      progress.restarted();
    }
  }
}

const sizeOf = ({ reply }: Probe): number => reply.version.sizeBytes ?? 0;

async function moveOnce(run: Run, probe: Probe, declared: Checksums, isHeadRead: boolean): Promise<MovedObject> {
  const { spec, signal } = run;
  const { session: capability } = spec.destination;
  if (capability === undefined) throw new LonghaulError('Internal', 'A session without the capability');
  const sizeBytes = sizeOf(probe);
  const algorithms = algorithmsFor(spec.destination.algorithms, declared);
  const attributes = attributesOf(run, probe.reply, algorithms[0]);
  const chunkBytes = chunkBytesFor(capability, spec.partSizeBytes);
  const count = partCount(sizeBytes, chunkBytes);
  const session = await retrying(run, () => capability.open(spec.key, attributes, sizeBytes, signal));
  const onRead = (bytes: number): void => run.progress.read(bytes);
  const read = async (number: number, target: Buffer, within: AbortSignal): Promise<void> => {
    if (number === 1 && isHeadRead) return;
    const range = partRange(number, sizeBytes, chunkBytes);
    await readRange({ ...run, signal: within }, target, range, probe.reply.version, onRead);
  };
  const buffers = new SessionBuffers({ memory: spec.memory, first: probe.lease.buffer, signal, read });
  const hash = hashFor(spec);
  const sums: (Checksums & { bytes: number })[] = [];
  let stored: StoredObject | undefined;
  try {
    for (let number = 1; number <= count; number += 1) {
      const { offsetBytes, lengthBytes } = partRange(number, sizeBytes, chunkBytes);
      const next = number === count ? undefined : partRange(number + 1, sizeBytes, chunkBytes).lengthBytes;
      const body = await buffers.take(number, lengthBytes, next);
      sums.push({ bytes: lengthBytes, ...checksumsOf(body, algorithms) });
      await hash?.add(number, body, signal);
      const whole = number === count ? checksumsOfParts(sums) : undefined;
      if (whole !== undefined) {
        // Before the last bytes are sent: what is not the promised file never becomes visible.
        checkSha256(spec, hash);
        checkDeclared(spec.source, declared, whole);
      }
      stored = await sendChunk(run, session, { number, offsetBytes, body, whole });
    }
    await buffers.close();
  } catch (error) {
    await buffers.close(error);
    await giveUp(session);
    throw error;
  }
  const whole = checksumsOfParts(sums);
  if (stored === undefined || !isSameObject(stored, sizeBytes, whole)) throw notWhatWasSent(run);
  return moved(run, probe, stored, whole, count);
}

interface Chunk {
  readonly number: number;
  readonly offsetBytes: number;
  readonly body: Buffer;
  readonly whole: Checksums | undefined;
}

async function sendChunk(run: Run, session: ObjectSession, chunk: Chunk): Promise<StoredObject | undefined> {
  const { spec, signal, progress } = run;
  const { number, offsetBytes, body, whole } = chunk;
  tell(spec.onEvent, { kind: 'part_start', number, bytes: body.length });
  const stored = await retrying(run, () => {
    progress.sending(body.length);
    return session.send(offsetBytes, body, whole, signal);
  });
  progress.acknowledged(body.length);
  tell(spec.onEvent, { kind: 'part_done', number, bytes: body.length });
  return stored;
}

/** A session that is left open expires by itself within a week; giving it up is a courtesy that must not hide the failure. */
const GIVE_UP_TIMEOUT_MS = 5_000;

async function giveUp(session: ObjectSession): Promise<void> {
  await session.cancel(AbortSignal.timeout(GIVE_UP_TIMEOUT_MS)).catch(() => undefined);
}

const notWhatWasSent = ({ spec }: Run): LonghaulError => {
  const display = spec.destination.display(spec.key);
  return new LonghaulError('VerificationFailed', `${display} is not what was sent`, {
    operation: 'verify',
    destination: display,
  });
};

const moved = (run: Run, probe: Probe, stored: StoredObject, sums: Checksums, parts = 1): MovedObject => ({
  bytes: sizeOf(probe),
  ...encodeChecksums(sums),
  parts,
  sentBytes: run.progress.sentBytes,
  verified: run.spec.sha256 !== undefined ? 'sha256' : verdict(stored, sums, true),
  ...(stored.etag === undefined ? {} : { etag: stored.etag }),
  ...(stored.versionId === undefined ? {} : { versionId: stored.versionId }),
  ...(probe.reply.validators === undefined ? {} : { sourceValidators: probe.reply.validators }),
});
