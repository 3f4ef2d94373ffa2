/**
 * For a source that cannot be read by ranges of one version: one stream from byte 0, cut into parts in order. After a fault
 * it starts again from the beginning, over the same upload; a part that has arrived with the same bytes is not sent again.
 */
import { LonghaulError } from '../model/errors';
import { checksumsOf } from './checksums';
import { checkSha256, hashFor } from './content-hash';
import type { ListedPart } from './destination';
import { tell } from './events';
import { partAlgorithms } from './move-ranges';
import { MAX_PARTS } from './plan';
import { truncated } from './probe';
import { openSource, retrying, sendPart, type MovedParts, type OpenedSource, type Run } from './run';
import { isSamePart } from './same-part';
import type { BegunUpload } from './types';

export async function streamParts(run: Run, upload: BegunUpload): Promise<MovedParts> {
  const { spec, signal } = run;
  const listed = await retrying(run, () => spec.destination.listParts(spec.key, upload.uploadId, signal));
  const arrived = new Map(listed.map((part) => [part.number, part]));
  return retrying(run, async () => {
    run.progress.restarted();
    const opened = await openSource(run, undefined, undefined, (bytes) => run.progress.read(bytes));
    run.progress.expect(opened.version.sizeBytes);
    try {
      return await readAll(run, upload, opened, arrived);
    } finally {
      opened.reader.close();
    }
  });
}

async function readAll(
  run: Run,
  upload: BegunUpload,
  opened: OpenedSource,
  arrived: Map<number, ListedPart>,
): Promise<MovedParts> {
  const { spec, signal } = run;
  const { uploadId, partSizeBytes } = upload;
  const algorithms = partAlgorithms(upload);
  const parts: ListedPart[] = [];
  const hash = hashFor(spec);
  const lease = await spec.memory.acquire(partSizeBytes, signal);
  try {
    do {
      const number = parts.length + 1;
      if (number > MAX_PARTS) throw tooLong(run, partSizeBytes);
      const filled = await opened.reader.fill(lease.buffer);
      const body = lease.buffer.subarray(0, filled);
      const sums = checksumsOf(body, algorithms);
      await hash?.add(number, body, signal);
      const there = arrived.get(number);
      if (there !== undefined && isSamePart(there, body, sums)) {
        run.progress.arrived(filled, 1);
        tell(spec.onEvent, { kind: 'part_found', number, bytes: filled });
        parts.push({ ...sums, ...there });
      } else {
        const part = await sendPart(run, uploadId, { number, body, ...sums });
        arrived.set(number, part);
        parts.push(part);
      }
    } while (!(await opened.reader.atEnd()));
    const { receivedBytes } = opened.reader;
    const { lengthBytes } = opened;
    if (lengthBytes !== undefined && lengthBytes !== receivedBytes) throw truncated(run, receivedBytes, lengthBytes);
    checkSha256(spec, hash);
    lease.release();
    return { parts, isLengthDeclared: lengthBytes !== undefined, sourceValidators: opened.validators };
  } finally {
    lease.discard();
  }
}

const tooLong = ({ spec }: Run, partSizeBytes: number): LonghaulError =>
  new LonghaulError(
    'DestinationRejected',
    `${spec.source.display} declares no length and is longer than ${MAX_PARTS} parts of ${partSizeBytes} bytes`,
    { source: spec.source.display },
  );
