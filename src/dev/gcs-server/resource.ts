/** Objects and buckets as the JSON API shows them: https://cloud.google.com/storage/docs/json_api/v1/objects#resource */
import type { Bucket, GcsEditable, GcsObject } from './types';
import { badRequest } from './answers';

/** An opaque value that changes with the generation and the metageneration. */
export const etagOf = (object: GcsObject): string =>
  Buffer.from(`${object.generation}/${object.metageneration}`).toString('base64');

export const objectResource = (object: GcsObject, baseUrl: string): Record<string, unknown> => {
  const path = `/storage/v1/b/${encodeURIComponent(object.bucket)}/o/${encodeURIComponent(object.name)}`;
  const generation = String(object.generation);
  const { fields } = object;
  return {
    kind: 'storage#object',
    id: `${object.bucket}/${object.name}/${generation}`,
    selfLink: baseUrl + path,
    mediaLink: `${baseUrl}/download${path}?generation=${generation}&alt=media`,
    name: object.name,
    bucket: object.bucket,
    generation,
    metageneration: String(object.metageneration),
    size: String(object.content.sizeBytes),
    crc32c: object.crc32c,
    ...(object.md5Hash === undefined ? {} : { md5Hash: object.md5Hash }),
    ...(object.componentCount === undefined ? {} : { componentCount: object.componentCount }),
    etag: etagOf(object),
    timeCreated: object.timeCreated,
    updated: object.updated,
    timeFinalized: object.timeCreated,
    timeStorageClassUpdated: object.timeCreated,
    ...(object.timeDeleted === undefined ? {} : { timeDeleted: object.timeDeleted }),
    ...fields,
    storageClass: fields.storageClass ?? 'STANDARD',
  };
};

export const bucketResource = (bucket: Bucket, baseUrl: string): Record<string, unknown> => ({
  kind: 'storage#bucket',
  id: bucket.name,
  name: bucket.name,
  selfLink: `${baseUrl}/storage/v1/b/${encodeURIComponent(bucket.name)}`,
  location: bucket.location,
  locationType: 'multi-region',
  storageClass: 'STANDARD',
  timeCreated: bucket.timeCreated,
  updated: bucket.timeCreated,
  metageneration: '1',
  ...(bucket.versioned ? { versioning: { enabled: true } } : {}),
});

const TEXT_FIELDS = [
  'contentType',
  'contentEncoding',
  'contentDisposition',
  'contentLanguage',
  'cacheControl',
  'storageClass',
  'customTime',
] as const;

/** The body of a request as an object; {} where there is none. Throws 400 where it is not one. */
export const parseResource = (text: string): Record<string, unknown> => {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // answered below, like any other body that is no object
  }
  throw badRequest('Parse Error', 'parseError');
};

/**
 * What the caller sets; `base` is what stays where nothing is said of it (PATCH), null removes. Throws 400 for values
 * of a wrong type.
 */
export const editableOf = (resource: Readonly<Record<string, unknown>>, base: GcsEditable = {}): GcsEditable => {
  const fields: Record<string, unknown> = { ...base };
  for (const name of TEXT_FIELDS) {
    const value = resource[name];
    if (value === undefined) continue;
    if (value === null) Reflect.deleteProperty(fields, name);
    else if (typeof value === 'string') fields[name] = value;
    else throw badRequest(`Invalid value for: ${name}`);
  }
  const { metadata } = resource;
  if (metadata === null) delete fields.metadata;
  else if (metadata !== undefined) {
    if (typeof metadata !== 'object' || Array.isArray(metadata)) throw badRequest('Invalid value for: metadata');
    const merged: Record<string, string> = { ...base.metadata };
    for (const [key, value] of Object.entries(metadata)) {
      if (value === null) Reflect.deleteProperty(merged, key);
      else merged[key] = String(value);
    }
    fields.metadata = merged;
  }
  return fields;
};
