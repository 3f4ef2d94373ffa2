/** What a server-side copy is asked to do, and what its steps share. */
import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3';
import { LonghaulError } from '../../model/errors';
import type { PublishMode } from '../../model/run';
import { TRANSFER_ID_METADATA } from '../../model/names';
import type { RetryPolicy } from '../lib/retry';
import type { Progress } from '../progress';
import type { TransferControl } from '../types';
import { callStore } from './call';
import { carriedHeaders, type CopyFrom, type CopySource } from './copy-source';
import type { S3Destination } from './destination';

export interface CopySpec {
  readonly source: CopyFrom;
  readonly destination: S3Destination;
  readonly key: string;
  readonly transferId: string;
  readonly publish: PublishMode;
  /** Larger objects are copied by parts. S3's own limit for one request is 5 GB. */
  readonly copyPartThresholdBytes: number;
  /** 512 MiB where absent (never above the threshold); raised so that the object fits 10,000 parts. */
  readonly partSizeBytes?: number;
  readonly lanes: number;
  readonly retry?: RetryPolicy;
  readonly onRetry?: (error: LonghaulError, delayMs: number) => void;
}

/** As `TransferControl`; one that tells no progress may be given, for pages of many small copies. */
export type CopyControl = Pick<TransferControl, 'signal'> & Partial<TransferControl>;

/** What the steps of one copy share. */
export interface CopyRun {
  readonly spec: CopySpec;
  readonly signal: AbortSignal;
  readonly control: TransferControl;
  readonly progress: Progress;
  readonly source: CopySource;
  readonly again: <T>(work: () => Promise<T>) => Promise<T>;
}

/** 412 on a copy: the source no longer has the ETag that was looked at. */
export function asSourceChanged(error: unknown, source: CopySource): unknown {
  if (!(error instanceof LonghaulError) || error.context.httpStatus !== 412) return error;
  return new LonghaulError('SourceChanged', `${source.display} changed while it was being copied`, error.context, {
    cause: error,
  });
}

/** With everything that the copied parts do not bring along. `algorithm` undefined: the store's own default. */
export async function beginCopy(run: CopyRun, algorithm: 'CRC32' | undefined): Promise<string> {
  const { spec, signal, source } = run;
  const { destination, key } = spec;
  const command = new CreateMultipartUploadCommand({
    Bucket: destination.bucket,
    Key: key,
    ...carriedHeaders(source.head),
    Metadata: { ...source.head.Metadata, [TRANSFER_ID_METADATA]: spec.transferId },
    ...(source.tagging === undefined ? {} : { Tagging: source.tagging }),
    ...(algorithm === undefined ? {} : { ChecksumAlgorithm: algorithm, ChecksumType: 'FULL_OBJECT' }),
    ...destination.sse,
  });
  const call = {
    what: `Beginning the copy to ${destination.display(key)}`,
    context: { operation: 'copy', source: source.display, destination: destination.display(key) },
  };
  const reply = await callStore(call, signal, (o) => destination.client.send(command, o));
  if (reply.UploadId !== undefined) return reply.UploadId;
  throw new LonghaulError('DestinationRejected', `${destination.display(key)} was begun without an UploadId`);
}
