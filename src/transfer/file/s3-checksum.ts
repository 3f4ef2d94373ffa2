/** The checksum that S3 keeps of an object. HEAD needs s3:GetObject alone. */
import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { callStore } from '../s3/call';
import type { ChecksumLookUp, RecordedFile } from './file-verifier';
import { notAsRecorded, versionOf } from './pinned-source';

export interface S3ChecksumOptions {
  readonly client: S3Client;
  readonly bucket: string;
  readonly key: string;
  readonly expected: RecordedFile;
}

/**
 * Full-object CRC32 and SHA-256, where the store keeps them: a composite one is of parts that nobody knows. Throws
 * SourceNotAsRecorded where the object is another by now, SourceNotFound, or another error of a source.
 */
export function s3ChecksumLookUp({ client, bucket, key, expected }: S3ChecksumOptions): ChecksumLookUp {
  const display = `s3://${bucket}/${key}`;
  return async (signal) => {
    const command = new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' });
    const call = {
      what: `Looking at ${display}`,
      context: { operation: 'head', source: display },
      side: 'source' as const,
    };
    const reply = await callStore(call, signal, (options) => client.send(command, options));
    const version = versionOf(expected);
    if (reply.ETag !== version.etag || reply.ContentLength !== version.sizeBytes)
      throw notAsRecorded(display, expected);
    const isEtagOpaque =
      reply.ServerSideEncryption?.startsWith('aws:kms') === true || reply.SSECustomerAlgorithm !== undefined;
    // SHA-256 of a multipart upload is always composite, written with "-N" by S3.
    const isWhole = (text: string | undefined): text is string =>
      text !== undefined && reply.ChecksumType !== 'COMPOSITE' && !text.includes('-');
    return {
      isEtagOpaque,
      ...(isWhole(reply.ChecksumCRC32) ? { crc32: reply.ChecksumCRC32 } : {}),
      ...(isWhole(reply.ChecksumSHA256) ? { sha256: reply.ChecksumSHA256 } : {}),
    };
  };
}
