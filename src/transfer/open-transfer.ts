/** The first half of a transfer: finishes a small object at once, or begins the upload of a large one. */
import { adoptPublished } from './adopt';
import { attributesOf, beginUpload, writeFirstPart } from './begin';
import { algorithmsFor, checksumsOf, encodeChecksums, type Checksums } from './checksums';
import { checkSha256, hashFor } from './content-hash';
import { tell } from './events';
import { checkDeclared, isSameObject, verdict } from './integrity';
import { orReason } from './lib/abort';
import { alreadyExists, isPreconditionFailed, look } from './look';
import { canUseSession, moveBySession } from './move-session';
import { partSizeFor } from './plan';
import { readProbe, readSmall, type Probe } from './probe';
import { Progress } from './progress';
import { retrying, type Run } from './run';
import type { TransferSpec } from './spec';
import type { StoredObject } from './destination';
import type { MovedObject, OpenResult, SmallResult, TransferControl } from './types';

/**
 * Reads the first part. An object that fits in it is finished: 'direct' by one PutObject (two requests in all), 'atomic' as
 * an upload of one part that `publishUpload` completes; so is, 'direct', one of middle size where the destination has sessions.
 * Of a larger one the upload is begun and its first part written. The upload's id reaches `control.onProgress` as soon as it
 * is known. Throws Source…, ChecksumDiffers, Destination… and access errors of the table, or the signal's reason.
 */
export function openTransfer(spec: TransferSpec, control: TransferControl): Promise<OpenResult> {
  return open(spec, control, readProbe, (run, probe) => openLarge(run, control, probe));
}

/**
 * `openTransfer` for an object that fits in the first part. Of a larger one nothing is written, and where the source tells
 * its length nothing is read: 'large'. Throws what `openTransfer` throws.
 */
export function openSmall(spec: TransferSpec, control: TransferControl): Promise<SmallResult> {
  return open(spec, control, readSmall, () => Promise.resolve({ kind: 'large' }));
}

type Moved = Extract<OpenResult, { kind: 'moved' }>;

function open<P extends Probe | undefined, T>(
  spec: TransferSpec,
  control: TransferControl,
  read: (run: Run) => Promise<P>,
  large: (run: Run, probe: P) => Promise<T>,
): Promise<T | Moved> {
  const { signal } = control;
  return orReason<T | Moved>(signal, async () => {
    const run: Run = { spec, signal, progress: new Progress(control, spec.onEvent) };
    if (spec.publish === 'direct' && control.repeatedSince !== undefined) {
      const object = await adoptPublished(run);
      if (object !== undefined) return { kind: 'moved', object };
    }
    const probe = await read(run);
    try {
      if (probe?.isWhole !== true) return await large(run, probe);
      const sums = await checkWhole(run, probe);
      const object = await (spec.publish === 'direct'
        ? putWhole(run, probe, sums)
        : stageWhole(run, control, probe, sums));
      return { kind: 'moved', object };
    } finally {
      probe?.lease.release();
    }
  });
}

/** Before anything is begun: what is not the promised file leaves no trace. */
async function checkWhole({ spec, signal }: Run, { head, reply }: Probe): Promise<Checksums> {
  const { declared = {} } = reply;
  const sums = checksumsOf(head, algorithmsFor(spec.destination.algorithms, declared));
  checkDeclared(spec.source, declared, sums);
  const hash = hashFor(spec);
  await hash?.add(1, head, signal);
  checkSha256(spec, hash);
  return sums;
}

const isLengthDeclared = ({ reply }: Probe): boolean => reply.version.sizeBytes !== undefined;

/** One PutObject. After an attempt whose answer was lost the object is asked first, so that it is not written twice. */
async function putWhole(run: Run, probe: Probe, sums: Checksums): Promise<MovedObject> {
  const { spec, signal, progress } = run;
  const { head } = probe;
  tell(spec.onEvent, { kind: 'put_start', bytes: head.length });
  const stored = await retrying(run, async ({ number }) => {
    const findOurs = async (): Promise<StoredObject | undefined> => {
      const found = await look(spec, signal);
      return found?.transferId === spec.transferId && isSameObject(found, head.length, sums) ? found : undefined;
    };
    const before = number === 1 ? undefined : await findOurs();
    if (before !== undefined) return before;
    progress.sending(head.length);
    try {
      return await spec.destination.putWhole(spec.key, attributesOf(run, probe.reply), head, sums, signal);
    } catch (error) {
      if (spec.ifAbsent !== true || !isPreconditionFailed(error)) throw error;
      const ours = await findOurs();
      if (ours !== undefined) return ours;
      throw alreadyExists(spec, error);
    }
  });
  progress.acknowledged(head.length);
  tell(spec.onEvent, { kind: 'put_done', bytes: head.length });
  return {
    ...movedWhole(run, probe, sums, stored),
    ...(stored.etag === undefined ? {} : { etag: stored.etag }),
    ...(stored.versionId === undefined ? {} : { versionId: stored.versionId }),
  };
}

