/** Buckets in the JSON API: as much as a client needs to find, make and check one. */
import { GcsError, empty, json, type Answer } from './answers';
import { receiveText, type Call } from './call';
import { bucketResource, parseResource } from './resource';
import type { GcsPermission } from './types';

/** Projects are not modelled: a bucket of its own name stands for what is not in one. */
const NO_BUCKET = '*';

export const getBucket = (call: Call): Answer => {
  call.caller.require('storage.buckets.get', call.route.bucket);
  return json(200, bucketResource(call.world.store.bucket(call.route.bucket), call.baseUrl));
};

export const listBuckets = (call: Call): Answer => {
  call.caller.require('storage.buckets.list', NO_BUCKET);
  const buckets = [...call.world.store.buckets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return json(200, {
    kind: 'storage#buckets',
    items: buckets.map((bucket) => bucketResource(bucket, call.baseUrl)),
  });
};

const isVersioned = (resource: Readonly<Record<string, unknown>>): boolean | undefined =>
  (resource['versioning'] as { enabled?: boolean } | undefined)?.enabled;

export const insertBucket = async (call: Call): Promise<Answer> => {
  call.caller.require('storage.buckets.create', NO_BUCKET);
  const resource = parseResource(await receiveText(call));
  const { name, location } = resource;
  if (typeof name !== 'string') throw new GcsError(400, 'required', 'Required');
  const bucket = call.world.store.createBucket(name, {
    versioned: isVersioned(resource) ?? false,
    ...(typeof location === 'string' ? { location } : {}),
  });
  return json(200, bucketResource(bucket, call.baseUrl));
};

export const patchBucket = async (call: Call): Promise<Answer> => {
  const { bucket } = call.route;
  call.caller.require('storage.buckets.update', bucket);
  const versioned = isVersioned(parseResource(await receiveText(call)));
  if (versioned !== undefined) call.world.store.setVersioned(bucket, versioned);
  return json(200, bucketResource(call.world.store.bucket(bucket), call.baseUrl));
};

export const deleteBucket = (call: Call): Answer => {
  call.caller.require('storage.buckets.delete', call.route.bucket);
  call.world.store.deleteBucket(call.route.bucket);
  return empty(204);
};

/** Needs no permission of its own: it says which of the asked ones the caller has. */
export const testPermissions = (call: Call): Answer => {
  call.world.store.bucket(call.route.bucket);
  const asked = call.query.getAll('permissions') as GcsPermission[];
  const permissions = asked.filter((permission) => call.caller.may(permission, call.route.bucket));
  return json(200, { kind: 'storage#testIamPermissionsResponse', ...(permissions.length > 0 ? { permissions } : {}) });
};
