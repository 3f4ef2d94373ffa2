/** Metadata of objects in the JSON API: get, patch, update, delete, list. */
import { badRequest, empty, json, type Answer } from './answers';
import { existing, generationOf, receiveText, type Call } from './call';
import { checkPreconditions, jsonPreconditions } from './preconditions';
import { editableOf, objectResource, parseResource } from './resource';
import type { GcsObject } from './types';

export const getObject = (call: Call): Answer => {
  const { bucket, object: name } = call.route;
  const object = existing(call, 'storage.objects.get', bucket, name, generationOf(call.query));
  checkPreconditions(jsonPreconditions(call.query), object, 'read');
  return json(200, objectResource(object, call.baseUrl));
};

/** PATCH changes what it names, PUT (update) replaces all that can be set. */
export const patchObject = async (call: Call): Promise<Answer> => {
  const resource = parseResource(await receiveText(call));
  const { bucket, object: name } = call.route;
  const object = existing(call, 'storage.objects.update', bucket, name, generationOf(call.query));
  checkPreconditions(jsonPreconditions(call.query), object, 'write');
  call.world.store.edit(object, editableOf(resource, call.request.method === 'PATCH' ? object.fields : {}));
  return json(200, objectResource(object, call.baseUrl));
};

export const deleteObject = async (call: Call): Promise<Answer> => {
  const { bucket, object: name } = call.route;
  const generation = generationOf(call.query);
  const object = existing(call, 'storage.objects.delete', bucket, name, generation);
  checkPreconditions(jsonPreconditions(call.query), object, 'write');
  await call.world.store.delete(object, generation !== undefined);
  return empty(204);
};

const MAX_RESULTS = 1_000;

interface Listing {
  readonly items: GcsObject[];
  readonly prefixes: string[];
  readonly nextPageToken?: string;
}

const encodeToken = (name: string): string => Buffer.from(name).toString('base64url');
const decodeToken = (token: string): string => Buffer.from(token, 'base64url').toString('utf8');

const list = (call: Call): Listing => {
  const { query, world, route } = call;
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const versions = query.get('versions') === 'true';
  const asked = Number(query.get('maxResults') ?? MAX_RESULTS);
  if (!Number.isInteger(asked) || asked < 1) throw badRequest('Invalid value for: maxResults');
  const limit = Math.min(asked, MAX_RESULTS);
  const after = decodeToken(query.get('pageToken') ?? '');
  const startOffset = query.get('startOffset') ?? '';
  const endOffset = query.get('endOffset');
  const items: GcsObject[] = [];
  const prefixes: string[] = [];
  let last = '';
  for (const name of world.store.names(route.bucket)) {
    if (!name.startsWith(prefix)) continue;
    if (Buffer.compare(Buffer.from(name), Buffer.from(startOffset)) < 0) continue;
    if (endOffset !== null && Buffer.compare(Buffer.from(name), Buffer.from(endOffset)) >= 0) continue;
    const cut = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
    const group = cut < 0 ? null : name.slice(0, cut + delimiter.length);
    const key = group ?? name;
    if (after !== '' && Buffer.compare(Buffer.from(key), Buffer.from(after)) <= 0) continue;
    if (group !== null && prefixes.at(-1) === group) continue;
    const live = world.store.find(route.bucket, name);
    const found = versions ? world.store.versions(route.bucket, name) : live === null ? [] : [live];
    if (found.length === 0) continue;
    if (items.length + prefixes.length >= limit) return { items, prefixes, nextPageToken: encodeToken(last) };
    // All versions of one name stay on one page: the token names the last name of it.
    if (group !== null) prefixes.push(group);
    else items.push(...found);
    last = key;
  }
  return { items, prefixes };
};

export const listObjects = (call: Call): Answer => {
  call.caller.require('storage.objects.list', call.route.bucket);
  const { items, prefixes, nextPageToken } = list(call);
  return json(200, {
    kind: 'storage#objects',
    ...(nextPageToken === undefined ? {} : { nextPageToken }),
    ...(prefixes.length === 0 ? {} : { prefixes }),
    ...(items.length === 0 ? {} : { items: items.map((object) => objectResource(object, call.baseUrl)) }),
  });
};
