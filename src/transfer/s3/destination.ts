/**
 * S3 as a destination. Objects it creates: the object under the key, and multipart uploads under the same key.
 * Invariants: every body carries its CRC32 or CRC32C, so that the store refuses a damaged or cut one; every object carries the
 * transfer id in its metadata from the moment the upload is created, so that a lost answer can be told apart later.
 */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { LonghaulError } from '../../model/errors';
import { TRANSFER_ID_METADATA } from '../../model/names';
import { sumsIn, type Checksums } from '../checksums';
import type { Destination, ListedPart, ObjectAttributes, StoredObject } from '../destination';
import { encodeCrc32 } from '../lib/crc32';
import { required, type StoredReply } from './answers';
import { callStore, sendTimeoutMs, SLOW_ANSWER_TIMEOUT_MS, type Call } from './call';
import { s3Checksums } from './checksums';
import { mapS3Error } from './errors';
import { leanWriterOf } from './lean-writes';
import { asBegun, asCompleted, completeDocument } from './multipart-documents';
import { findUploads, listParts, listUploads, type ListedUploadOf } from './uploads';
import {
  asOutput,
  attributeHeaders,
  BYTES,
  checksumHeaders,
  conditionHeaders,
  sseHeaders,
  type SseFields,
} from './write-headers';

export interface Encryption {
  readonly serverSideEncryption: 'AES256' | 'aws:kms' | null;
  readonly kmsKeyId: string | null;
}

export interface S3DestinationOptions {
  readonly client: S3Client;
  readonly bucket: string;
  readonly sse?: Encryption;
  /** Parts and uploads a page of listings; S3's own most is 1,000. */
  readonly listPageSize?: number;
}

/** A Destination that also says which store it is, for what only S3 can do (server-side copy, listings). */
export interface S3Destination extends Destination {
  readonly client: S3Client;
  readonly bucket: string;
  readonly sse: SseFields;
  /** Open uploads under a prefix, of anybody, in order of key; those of keys behind `after` alone. */
  listUploads(prefix: string, signal: AbortSignal, after?: string): AsyncIterable<ListedUploadOf>;
}

const NO_BODY = Buffer.alloc(0);

