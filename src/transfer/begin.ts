/** Beginning an upload and writing its first part, exactly one upload whatever happens to the answers. */
import { adoptUpload, type AdoptedUpload, type FirstPart } from './adopt';
import type { ListedPart, ObjectAttributes } from './destination';
import { retrying, sendPart, type Run } from './run';
import type { SourceReply, TransferControl } from './types';

export const attributesOf = (
  { spec }: Run,
  reply: Pick<SourceReply, 'contentType' | 'contentEncoding'>,
): ObjectAttributes => ({
  transferId: spec.transferId,
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
  reply: Pick<SourceReply, 'contentType' | 'contentEncoding'>,
  first: FirstPart,
): Promise<AdoptedUpload> {
  const { spec, signal } = run;
  const startedAt = new Date();
  const since = control.repeatedSince ?? (control.checkpoint?.uploadId === undefined ? undefined : startedAt);
  if (since !== undefined) {
    const adopted = await adoptUpload(run, since, control.checkpoint?.uploadId, first);
    if (adopted !== undefined) return adopted;
  }
  return retrying(run, async ({ number }) => {
    const lost = number === 1 ? undefined : await adoptUpload(run, startedAt, undefined, first);
    return lost ?? { uploadId: await spec.destination.begin(spec.key, attributesOf(run, reply), signal) };
  });
}

/** Part 1 from the bytes in hand, unless it has arrived already. */
export async function writeFirstPart(
  run: Run,
  upload: AdoptedUpload,
  body: Buffer,
  crc32: number,
): Promise<ListedPart> {
  if (upload.part !== undefined) {
    run.progress.arrived(body.length, 1);
    return upload.part;
  }
  return sendPart(run, upload.uploadId, { number: 1, body, crc32 });
}
