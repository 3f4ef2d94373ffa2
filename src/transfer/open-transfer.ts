/** The first half of a transfer: finishes a small object at once, or begins the upload of a large one. */
import { adoptPublished } from './adopt';
import { attributesOf, beginUpload, writeFirstPart } from './begin';
import { checkSha256, hashFor } from './content-hash';
import type { StoredObject } from './destination';
import { tell } from './events';
import { isSameObject, verdict } from './integrity';
import { orReason } from './lib/abort';
import { crc32Of, encodeCrc32 } from './lib/crc32';
import { partSizeFor } from './plan';
import { readProbe, type Probe } from './probe';
import { Progress } from './progress';
import { retrying, type Run } from './run';
import type { TransferSpec } from './spec';
import type { MovedObject, OpenResult, TransferControl } from './types';

/**
 * Reads the first part. An object that fits in it is finished: 'direct' by one PutObject (two requests in all), 'atomic' as
 * an upload of one part that `publishUpload` completes. Of a larger one the upload is begun and its first part written.
 * The upload's id reaches `control.onProgress` as soon as it is known. Throws Source…, ChecksumDiffers, Destination… and
 * access errors of the table, or the signal's reason.
 */
export function openTransfer(spec: TransferSpec, control: TransferControl): Promise<OpenResult> {
  const { signal } = control;
  return orReason(signal, async () => {
    const run: Run = { spec, signal, progress: new Progress(control, spec.onEvent) };
    if (spec.publish === 'direct' && control.repeatedSince !== undefined) {
      const object = await adoptPublished(run);
      if (object !== undefined) return { kind: 'moved', object };
    }
    const probe = await readProbe(run);
    try {
      if (!probe.isWhole) return await openLarge(run, control, probe);
      await checkWhole(run, probe.head);
      const object = await (spec.publish === 'direct' ? putWhole(run, probe) : stageWhole(run, control, probe));
      return { kind: 'moved', object };
    } finally {
      probe.lease.release();
    }
  });
}

/** Before anything is begun: what is not the promised file leaves no trace. */
async function checkWhole({ spec, signal }: Run, head: Buffer): Promise<void> {
  const hash = hashFor(spec);
  await hash?.add(1, head, signal);
  checkSha256(spec, hash);
}

const isLengthDeclared = ({ reply }: Probe): boolean => reply.version.sizeBytes !== undefined;

/** One PutObject. After an attempt whose answer was lost the object is asked first, so that it is not written twice. */
async function putWhole(run: Run, probe: Probe): Promise<MovedObject> {
  const { spec, signal, progress } = run;
  const { head } = probe;
  const crc32 = crc32Of(head);
  tell(spec.onEvent, { kind: 'put_start', bytes: head.length });
  const stored = await retrying(run, async ({ number }) => {
    const found = number === 1 ? undefined : await spec.destination.stat(spec.key, signal);
    if (found?.transferId === spec.transferId && isSameObject(found, head.length, crc32)) return found;
    progress.sending(head.length);
    return spec.destination.putWhole(spec.key, attributesOf(run, probe.reply), head, crc32, signal);
  });
  progress.acknowledged(head.length);
  tell(spec.onEvent, { kind: 'put_done', bytes: head.length });
  return {
    ...movedWhole(run, probe, crc32, stored),
    ...(stored.etag === undefined ? {} : { etag: stored.etag }),
    ...(stored.versionId === undefined ? {} : { versionId: stored.versionId }),
  };
}

/** An upload of one part, left uncompleted; an empty object is an empty part. */
async function stageWhole(run: Run, control: TransferControl, probe: Probe): Promise<MovedObject> {
  const { head, reply } = probe;
  const crc32 = crc32Of(head);
  const upload = await beginUpload(run, control, reply, { bytes: head.length, crc32 });
  run.progress.begun(upload.uploadId, reply.version, run.spec.partSizeBytes);
  const part = await writeFirstPart(run, upload, head, crc32);
  return { ...movedWhole(run, probe, crc32, part), uploadId: upload.uploadId, partEtag: part.etag };
}

const movedWhole = (
  run: Run,
  probe: Probe,
  crc32: number,
  stored: Pick<StoredObject, 'crc32'>,
): Omit<MovedObject, 'uploadId' | 'partEtag'> => ({
  bytes: probe.head.length,
  crc32: encodeCrc32(crc32),
  parts: 1,
  sentBytes: run.progress.sentBytes,
  verified: run.spec.sha256 !== undefined ? 'sha256' : verdict(stored, crc32, isLengthDeclared(probe)),
  ...(probe.reply.validators === undefined ? {} : { sourceValidators: probe.reply.validators }),
});

async function openLarge(run: Run, control: TransferControl, probe: Probe): Promise<OpenResult> {
  const { reply, resumable } = probe;
  const { sizeBytes } = reply.version;
  const partSizeBytes =
    sizeBytes === undefined ? run.spec.partSizeBytes : partSizeFor(sizeBytes, run.spec.partSizeBytes);
  const crc32 = crc32Of(probe.head);
  const upload = await beginUpload(run, control, reply, { bytes: probe.head.length, crc32 });
  run.progress.begun(upload.uploadId, reply.version, partSizeBytes);
  // A raised part size makes the first part longer than what was read: it is then read again with the others.
  if (probe.head.length === partSizeBytes) await writeFirstPart(run, upload, probe.head, crc32);
  const { contentType, contentEncoding } = attributesOf(run, reply);
  return {
    kind: 'begun',
    upload: {
      uploadId: upload.uploadId,
      version: reply.version,
      partSizeBytes,
      resumable,
      ...(contentType === undefined ? {} : { contentType }),
      ...(contentEncoding === undefined ? {} : { contentEncoding }),
      ...(reply.validators === undefined ? {} : { sourceValidators: reply.validators }),
    },
  };
}