/** An upload of one part, left uncompleted; an empty object is an empty part. */
async function stageWhole(run: Run, control: TransferControl, probe: Probe, sums: Checksums): Promise<MovedObject> {
  const { head, reply } = probe;
  const { algorithms } = run.spec.destination;
  const attributes = attributesOf(run, reply, algorithmsFor(algorithms, reply.declared ?? {})[0]);
  const upload = await beginUpload(run, control, attributes, { body: head, sums });
  run.progress.begun(upload.uploadId, reply.version, run.spec.partSizeBytes);
  const part = await writeFirstPart(run, upload, head, sums);
  return { ...movedWhole(run, probe, sums, part), uploadId: upload.uploadId, partEtag: part.etag };
}

const movedWhole = (
  run: Run,
  probe: Probe,
  sums: Checksums,
  stored: Checksums,
): Omit<MovedObject, 'uploadId' | 'partEtag'> => ({
  bytes: probe.head.length,
  ...encodeChecksums(sums),
  parts: 1,
  sentBytes: run.progress.sentBytes,
  verified: run.spec.sha256 !== undefined ? 'sha256' : verdict(stored, sums, isLengthDeclared(probe)),
  ...(probe.reply.validators === undefined ? {} : { sourceValidators: probe.reply.validators }),
});

async function openLarge(run: Run, control: TransferControl, probe: Probe): Promise<OpenResult> {
  const { reply, resumable } = probe;
  const { sizeBytes } = reply.version;
  const declared = reply.declared ?? (await declaredOf(run, probe));
  if (canUseSession(run, probe)) return { kind: 'moved', object: await moveBySession(run, probe, declared) };
  const partSizeBytes =
    sizeBytes === undefined ? run.spec.partSizeBytes : partSizeFor(sizeBytes, run.spec.partSizeBytes);
  const algorithms = algorithmsFor(run.spec.destination.algorithms, declared);
  const sums = checksumsOf(probe.head, algorithms);
  const attributes = attributesOf(run, reply, algorithms[0]);
  const upload = await beginUpload(run, control, attributes, { body: probe.head, sums });
  run.progress.begun(upload.uploadId, reply.version, partSizeBytes);
  // A raised part size makes the first part longer than what was read: it is then read again with the others.
  const part = probe.head.length === partSizeBytes ? await writeFirstPart(run, upload, probe.head, sums) : undefined;
  const isToBeKept = part !== undefined && run.spec.destination.listsMd5 === true;
  const { contentType, contentEncoding } = attributes;
  return {
    kind: 'begun',
    upload: {
      uploadId: upload.uploadId,
      version: reply.version,
      partSizeBytes,
      resumable,
      ...(algorithms[0] === 'crc32' ? {} : { algorithm: algorithms[0] }),
      ...(Object.keys(declared).length === 0 ? {} : { declared: encodeChecksums(declared) }),
      ...(isToBeKept ? { firstPart: { etag: part.etag, ...encodeChecksums(part) } } : {}),
      ...(contentType === undefined ? {} : { contentType }),
      ...(contentEncoding === undefined ? {} : { contentEncoding }),
      ...(reply.validators === undefined ? {} : { sourceValidators: reply.validators }),
    },
  };
}

/** Only of a source whose ranges can be read apart: what cannot be pinned may have other checksums by now. */
async function declaredOf(run: Run, { reply, resumable }: Probe): Promise<Checksums> {
  const { source } = run.spec;
  if (!resumable || source.declaredOf === undefined) return {};
  return retrying(run, async () => (await source.declaredOf?.(reply.version, run.signal)) ?? {});
}
