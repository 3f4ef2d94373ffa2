/** Beginning an upload and writing its first part, exactly one upload whatever happens to the answers. */
import { adoptUpload, type AdoptedUpload, type FirstPart } from './adopt';
import type { Checksums, ChecksumAlgorithm } from './checksums';
import type { ListedPart, ObjectAttributes } from './destination';
import { tell } from './events';
import { retrying, sendPart, type Run } from './run';
import type { SourceReply, TransferControl } from './types';

export const attributesOf = (
  { spec }: Run,
  reply: Pick<SourceReply, 'contentType' | 'contentEncoding'>,
  algorithm?: ChecksumAlgorithm,
): ObjectAttributes => ({
  transferId: spec.transferId,
  algorithm,
  ifAbsent: spec.ifAbsent,
  readBack: spec.readBack,
  contentType: spec.contentType ?? reply.contentType,
  contentEncoding: reply.contentEncoding,
  metadata: spec.metadata,
});

/**
 * Adopts or begins the upload. On a repeated attempt the destination is asked first; within an attempt it is asked after a
 * Create whose answer was lost, because the upload may be there.
 */
export async function beginUpload(
  run: Run,
  control: TransferControl,
  attributes: ObjectAttributes,
  first: FirstPart,
): Promise<AdoptedUpload> {
  const { spec } = run;
  tell(spec.onEvent, { kind: 'upload_begin_start' });
  const { upload, isAdopted } = await adoptOrBegin(run, control, attributes, first);
  tell(spec.onEvent, { kind: 'upload_begin_done', uploadId: upload.uploadId, isAdopted });
  return upload;
}

async function adoptOrBegin(
  run: Run,
  control: TransferControl,
  attributes: ObjectAttributes,
  first: FirstPart,
): Promise<{ upload: AdoptedUpload; isAdopted: boolean }> {
  const { spec, signal } = run;
  const startedAt = new Date();
  const since = control.repeatedSince ?? (control.checkpoint?.uploadId === undefined ? undefined : startedAt);
  if (since !== undefined) {
    const adopted = await adoptUpload(run, since, control.checkpoint?.uploadId, first);
    if (adopted !== undefined) return { upload: adopted, isAdopted: true };
  }
  return retrying(run, async ({ number }) => {
    const lost = number === 1 ? undefined : await adoptUpload(run, startedAt, undefined, first);
    if (lost !== undefined) return { upload: lost, isAdopted: true };
    const uploadId = await spec.destination.begin(spec.key, attributes, signal);
    return { upload: { uploadId }, isAdopted: false };
  });
}

/** Part 1 from the bytes in hand, unless it has arrived already. */
export async function writeFirstPart(
  run: Run,
  upload: AdoptedUpload,
  body: Buffer,
  sums: Checksums,
): Promise<ListedPart> {
  if (upload.part !== undefined) {
    run.progress.arrived(body.length, 1);
    tell(run.spec.onEvent, { kind: 'part_found', number: 1, bytes: body.length });
    return { ...sums, ...upload.part };
  }
  return sendPart(run, upload.uploadId, { number: 1, body, ...sums });
}
