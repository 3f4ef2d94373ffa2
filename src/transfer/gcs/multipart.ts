/**
 * Multipart uploads by the XML API of Google Cloud Storage: S3's state machine with other headers. Differences that matter: it
 * knows no preconditions, its listing has no checksums (a part's ETag is its MD5), and a part is stored only whole and with
 * the checksum that it was sent with. One attempt each.
 */
import { LonghaulError } from '../../model/errors';
import { TRANSFER_ID_METADATA } from '../../model/names';
import type { CompleteRequest, ListedPart, ObjectAttributes, PartToWrite, StoredObject } from '../destination';
import { encodeCrc32 } from '../lib/crc32';
import { sendTimeoutMs, SLOW_ANSWER_TIMEOUT_MS } from '../lib/deadlines';
import { callGcs, query, xmlPath } from './call';
import { refusalOf } from './errors';
import { NO_BODY, type GcsBucket } from './objects';
import { checksumsIn } from './source';
import { elementsIn, escapeXml, textIn } from '../lib/xml';

/** Header values are bytes: UTF-8 is what the store takes them for. */
const headerText = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

export async function beginMultipart(
  at: GcsBucket,
  object: string,
  attributes: ObjectAttributes,
  signal: AbortSignal,
): Promise<string> {
  const metadata = { ...attributes.metadata, [TRANSFER_ID_METADATA]: attributes.transferId };
  const headers = Object.entries(metadata).map(([name, value]) => [`x-goog-meta-${name}`, headerText(value)]);
  const { contentType, contentEncoding } = attributes;
  const request = {
    operation: 'gcs_create_multipart',
    method: 'POST',
    path: `${xmlPath(at.bucket, object)}?uploads`,
    headers: {
      ...NO_BODY,
      ...(Object.fromEntries(headers) as Record<string, string>),
      'content-type': contentType ?? 'application/octet-stream',
      ...(contentEncoding === undefined ? {} : { 'content-encoding': contentEncoding }),
    },
  } as const;
  const answer = await callGcs(at.client, at.call('Beginning the upload of', object), request, signal);
  return required(textIn(answer.text, 'UploadId'), 'UploadId', object);
}

export async function writeMultipart(
  at: GcsBucket,
  object: string,
  id: string,
  part: PartToWrite,
  signal: AbortSignal,
): Promise<ListedPart> {
  const { number, body, crc32c } = part;
  const request = {
    operation: 'gcs_upload_part',
    method: 'PUT',
    path: `${xmlPath(at.bucket, object)}${query({ partNumber: number, uploadId: id })}`,
    headers: {
      'content-length': String(body.length),
      ...(crc32c === undefined ? {} : { 'x-goog-hash': `crc32c=${encodeCrc32(crc32c)}` }),
    },
    body: () => body,
  } as const;
  const call = at.call(`Writing part ${number} of`, object, { timeoutMs: sendTimeoutMs(body.length) });
  const { headers } = await callGcs(at.client, call, request, signal);
  const etag = required(headers['etag'], 'ETag', object);
  return { number, bytes: body.length, etag, ...(crc32c === undefined ? {} : { crc32c }) };
}

/** In order of number, all pages. Throws UploadLost where the upload is gone. */
export async function listMultipart(
  at: GcsBucket,
  object: string,
  id: string,
  pageSize: number | undefined,
  signal: AbortSignal,
): Promise<ListedPart[]> {
  const parts: ListedPart[] = [];
  for (let marker: string | undefined; ;) {
    const parameters = query({ uploadId: id, 'max-parts': pageSize, 'part-number-marker': marker });
    const request = {
      operation: 'gcs_list_parts',
      method: 'GET',
      path: xmlPath(at.bucket, object) + parameters,
    } as const;
    const { text } = await callGcs(at.client, at.call('Listing the parts of', object), request, signal);
    for (const part of elementsIn(text, 'Part')) {
      const [number, bytes, etag] = [textIn(part, 'PartNumber'), textIn(part, 'Size'), textIn(part, 'ETag')];
      if (number === undefined || bytes === undefined || etag === undefined) continue;
      parts.push({ number: Number(number), bytes: Number(bytes), etag });
    }
    // A page that says "more" but not where to go on would be asked for forever.
    const next = textIn(text, 'NextPartNumberMarker');
    if (textIn(text, 'IsTruncated') !== 'true' || next === undefined || next === marker) break;
    marker = next;
  }
  return parts.sort((a, b) => a.number - b.number);
}

