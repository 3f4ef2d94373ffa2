/**
 * Server-side copy of one object: no byte passes through us. Up to the threshold one CopyObject (direct) or one
 * UploadPartCopy (atomic), above it parallel UploadPartCopy. Metadata, content headers and tags are carried by hand,
 * because the marker replaces the metadata and because UploadPartCopy carries none of them.
 */
import { CopyObjectCommand } from '@aws-sdk/client-s3';
import { LonghaulError } from '../../model/errors';
import { TRANSFER_ID_METADATA } from '../../model/names';
import { adoptPublished } from '../adopt';
import { orReason } from '../lib/abort';
import { decodeCrc32 } from '../lib/crc32';
import { retry } from '../lib/retry';
import { Progress } from '../progress';
import type { MovedObject, TransferControl } from '../types';
import { callStore, SLOW_ANSWER_TIMEOUT_MS } from './call';
import { copyByParts } from './copy-parts';
import { carriedHeaders, readCopySource, type CopySource } from './copy-source';
import { asSourceChanged, type CopyControl, type CopyRun, type CopySpec } from './copy-run';

/**
 * Copies one version of one object; the result is as `transferParts` gives it: 'direct' visible, 'atomic' with its
 * uploadId for `publishUpload`. `sentBytes` stays 0: nothing is sent. A repeated attempt adopts or aborts what is ours.
 */
export function copyObject(spec: CopySpec, given: CopyControl): Promise<MovedObject> {
  const control: TransferControl = { onProgress: () => undefined, ...given };
  const { signal } = control;
  const { destination } = spec;
  const progress = new Progress(control);
  const again = <T>(work: () => Promise<T>): Promise<T> =>
    retry({ signal, policy: spec.retry, onRetry: spec.onRetry }, work);
  return orReason(signal, async () => {
    if (spec.publish === 'direct' && control.repeatedSince !== undefined) {
      const done = await adoptPublished({ spec, signal, progress });
      if (done !== undefined) return done;
    }
    const byParts = (size: number): boolean => spec.publish === 'atomic' || size > spec.copyPartThresholdBytes;
    const source = await again(() =>
      readCopySource(spec.source.client ?? destination.client, spec.source, true, signal),
    );
    const run: CopyRun = { spec, signal, control, progress, source, again };
    return byParts(source.sizeBytes) ? copyByParts(run) : copyWhole(run);
  });
}

async function copyWhole({ spec, signal, progress, source, again }: CopyRun): Promise<MovedObject> {
  const { destination, key } = spec;
  const command = new CopyObjectCommand({
    Bucket: destination.bucket,
    Key: key,
    CopySource: source.header,
    CopySourceIfMatch: source.etag,
    MetadataDirective: 'REPLACE',
    ...carriedHeaders(source.head),
    Metadata: { ...source.head.Metadata, [TRANSFER_ID_METADATA]: spec.transferId },
    ChecksumAlgorithm: 'CRC32',
    ...destination.sse,
  });
  const call = {
    what: `Copying ${source.display} to ${destination.display(key)}`,
    context: { operation: 'copy', source: source.display, destination: destination.display(key) },
    timeoutMs: SLOW_ANSWER_TIMEOUT_MS,
  };
  const reply = await again(() =>
    callStore(call, signal, (o) => destination.client.send(command, o)).catch((error: unknown) => {
      throw asSourceChanged(error, source);
    }),
  );
  const { ETag: etag, ChecksumCRC32: crc32 } = reply.CopyObjectResult ?? {};
  progress.acknowledged(source.sizeBytes);
  return {
    bytes: source.sizeBytes,
    ...(decodeCrc32(crc32) === undefined || crc32 === undefined ? {} : { crc32 }),
    parts: 1,
    sentBytes: progress.sentBytes,
    verified: verdictOfCopy(source, crc32, etag),
    ...(etag === undefined ? {} : { etag }),
    ...(reply.VersionId === undefined ? {} : { versionId: reply.VersionId }),
  };
}

/** The source's own checksum is the best witness; equal ETags are one where they are MD5s, or the store's own digest. */
function verdictOfCopy(
  source: CopySource,
  crc32: string | undefined,
  etag: string | undefined,
): MovedObject['verified'] {
  const told = source.head.ChecksumType === 'COMPOSITE' ? undefined : decodeCrc32(source.head.ChecksumCRC32);
  const computed = decodeCrc32(crc32);
  if (told !== undefined && computed !== undefined) {
    if (told === computed) return 'crc32';
    throw new LonghaulError(
      'VerificationFailed',
      `The copy of ${source.display} has another checksum than its source`,
      {
        operation: 'verify',
        source: source.display,
      },
    );
  }
  return etag === source.etag ? 'etag' : 'size';
}