export function createS3Destination(options: S3DestinationOptions): S3Destination {
  const { client, bucket } = options;
  const writer = leanWriterOf(client);
  const sse = sseFields(options.sse);
  const display = (key: string): string => `s3://${bucket}/${key}`;
  const at = (key: string): { Bucket: string; Key: string } => ({ Bucket: bucket, Key: key });
  const call = (what: string, key: string, timeoutMs?: number): Call => ({
    what: `${what} ${display(key)}`,
    context: { operation: what, destination: display(key) },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });

  return {
    client,
    bucket,
    sse,
    display,
    algorithms: ['crc32', 'crc32c'],

    async begin(key, attributes, signal) {
      const algorithm = attributes.algorithm === 'crc32c' ? 'CRC32C' : 'CRC32';
      const command = (): CreateMultipartUploadCommand =>
        new CreateMultipartUploadCommand({
          ...at(key),
          ...sse,
          ...attributeFields(attributes),
          ChecksumAlgorithm: algorithm,
          ChecksumType: 'FULL_OBJECT',
        });
      const lean = {
        operation: 'create_multipart',
        method: 'POST',
        bucket,
        key,
        query: { uploads: '' },
        headers: {
          ...attributeHeaders(attributes),
          ...sseHeaders(sse),
          'x-amz-checksum-algorithm': algorithm,
          'x-amz-checksum-type': 'FULL_OBJECT',
        },
        body: NO_BODY,
      } as const;
      const reply = await callStore(
        call('Beginning the upload of', key),
        signal,
        async (o) => asBegun(await writer?.write(lean, o.abortSignal)) ?? client.send(command(), o),
      );
      return required(reply.UploadId, 'UploadId', display(key));
    },

    listParts: (key, uploadId, signal) =>
      callStore(call('Listing the parts of', key), signal, (o) =>
        listParts({ client, bucket, key, uploadId, pageSize: options.listPageSize }, o.abortSignal),
      ),

    async writePart(key, uploadId, part, signal) {
      const { number, body } = part;
      const command = (): UploadPartCommand =>
        new UploadPartCommand({
          ...at(key),
          UploadId: uploadId,
          PartNumber: number,
          Body: body,
          ContentLength: body.length,
          ...checksumFields(part),
        });
      const lean = {
        operation: 'upload_part',
        method: 'PUT',
        bucket,
        key,
        query: { partNumber: String(number), uploadId, 'x-id': 'UploadPart' },
        headers: { 'content-type': BYTES, ...checksumHeaders(part) },
        body,
      } as const;
      const reply = await callStore(
        call(`Writing part ${number} of`, key, sendTimeoutMs(body.length)),
        signal,
        async (o) => asOutput(await writer?.write(lean, o.abortSignal)) ?? client.send(command(), o),
      );
      return { number, bytes: body.length, etag: required(reply.ETag, 'ETag', display(key)), ...sumsIn(part) };
    },

    async complete(key, uploadId, request, signal) {
      const isSummed = request.crc32 !== undefined || request.crc32c !== undefined;
      const command = (): CompleteMultipartUploadCommand =>
        new CompleteMultipartUploadCommand({
          ...at(key),
          UploadId: uploadId,
          MpuObjectSize: request.bytes,
          ...(isSummed ? { ...checksumFields(request), ChecksumType: 'FULL_OBJECT' } : {}),
          ...(request.ifAbsent === true ? { IfNoneMatch: '*' } : {}),
          MultipartUpload: { Parts: request.parts.map(completedPart) },
        });
      const lean = {
        operation: 'complete_multipart',
        method: 'POST',
        bucket,
        key,
        query: { uploadId },
        headers: {
          'content-type': 'application/xml',
          'x-amz-mp-object-size': String(request.bytes),
          ...(isSummed ? { ...checksumHeaders(request), 'x-amz-checksum-type': 'FULL_OBJECT' } : {}),
          ...conditionHeaders(request.ifAbsent),
        },
        body: completeDocument(request.parts),
      } as const;
      const reply = await callStore(
        call('Completing the upload of', key, SLOW_ANSWER_TIMEOUT_MS),
        signal,
        async (o) => asCompleted(await writer?.write(lean, o.abortSignal)) ?? client.send(command(), o),
      );
      required(reply.ETag, 'ETag', display(key));
      return stored(request.bytes, reply);
    },

    async abort(key, uploadId, signal) {
      const command = new AbortMultipartUploadCommand({ ...at(key), UploadId: uploadId });
      await callStore(call('Aborting the upload of', key), signal, (o) => client.send(command, o));
    },

    async putWhole(key, attributes, body, sums, signal) {
      const command = (): PutObjectCommand =>
        new PutObjectCommand({
          ...at(key),
          ...sse,
          ...attributeFields(attributes),
          Body: body,
          ContentLength: body.length,
          ...checksumFields(sums),
          ...(attributes.ifAbsent === true ? { IfNoneMatch: '*' } : {}),
        });
      const lean = {
        operation: 'put_object',
        method: 'PUT',
        bucket,
        key,
        query: { 'x-id': 'PutObject' },
        headers: {
          'content-type': BYTES,
          ...attributeHeaders(attributes),
          ...conditionHeaders(attributes.ifAbsent),
          ...sseHeaders(sse),
          ...checksumHeaders(sums),
        },
        body,
      } as const;
      const reply = await callStore(
        call('Writing', key, sendTimeoutMs(body.length)),
        signal,
        async (o) => asOutput(await writer?.write(lean, o.abortSignal)) ?? client.send(command(), o),
      );
      return stored(body.length, reply);
    },

    async stat(key, signal) {
      const command = new HeadObjectCommand({ ...at(key), ChecksumMode: 'ENABLED' });
      try {
        const reply = await callStore(call('Looking at', key), signal, (o) => client.send(command, o));
        const transferId = reply.Metadata?.[TRANSFER_ID_METADATA];
        return {
          ...stored(required(reply.ContentLength, 'a length', display(key)), reply),
          ...(transferId === undefined ? {} : { transferId }),
        };
      } catch (error) {
        if (error instanceof LonghaulError && error.code === 'ObjectNotFound') return undefined;
        throw error;
      }
    },

    findUploads: (key, since, signal) =>
      callStore(call('Listing the uploads of', key), signal, (o) =>
        findUploads({ client, bucket, key, since, pageSize: options.listPageSize }, o.abortSignal),
      ),

    async *listUploads(prefix, signal, after) {
      try {
        yield* listUploads({ client, bucket, key: prefix, after, pageSize: options.listPageSize }, signal);
      } catch (error) {
        signal.throwIfAborted();
        throw mapS3Error(error, `Listing the uploads of ${display(prefix)}`, { destination: display(prefix) });
      }
    },

    async deleteObject(key, versionId, signal) {
      const command = new DeleteObjectCommand({
        ...at(key),
        ...(versionId === undefined ? {} : { VersionId: versionId }),
      });
      await callStore(call('Deleting', key), signal, (o) => client.send(command, o));
    },
  };
}

const sseFields = (sse: Encryption | undefined): SseFields => ({
  ...(sse?.serverSideEncryption ? { ServerSideEncryption: sse.serverSideEncryption } : {}),
  ...(sse?.kmsKeyId ? { SSEKMSKeyId: sse.kmsKeyId } : {}),
});

const attributeFields = (
  attributes: ObjectAttributes,
): { Metadata: Record<string, string>; ContentType?: string; ContentEncoding?: string } => ({
  Metadata: { ...attributes.metadata, [TRANSFER_ID_METADATA]: attributes.transferId },
  ...(attributes.contentType === undefined ? {} : { ContentType: attributes.contentType }),
  ...(attributes.contentEncoding === undefined ? {} : { ContentEncoding: attributes.contentEncoding }),
});

interface ChecksumFields {
  readonly ChecksumCRC32?: string;
  readonly ChecksumCRC32C?: string;
}

/** One of them: S3 refuses a request with two checksums. */
function checksumFields({ crc32, crc32c }: Checksums): ChecksumFields {
  if (crc32 !== undefined) return { ChecksumCRC32: encodeCrc32(crc32) };
  return crc32c === undefined ? {} : { ChecksumCRC32C: encodeCrc32(crc32c) };
}

/** Each part's checksum too: versitygw demands it where the upload has one, AWS accepts it. */
const completedPart = (part: ListedPart): { PartNumber: number; ETag: string } & ChecksumFields => ({
  PartNumber: part.number,
  ETag: part.etag,
  ...checksumFields(part),
});

function stored(bytes: number, reply: StoredReply): StoredObject {
  return {
    bytes,
    ...(reply.ETag === undefined ? {} : { etag: reply.ETag }),
    ...(reply.VersionId === undefined ? {} : { versionId: reply.VersionId }),
    ...s3Checksums(reply),
  };
}