/** What the store says of the object: its checksum of all parts joined, and its generation. */
export async function completeMultipart(
  at: GcsBucket,
  object: string,
  id: string,
  request: CompleteRequest,
  signal: AbortSignal,
): Promise<StoredObject> {
  const parts = request.parts.map(
    ({ number, etag }) => `<Part><PartNumber>${number}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
  );
  const document = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
  const send = {
    operation: 'gcs_complete_multipart',
    method: 'POST',
    path: `${xmlPath(at.bucket, object)}${query({ uploadId: id })}`,
    headers: { 'content-type': 'application/xml', 'content-length': String(document.length) },
    body: () => document,
  } as const;
  const call = at.call('Completing the upload of', object, { timeoutMs: SLOW_ANSWER_TIMEOUT_MS });
  const answer = await callGcs(at.client, call, send, signal);
  // It takes minutes for many parts, so an error may come after the status.
  if (elementsIn(answer.text, 'Error').length > 0) {
    throw refusalOf({ ...answer, status: 500 }, call.what, call.context ?? {}, 'destination');
  }
  const { headers, text } = answer;
  const generation = headers['x-goog-generation'];
  const etag = textIn(text, 'ETag');
  return {
    bytes: request.bytes,
    ...checksumsIn(headers['x-goog-hash']),
    ...(generation === undefined ? {} : { versionId: generation }),
    ...(etag === undefined ? {} : { etag }),
  };
}

/** False: it was gone already. */
export async function abortMultipart(at: GcsBucket, object: string, id: string, signal: AbortSignal): Promise<boolean> {
  const path = `${xmlPath(at.bucket, object)}${query({ uploadId: id })}`;
  const request = { operation: 'gcs_abort_multipart', method: 'DELETE', path } as const;
  const call = at.call('Aborting the upload of', object, { also: [404] });
  const { status } = await callGcs(at.client, call, request, signal);
  return status !== 404;
}

export interface FoundUpload {
  readonly object: string;
  readonly id: string;
  readonly initiated: Date;
}

/** Open uploads of objects whose names begin so, of anybody, in order of name. */
export async function* listUploads(
  at: GcsBucket,
  prefix: string,
  pageSize: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<FoundUpload> {
  let keyMarker: string | undefined;
  let idMarker: string | undefined;
  for (;;) {
    const markers = { 'key-marker': keyMarker, 'upload-id-marker': idMarker, 'max-uploads': pageSize };
    const parameters = query({ prefix, ...markers }).replace('?', '&');
    const path = `/${encodeURIComponent(at.bucket)}?uploads${parameters}`;
    const request = { operation: 'gcs_list_multipart_uploads', method: 'GET', path } as const;
    const { text } = await callGcs(at.client, at.call('Listing the uploads of', prefix), request, signal);
    for (const upload of elementsIn(text, 'Upload')) {
      const [object, id, at] = [textIn(upload, 'Key'), textIn(upload, 'UploadId'), textIn(upload, 'Initiated')];
      if (object !== undefined && id !== undefined && at !== undefined) yield { object, id, initiated: new Date(at) };
    }
    const [nextKey, nextId] = [textIn(text, 'NextKeyMarker'), textIn(text, 'NextUploadIdMarker')];
    const isSame = nextKey === keyMarker && nextId === idMarker;
    if (textIn(text, 'IsTruncated') !== 'true' || nextKey === undefined || nextKey === '' || isSame) return;
    keyMarker = nextKey;
    idMarker = nextId;
  }
}

function required(value: string | undefined, name: string, object: string): string {
  if (value !== undefined && value !== '') return value;
  throw new LonghaulError('DestinationRejected', `The store answered without ${name} for ${object}`);
}
