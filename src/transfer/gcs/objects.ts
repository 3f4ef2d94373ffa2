/** Objects by the JSON API of Google Cloud Storage: looked at, written whole, rewritten, deleted, listed. One attempt each. */
import { Readable } from 'node:stream';
import { LonghaulError } from '../../model/errors';
import { TRANSFER_ID_METADATA } from '../../model/names';
import type { Checksums } from '../checksums';
import type { ObjectAttributes, StoredObject } from '../destination';
import { decodeCrc32, encodeCrc32 } from '../lib/crc32';
import { sendTimeoutMs, SLOW_ANSWER_TIMEOUT_MS } from '../lib/deadlines';
import { callGcs, jsonOf, objectPath, query, type GcsCall } from './call';
import type { GcsClient } from './client';

/** Where the objects of one destination are, and how calls on them are described. */
export interface GcsBucket {
  readonly client: GcsClient;
  readonly bucket: string;
  readonly call: (what: string, key: string, rest?: Partial<GcsCall>) => GcsCall;
}

/** All that is ever looked at; less to send, and less to be allowed to see. */
const FIELDS = 'size,generation,crc32c,etag,metadata';

/** Undefined where there is no such object. */
export async function statObject(at: GcsBucket, key: string, signal: AbortSignal): Promise<StoredObject | undefined> {
  const path = `${objectPath(at.bucket, key)}${query({ fields: FIELDS })}`;
  try {
    const call = at.call('Looking at', key);
    const answer = await callGcs(at.client, call, { operation: 'gcs_stat', method: 'GET', path }, signal);
    return storedObject(jsonOf(answer));
  } catch (error) {
    if (error instanceof LonghaulError && error.code === 'ObjectNotFound') return undefined;
    throw error;
  }
}

/** The fields of an object resource (Cloud Storage JSON API, "Objects"). */
export function storedObject(
  resource: Readonly<Record<string, unknown>>,
): StoredObject & { readonly versionId?: string } {
  const { size, generation, crc32c, etag, metadata } = resource;
  const sum = typeof crc32c === 'string' ? decodeCrc32(crc32c) : undefined;
  const marker = (metadata as Readonly<Record<string, unknown>> | undefined)?.[TRANSFER_ID_METADATA];
  return {
    bytes: Number(size ?? 0),
    ...(typeof etag === 'string' ? { etag } : {}),
    ...(typeof generation === 'string' ? { versionId: generation } : {}),
    ...(sum === undefined ? {} : { crc32c: sum }),
    ...(typeof marker === 'string' ? { transferId: marker } : {}),
  };
}

export const resourceOf = (key: string, attributes: ObjectAttributes): Record<string, unknown> => ({
  name: key,
  contentType: attributes.contentType ?? 'application/octet-stream',
  ...(attributes.contentEncoding === undefined ? {} : { contentEncoding: attributes.contentEncoding }),
  metadata: { ...attributes.metadata, [TRANSFER_ID_METADATA]: attributes.transferId },
});

/** Generation 0 is no object at all: the write is refused with 412 where there is one. */
export const absentQuery = ({
  ifAbsent,
}: {
  readonly ifAbsent?: boolean | undefined;
}): { ifGenerationMatch?: number } => (ifAbsent === true ? { ifGenerationMatch: 0 } : {});

/** Below this one buffer is cheaper than a stream of three. */
const JOIN_BELOW_BYTES = 128 * 1024;
const BOUNDARY = 'longhaul-part-7MA4YWxkTrZu0gW';

/** Metadata, checksum and bytes in one request: a wrong object is refused before anybody sees it. */
export async function insertObject(
  at: GcsBucket,
  key: string,
  attributes: ObjectAttributes,
  body: Buffer,
  sums: Checksums,
  signal: AbortSignal,
): Promise<StoredObject> {
  const { crc32c } = sums;
  const resource = { ...resourceOf(key, attributes), ...(crc32c === undefined ? {} : { crc32c: encodeCrc32(crc32c) }) };
  const head = Buffer.from(
    `--${BOUNDARY}\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n${JSON.stringify(resource)}\r\n` +
      `--${BOUNDARY}\r\ncontent-type: application/octet-stream\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
  const parts = [head, body, tail];
  const lengthBytes = head.length + body.length + tail.length;
  const parameters = query({ uploadType: 'multipart', ...absentQuery(attributes) });
  const request = {
    operation: 'gcs_insert',
    method: 'POST',
    path: `/upload/storage/v1/b/${encodeURIComponent(at.bucket)}/o${parameters}`,
    headers: {
      'content-type': `multipart/related; boundary=${BOUNDARY}`,
      'content-length': String(lengthBytes),
    },
    body: () => (lengthBytes < JOIN_BELOW_BYTES ? Buffer.concat(parts) : Readable.from(parts)),
  } as const;
  const call = at.call('Writing', key, { timeoutMs: sendTimeoutMs(body.length) });
  return storedObject(jsonOf(await callGcs(at.client, call, request, signal)));
}

export interface RewriteRequest {
  readonly from: string;
  readonly generation: string | undefined;
  readonly to: string;
  readonly ifAbsent: boolean | undefined;
}

/**
 * Puts an object in another's place, whole and at once, with its metadata; its bytes pass nobody. Large ones, or ones between
 * locations, take several calls. Throws ObjectNotFound where the source is gone, and 412 where the target is there already.
 */
export async function rewriteObject(
  at: GcsBucket,
  request: RewriteRequest,
  signal: AbortSignal,
): Promise<StoredObject> {
  const { from, to, generation } = request;
  const path = `${objectPath(at.bucket, from)}/rewriteTo${objectPath(at.bucket, to).replace('/storage/v1', '')}`;
  for (let rewriteToken: string | undefined; ;) {
    const parameters = query({ ifSourceGenerationMatch: generation, ...absentQuery(request), rewriteToken });
    const call = at.call('Publishing', to, { timeoutMs: SLOW_ANSWER_TIMEOUT_MS });
    const send = { operation: 'gcs_rewrite', method: 'POST', path: path + parameters, headers: NO_BODY } as const;
    const { done, resource, rewriteToken: next } = jsonOf(await callGcs(at.client, call, send, signal));
    if (done === true) return storedObject((resource ?? {}) as Record<string, unknown>);
    if (typeof next !== 'string') {
      throw new LonghaulError('DestinationUnavailable', `The store does not say how to go on publishing ${to}`);
    }
    rewriteToken = next;
  }
}

/** Some servers refuse a POST that says nothing of its length. */
export const NO_BODY = { 'content-length': '0' };

/** Exactly this generation where it is given, else the live one. False: there was none. */
export async function deleteObject(
  at: GcsBucket,
  key: string,
  generation: string | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const path = `${objectPath(at.bucket, key)}${query({ generation })}`;
  try {
    await callGcs(at.client, at.call('Deleting', key), { operation: 'gcs_delete', method: 'DELETE', path }, signal);
    return true;
  } catch (error) {
    if (error instanceof LonghaulError && error.code === 'ObjectNotFound') return false;
    throw error;
  }
}
