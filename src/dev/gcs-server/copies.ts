/** objects.rewrite, copyTo and compose. None of them moves bytes here, but a rewrite can be asked to take several calls. */
import { GcsError, badRequest, json, type Answer } from './answers';
import { existing, generationOf, receiveText, type Call } from './call';
import { Content } from './content';
import { crc32cOf } from './hashes';
import { checkPreconditions, jsonPreconditions } from './preconditions';
import { checkTarget, publish, type Target } from './publish';
import { editableOf, objectResource, parseResource } from './resource';
import type { Finished } from './store';
import type { GcsObject } from './types';

const MIB = 1024 * 1024;
const MAX_COMPOSE_SOURCES = 32;

const sourceOf = (call: Call): GcsObject => {
  const { bucket, object } = call.route;
  const generation = generationOf(call.query, 'sourceGeneration');
  const source = existing(call, 'storage.objects.get', bucket, object, generation);
  checkPreconditions(jsonPreconditions(call.query, 'ifSource'), source, 'write');
  return source;
};

const destinationOf = (call: Call): Target => {
  const { bucket, object: name } = call.route.destination ?? { bucket: '', object: '' };
  return { bucket, name, caller: call.caller, preconditions: jsonPreconditions(call.query) };
};

/** A body replaces the metadata, no body keeps the source's. */
const copyOf = (source: GcsObject, body: string): Finished => ({
  content: source.content.retain(),
  crc32c: source.crc32c,
  ...(source.md5Hash === undefined ? {} : { md5Hash: source.md5Hash }),
  ...(source.componentCount === undefined ? {} : { componentCount: source.componentCount }),
  fields: Object.keys(parseResource(body)).length === 0 ? source.fields : editableOf(parseResource(body)),
});

const publishCopy = async (call: Call, source: GcsObject, target: Target, body: string): Promise<GcsObject> => {
  const copy = copyOf(source, body);
  return publish(call.world.store, target, copy).catch(async (error: unknown) => {
    await copy.content.release();
    throw error;
  });
};

export const copyObject = async (call: Call): Promise<Answer> => {
  const body = await receiveText(call);
  const object = await publishCopy(call, sourceOf(call), destinationOf(call), body);
  return json(200, objectResource(object, call.baseUrl));
};

const bytesThisCall = (call: Call): number => {
  const asked = call.query.get('maxBytesRewrittenPerCall');
  if (asked === null) return call.world.rewrites.bytesPerCall ?? Infinity;
  const bytes = Number(asked);
  if (!/^\d+$/.test(asked) || bytes < MIB || bytes % MIB !== 0) {
    throw badRequest('maxBytesRewrittenPerCall must be a multiple of 1 MiB.');
  }
  return Math.min(bytes, call.world.rewrites.bytesPerCall ?? Infinity);
};

export const rewriteObject = async (call: Call): Promise<Answer> => {
  const body = await receiveText(call);
  const { rewrites, store } = call.world;
  const source = sourceOf(call);
  const target = destinationOf(call);
  checkTarget(store, target);
  const limit = bytesThisCall(call);
  // A source that has changed since the first call makes another identity: nothing is mixed.
  const identity = JSON.stringify([source.bucket, source.name, source.generation, target.bucket, target.name, body]);
  const given = call.query.get('rewriteToken');
  const { token, rewrite } = given === null ? rewrites.begin(identity) : rewrites.resume(given, identity);
  const { sizeBytes } = source.content;
  rewrite.doneBytes = Math.min(rewrite.doneBytes + limit, sizeBytes);
  const progress = {
    kind: 'storage#rewriteResponse',
    totalBytesRewritten: String(rewrite.doneBytes),
    objectSize: String(sizeBytes),
  };
  if (rewrite.doneBytes < sizeBytes) return json(200, { ...progress, done: false, rewriteToken: token });
  rewrites.end(token);
  const object = await publishCopy(call, source, target, body);
  return json(200, { ...progress, done: true, resource: objectResource(object, call.baseUrl) });
};

interface ComposeSource {
  readonly name: string;
  readonly generation?: string | number;
  readonly objectPreconditions?: { readonly ifGenerationMatch?: string | number };
}

const composeSources = (value: unknown): ComposeSource[] => {
  const sources = Array.isArray(value) ? (value as Partial<ComposeSource>[]) : [];
  if (sources.length === 0) throw new GcsError(400, 'required', 'You must provide at least one source component.');
  if (sources.length > MAX_COMPOSE_SOURCES) {
    throw badRequest(`The number of source components provided (${sources.length}) exceeds the maximum (32)`);
  }
  return sources.map((source) => {
    if (typeof source.name !== 'string') throw new GcsError(400, 'required', 'Required');
    return source as ComposeSource;
  });
};

/** https://cloud.google.com/storage/docs/composite-objects: a CRC32C, no MD5, sources of the same bucket. */
export const composeObject = async (call: Call): Promise<Answer> => {
  const request = parseResource(await receiveText(call));
  const { bucket, object: name } = call.route;
  const sources = composeSources(request['sourceObjects']).map((source) => {
    const generation = source.generation === undefined ? undefined : Number(source.generation);
    const found = existing(call, 'storage.objects.get', bucket, source.name, generation);
    const wanted = source.objectPreconditions?.ifGenerationMatch;
    checkPreconditions(wanted === undefined ? {} : { generationMatch: Number(wanted) }, found, 'write');
    return found;
  });
  const target = { bucket, name, caller: call.caller, preconditions: jsonPreconditions(call.query) };
  checkTarget(call.world.store, target);
  const content = new Content(sources.flatMap((source) => source.content.pieces)).retain();
  try {
    const destination = (request['destination'] ?? {}) as Record<string, unknown>;
    const object = await publish(call.world.store, target, {
      content,
      crc32c: await crc32cOf(content),
      componentCount: sources.reduce((sum, source) => sum + (source.componentCount ?? 1), 0),
      fields: editableOf({ contentType: sources[0]?.fields.contentType ?? null, ...destination }),
    });
    return json(200, objectResource(object, call.baseUrl));
  } catch (error) {
    await content.release();
    throw error;
  }
};
