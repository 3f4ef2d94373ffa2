/** What the fields of writes are as headers, and what a reply's headers are as fields. */
import { TRANSFER_ID_METADATA } from '../../model/names';
import type { Checksums } from '../checksums';
import type { ObjectAttributes } from '../destination';
import { encodeCrc32 } from '../lib/crc32';
import type { LeanReply, StoredReply } from './answers';

/** As the commands that create objects take them. */
export interface SseFields {
  readonly ServerSideEncryption?: 'AES256' | 'aws:kms';
  readonly SSEKMSKeyId?: string;
}

/** As the SDK sends it for bodies that nobody has named. */
export const BYTES = 'application/octet-stream';

export const attributeHeaders = (attributes: ObjectAttributes): Record<string, string> => ({
  ...(attributes.contentType === undefined ? {} : { 'content-type': attributes.contentType }),
  ...(attributes.contentEncoding === undefined ? {} : { 'content-encoding': attributes.contentEncoding }),
  ...Object.fromEntries(
    Object.entries(attributes.metadata ?? {}).map(([name, value]) => [`x-amz-meta-${name.toLowerCase()}`, value]),
  ),
  [`x-amz-meta-${TRANSFER_ID_METADATA}`]: attributes.transferId,
});

export const sseHeaders = (sse: SseFields): Record<string, string> => ({
  ...(sse.ServerSideEncryption === undefined ? {} : { 'x-amz-server-side-encryption': sse.ServerSideEncryption }),
  ...(sse.SSEKMSKeyId === undefined ? {} : { 'x-amz-server-side-encryption-aws-kms-key-id': sse.SSEKMSKeyId }),
});

/** For a request that must not replace an object (RFC 9110 section 13.1.2). */
export const conditionHeaders = (ifAbsent: boolean | undefined): Record<string, string> =>
  ifAbsent === true ? { 'if-none-match': '*' } : {};

/** One of them: S3 refuses a request with two checksums. */
export function checksumHeaders({ crc32, crc32c }: Checksums): Record<string, string> {
  if (crc32 !== undefined) return { 'x-amz-checksum-crc32': encodeCrc32(crc32) };
  return crc32c === undefined ? {} : { 'x-amz-checksum-crc32c': encodeCrc32(crc32c) };
}

/** Undefined for no reply: the write is still to be made. */
export function asOutput(reply: LeanReply | undefined): StoredReply | undefined {
  if (reply === undefined) return undefined;
  const text = (name: string): string | undefined => {
    const value = reply.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };
  return {
    ETag: text('etag'),
    VersionId: text('x-amz-version-id'),
    ChecksumCRC32: text('x-amz-checksum-crc32'),
    ChecksumCRC32C: text('x-amz-checksum-crc32c'),
    ChecksumType: text('x-amz-checksum-type'),
  };
}
