/** The requests of an XML multipart upload: https://cloud.google.com/storage/docs/xml-api/post-object-multipart and its siblings. */
import { GcsError, badRequest, empty, xml, type Answer } from './answers';
import { receive, receiveText, store, type Call } from './call';
import { Content } from './content';
import { Hasher, crc32cOf, expectedFromHeaders } from './hashes';
import { MAX_PART_NUMBER, MIN_PART_BYTES, type Multipart, type Part } from './multipart-uploads';
import { isConditional, xmlPreconditions } from './preconditions';
import { checkHashes, checkTarget, publish } from './publish';
import { etagOf } from './resource';
import { checkObjectName } from './store';
import { fieldsFromHeaders } from './xml-objects';

const MAX_PER_PAGE = 1_000;

/** Refused instead of ignored, so that nobody relies on a condition that Google does not hold. */
const refuseConditions = (call: Call): void => {
  if (!isConditional(xmlPreconditions(call.request.headers))) return;
  throw badRequest('Preconditions are not supported for multipart uploads.');
};

const uploadOf = (call: Call): Multipart =>
  call.world.multiparts.find(call.query.get('uploadId') ?? '', call.route.bucket, call.route.object);

export const initiateMultipart = (call: Call): Answer => {
  const { bucket, object: name } = call.route;
  call.caller.require('storage.multipartUploads.create', bucket);
  call.caller.require('storage.objects.create', bucket);
  refuseConditions(call);
  call.world.store.bucket(bucket);
  checkObjectName(name);
  const upload = call.world.multiparts.begin({ bucket, name, caller: call.caller, fields: fieldsFromHeaders(call) });
  return xml('InitiateMultipartUploadResult', { Bucket: bucket, Key: name, UploadId: upload.id });
};

export const uploadPart = async (call: Call): Promise<Answer> => {
  const { bucket } = call.route;
  call.caller.require('storage.multipartUploads.create', bucket);
  call.caller.require('storage.objects.create', bucket);
  const upload = uploadOf(call);
  const number = Number(call.query.get('partNumber'));
  if (!Number.isInteger(number) || number < 1 || number > MAX_PART_NUMBER) {
    throw badRequest(`Part number must be an integer between 1 and ${MAX_PART_NUMBER}, inclusive.`);
  }
  const piece = call.world.store.pieces.create();
  const hasher = new Hasher();
  let hashes;
  try {
    await store(receive(call), piece, hasher);
    await piece.seal();
    hashes = hasher.finish();
    checkHashes(expectedFromHeaders(call.request.headers), hashes);
  } catch (error) {
    await piece.release();
    throw error;
  }
  const etag = `"${Buffer.from(hashes.md5Hash, 'base64').toString('hex')}"`;
  await call.world.multiparts.setPart(upload, { number, piece, etag, uploadedAt: new Date().toISOString() });
  return empty(200, { ETag: etag, 'X-Goog-Hash': [`crc32c=${hashes.crc32c}`, `md5=${hashes.md5Hash}`] });
};

const pageSize = (call: Call, name: string): number => {
  const asked = Number(call.query.get(name) ?? MAX_PER_PAGE);
  if (!Number.isInteger(asked) || asked < 1) throw badRequest(`Invalid ${name}.`);
  return Math.min(asked, MAX_PER_PAGE);
};

export const listParts = (call: Call): Answer => {
  call.caller.require('storage.multipartUploads.listParts', call.route.bucket);
  const upload = uploadOf(call);
  const marker = Number(call.query.get('part-number-marker') ?? 0);
  const maxParts = pageSize(call, 'max-parts');
  const rest = [...upload.parts.values()].filter(({ number }) => number > marker).sort((a, b) => a.number - b.number);
  const page = rest.slice(0, maxParts);
  return xml('ListPartsResult', {
    Bucket: upload.bucket,
    Key: upload.name,
    UploadId: upload.id,
    StorageClass: upload.fields.storageClass ?? 'STANDARD',
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.number ?? marker,
    MaxParts: maxParts,
    IsTruncated: rest.length > page.length,
    Part: page.map(({ number, piece, etag, uploadedAt }) => ({
      PartNumber: number,
      LastModified: uploadedAt,
      ETag: etag,
      Size: piece.sizeBytes,
    })),
  });
};

