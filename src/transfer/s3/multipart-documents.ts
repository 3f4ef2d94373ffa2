/** The documents that begin and end a multipart upload, and what their answers say (Amazon S3 API Reference). */
import type { Checksums } from '../checksums';
import type { ListedPart } from '../destination';
import { encodeCrc32 } from '../lib/crc32';
import { elementsIn, escapeXml, textIn } from '../lib/xml';
import type { LeanReply, StoredReply } from './answers';
import { asOutput } from './write-headers';

/** Of a Complete: the parts in order, each with its checksum where it has one. */
export function completeDocument(parts: readonly ListedPart[]): Buffer {
  const listed = parts.map(
    (part) =>
      `<Part>${checksumElement(part)}<ETag>${escapeXml(part.etag)}</ETag><PartNumber>${part.number}</PartNumber></Part>`,
  );
  const root = 'CompleteMultipartUpload';
  return Buffer.from(`<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${listed.join('')}</${root}>`);
}

function checksumElement({ crc32, crc32c }: Checksums): string {
  if (crc32 !== undefined) return `<ChecksumCRC32>${encodeCrc32(crc32)}</ChecksumCRC32>`;
  return crc32c === undefined ? '' : `<ChecksumCRC32C>${encodeCrc32(crc32c)}</ChecksumCRC32C>`;
}

/** A 200 may hold an error: `<Error>` is then its root. */
export const isErrorDocument = (document: string): boolean => /^\s*(?:<\?[^>]*\?>)?\s*<Error[\s>]/.test(document);

/** What Create answers. Undefined for no reply: the request is still to be made. A document that is cut off has no id. */
export function asBegun(reply: LeanReply | undefined): { readonly UploadId?: string | undefined } | undefined {
  if (reply === undefined) return undefined;
  const [begun = ''] = elementsIn(reply.document, 'InitiateMultipartUploadResult');
  return { UploadId: textIn(begun, 'UploadId') };
}

/** What Complete answers. Undefined for no reply: the request is still to be made. A document that is cut off has no ETag. */
export function asCompleted(reply: LeanReply | undefined): StoredReply | undefined {
  if (reply === undefined) return undefined;
  const [completed = ''] = elementsIn(reply.document, 'CompleteMultipartUploadResult');
  const told = (name: string): string | undefined => textIn(completed, name);
  return {
    VersionId: asOutput(reply)?.VersionId,
    ETag: told('ETag'),
    ChecksumCRC32: told('ChecksumCRC32'),
    ChecksumCRC32C: told('ChecksumCRC32C'),
    ChecksumType: told('ChecksumType'),
  };
}
