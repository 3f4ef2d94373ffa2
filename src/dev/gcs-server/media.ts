/**
 * The bytes of an object: ranges, checksums, and decompressive transcoding
 * (https://cloud.google.com/storage/docs/transcoding).
 */
import { GcsError, type Answer } from './answers';
import { existing, generationOf, header, type Call } from './call';
import { checkPreconditions, jsonPreconditions, xmlPreconditions } from './preconditions';
import { etagOf } from './resource';
import type { GcsObject } from './types';

const RANGE = /^bytes=(\d*)-(\d*)$/;

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Null: everything, as for a header that is not understood. Throws 416. */
const rangeOf = (text: string | undefined, sizeBytes: number): Range | null => {
  const [, first, last] = RANGE.exec(text ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return null;
  const start = first === '' ? Math.max(sizeBytes - Number(last), 0) : Number(first);
  const end = first === '' || last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  if (first !== '' && last !== '' && Number(last) < start) return null;
  if (start >= sizeBytes) {
    const message = 'The requested range cannot be satisfied.';
    const headers = { 'Content-Range': `bytes */${sizeBytes}` };
    throw new GcsError(416, 'requestedRangeNotSatisfiable', message, 'InvalidRange', headers);
  }
  return { start, end };
};

const objectHeaders = (object: GcsObject, api: 'json' | 'xml'): Record<string, string | string[]> => {
  const { fields } = object;
  const hashes = [`crc32c=${object.crc32c}`, ...(object.md5Hash === undefined ? [] : [`md5=${object.md5Hash}`])];
  const headers: Record<string, string | string[]> = {
    'Content-Type': fields.contentType ?? 'application/octet-stream',
    // The XML API's ETag is the quoted MD5 in hex where there is one.
    ETag:
      api === 'json' || object.md5Hash === undefined
        ? `"${etagOf(object)}"`
        : `"${Buffer.from(object.md5Hash, 'base64').toString('hex')}"`,
    'Last-Modified': new Date(object.updated).toUTCString(),
    'X-Goog-Generation': String(object.generation),
    'X-Goog-Metageneration': String(object.metageneration),
    'X-Goog-Storage-Class': fields.storageClass ?? 'STANDARD',
    'X-Goog-Stored-Content-Encoding': fields.contentEncoding ?? 'identity',
    'X-Goog-Stored-Content-Length': String(object.content.sizeBytes),
    // One line at the JSON API, one per checksum at the XML API.
    'X-Goog-Hash': api === 'json' ? hashes.join(',') : hashes,
  };
  if (object.componentCount !== undefined) headers['X-Goog-Component-Count'] = String(object.componentCount);
  for (const [name, value] of [
    ['Cache-Control', fields.cacheControl],
    ['Content-Disposition', fields.contentDisposition],
    ['Content-Language', fields.contentLanguage],
    ['Content-Encoding', fields.contentEncoding],
  ] as const) {
    if (value !== undefined) headers[name] = value;
  }
  if (api === 'xml') {
    for (const [key, value] of Object.entries(fields.metadata ?? {})) headers[`X-Goog-Meta-${key}`] = value;
  }
  return headers;
};

/** A gzip object for a client that does not take gzip is sent decompressed, all of it, without a length. */
const isTranscoded = (call: Call, object: GcsObject): boolean =>
  object.fields.contentEncoding === 'gzip' &&
  !/\bgzip\b/i.test(header(call, 'accept-encoding') ?? '') &&
  !/\bno-transform\b/i.test(object.fields.cacheControl ?? '');

export const sendMedia = (call: Call): Answer => {
  const { api, bucket, object: name } = call.route;
  const object = existing(call, 'storage.objects.get', bucket, name, generationOf(call.query));
  const conditions = api === 'json' ? jsonPreconditions(call.query) : xmlPreconditions(call.request.headers);
  checkPreconditions(conditions, object, 'read');
  const headers = objectHeaders(object, api);
  const { content } = object;
  const whole = { content, start: 0, end: content.sizeBytes };
  if (isTranscoded(call, object)) {
    const rest = Object.entries(headers).filter(([header]) => header !== 'Content-Encoding');
    const transcoded = {
      ...Object.fromEntries(rest),
      Warning: '214 UploadServer gunzipped',
      'Transfer-Encoding': 'chunked',
    };
    return { status: 200, headers: transcoded, media: { ...whole, gunzip: true } };
  }
  const range = call.fault?.ignoreRange === true ? null : rangeOf(header(call, 'range'), content.sizeBytes);
  const { start, end } = range ?? whole;
  const length = { 'Accept-Ranges': 'bytes', 'Content-Length': String(end - start) };
  const ranged = range === null ? {} : { 'Content-Range': `bytes ${start}-${end - 1}/${content.sizeBytes}` };
  return {
    status: range === null ? 200 : 206,
    headers: { ...headers, ...length, ...ranged },
    media: { content, start, end, gunzip: false },
  };
};