export const listMultipart = (call: Call): Answer => {
  const { bucket } = call.route;
  call.caller.require('storage.multipartUploads.list', bucket);
  call.world.store.bucket(bucket);
  const prefix = call.query.get('prefix') ?? '';
  const keyMarker = call.query.get('key-marker') ?? '';
  const idMarker = call.query.get('upload-id-marker') ?? '';
  const maxUploads = pageSize(call, 'max-uploads');
  const all = call.world.multiparts.unfinished(bucket).filter(({ name }) => name.startsWith(prefix));
  const marked = all.findIndex(({ id, name }) => name === keyMarker && id === idMarker);
  const rest = marked >= 0 ? all.slice(marked + 1) : all.filter(({ name }) => keyMarker === '' || name > keyMarker);
  const page = rest.slice(0, maxUploads);
  const truncated = rest.length > page.length;
  const last = page.at(-1);
  return xml('ListMultipartUploadsResult', {
    Bucket: bucket,
    KeyMarker: keyMarker,
    UploadIdMarker: idMarker,
    ...(truncated && last !== undefined ? { NextKeyMarker: last.name, NextUploadIdMarker: last.id } : {}),
    Prefix: prefix,
    MaxUploads: maxUploads,
    IsTruncated: truncated,
    Upload: page.map(({ name, id, initiatedAt, fields }) => ({
      Key: name,
      UploadId: id,
      StorageClass: fields.storageClass ?? 'STANDARD',
      Initiated: initiatedAt,
    })),
  });
};

export const abortMultipart = async (call: Call): Promise<Answer> => {
  call.caller.require('storage.multipartUploads.abort', call.route.bucket);
  await call.world.multiparts.end(uploadOf(call));
  return empty(204);
};

const PART = /<Part>([\s\S]*?)<\/Part>/g;
const element = (name: string, text: string): string | undefined =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];

/** The named parts in order. Throws MalformedXML, InvalidPart, InvalidPartOrder, EntityTooSmall. */
const chosenParts = (upload: Multipart, document: string): Part[] => {
  const named = [...document.matchAll(PART)].map(([, part = '']) => ({
    number: Number(element('PartNumber', part)),
    etag: element('ETag', part)?.replaceAll('&quot;', '"').replaceAll('"', ''),
  }));
  if (named.length === 0 || !document.includes('</CompleteMultipartUpload>')) {
    throw new GcsError(400, 'invalid', 'The XML you provided was not well-formed.', 'MalformedXML');
  }
  const parts = named.map(({ number, etag }, index) => {
    const part = upload.parts.get(number);
    if (part === undefined || part.etag !== `"${etag ?? ''}"`) {
      const message = 'One or more of the specified parts could not be found.';
      throw new GcsError(400, 'invalid', message, 'InvalidPart');
    }
    if (index > 0 && number <= (named[index - 1]?.number ?? 0)) {
      throw new GcsError(400, 'invalid', 'The list of parts was not in ascending order.', 'InvalidPartOrder');
    }
    return part;
  });
  if (parts.slice(0, -1).some(({ piece }) => piece.sizeBytes < MIN_PART_BYTES)) {
    const message = 'Your proposed upload is smaller than the minimum allowed size.';
    throw new GcsError(400, 'invalid', message, 'EntityTooSmall');
  }
  return parts;
};

export const completeMultipart = async (call: Call): Promise<Answer> => {
  const { bucket, object: name } = call.route;
  const document = await receiveText(call);
  call.caller.require('storage.multipartUploads.create', bucket);
  refuseConditions(call);
  const upload = uploadOf(call);
  const target = { bucket, name, caller: call.caller, preconditions: {} };
  checkTarget(call.world.store, target);
  const content = new Content(chosenParts(upload, document).map(({ piece }) => piece)).retain();
  try {
    const crc32c = await crc32cOf(content);
    // Completed or aborted by somebody else while we read: only one may make the object.
    uploadOf(call);
    const object = await publish(call.world.store, target, {
      content,
      crc32c,
      componentCount: content.pieces.length,
      fields: upload.fields,
    });
    await call.world.multiparts.end(upload);
    const result = { Location: `${call.baseUrl}/${bucket}/${name}`, Bucket: bucket, Key: name };
    const headers = { 'X-Goog-Generation': String(object.generation), 'X-Goog-Hash': `crc32c=${crc32c}` };
    return xml('CompleteMultipartUploadResult', { ...result, ETag: `"${etagOf(object)}"` }, headers);
  } catch (error) {
    await content.release();
    throw error;
  }
};
