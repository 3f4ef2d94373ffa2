/** Single objects in the XML API: PUT and DELETE. GET and HEAD are sendMedia. */
import { empty, type Answer } from './answers';
import { existing, generationOf, header, receive, store, type Call } from './call';
import { Hasher, expectedFromHeaders } from './hashes';
import { checkPreconditions, xmlPreconditions } from './preconditions';
import { checkHashes, checkTarget, publish } from './publish';
import { checkObjectName, contentOf } from './store';
import type { GcsEditable } from './types';

const META = 'x-goog-meta-';

export const fieldsFromHeaders = (call: Call): GcsEditable => {
  const fields: Record<string, string> = { contentType: header(call, 'content-type') ?? 'application/octet-stream' };
  for (const [field, name] of [
    ['cacheControl', 'cache-control'],
    ['contentDisposition', 'content-disposition'],
    ['contentEncoding', 'content-encoding'],
    ['contentLanguage', 'content-language'],
    ['customTime', 'x-goog-custom-time'],
    ['storageClass', 'x-goog-storage-class'],
  ] as const) {
    const value = header(call, name);
    if (value !== undefined) fields[field] = value;
  }
  const metadata = Object.keys(call.request.headers)
    .filter((name) => name.startsWith(META))
    .map((name) => [name.slice(META.length), header(call, name) ?? ''] as const);
  return metadata.length === 0 ? fields : { ...fields, metadata: Object.fromEntries(metadata) };
};

export const putObject = async (call: Call): Promise<Answer> => {
  const { bucket, object: name } = call.route;
  checkObjectName(name);
  const target = { bucket, name, caller: call.caller, preconditions: xmlPreconditions(call.request.headers) };
  checkTarget(call.world.store, target);
  const piece = call.world.store.pieces.create();
  try {
    const hasher = new Hasher();
    await store(receive(call), piece, hasher);
    const hashes = hasher.finish();
    checkHashes(expectedFromHeaders(call.request.headers), hashes);
    const content = await contentOf(piece);
    const object = await publish(call.world.store, target, { content, ...hashes, fields: fieldsFromHeaders(call) });
    return empty(200, {
      ETag: `"${Buffer.from(hashes.md5Hash, 'base64').toString('hex')}"`,
      'X-Goog-Generation': String(object.generation),
      'X-Goog-Metageneration': String(object.metageneration),
      'X-Goog-Hash': [`crc32c=${hashes.crc32c}`, `md5=${hashes.md5Hash}`],
    });
  } catch (error) {
    await piece.release();
    throw error;
  }
};

export const deleteXmlObject = async (call: Call): Promise<Answer> => {
  const { bucket, object: name } = call.route;
  const generation = generationOf(call.query);
  const object = existing(call, 'storage.objects.delete', bucket, name, generation);
  checkPreconditions(xmlPreconditions(call.request.headers), object, 'write');
  await call.world.store.delete(object, generation !== undefined);
  return empty(204);
};
