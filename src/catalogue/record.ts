/** From what a catalogue holds to CatalogueRecord. */
import { LonghaulError } from '../model/errors';
import type { CatalogueFile, CatalogueRecord } from './types';

/** Quoted, so that a control character in a catalogue does not reach a terminal. */
const shown = (text: string): string => JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);

const kindOf = (value: unknown): string => {
  if (value === null) return 'null';
  return Array.isArray(value) ? `a list of ${value.length}` : typeof value === 'object' ? 'an object' : typeof value;
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whole numbers up to 2^53; BSON and Postgres drivers give larger ones as bigint or Long, which no file has. */
const sizeOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

const textOf = (id: string, name: string, value: unknown): string | null => {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') {
    throw new LonghaulError(
      'CatalogueInvalid',
      `${name} of the record ${shown(id)} must be text, got ${kindOf(value)}.`,
    );
  }
  return value.trim() === '' ? null : value.trim();
};

const fileOf = (id: string, path: string, value: unknown): CatalogueFile => {
  const refuse = (fault: string): LonghaulError =>
    new LonghaulError('CatalogueInvalid', `file_info of the record ${shown(id)}: ${shown(path)} ${fault}.`);
  if (!Array.isArray(value) || value.length < 2) {
    throw refuse(`must be [size in bytes, ETag], got ${kindOf(value)}`);
  }
  const [size, etag] = value as unknown[];
  const bytes = sizeOf(size);
  if (bytes === undefined) throw refuse(`has a size that is no whole number of bytes (${kindOf(size)})`);
  if (typeof etag !== 'string' || etag.trim() === '') throw refuse(`has an ETag that is no text (${kindOf(etag)})`);
  return { path, bytes, etag: etag.trim() };
};

/** Code units, so that the order is the same on every machine. */
export const byPath = (a: { readonly path: string }, b: { readonly path: string }): number =>
  a.path < b.path ? -1 : Number(a.path > b.path);

/** Throws CatalogueInvalid that names the field, and within file_info the path. */
export const toRecord = (id: string, value: unknown): CatalogueRecord => {
  if (!isObject(value)) {
    throw new LonghaulError('CatalogueInvalid', `The record ${shown(id)} must be an object, got ${kindOf(value)}.`);
  }
  const info = value['file_info'] ?? {};
  if (!isObject(info)) {
    throw new LonghaulError(
      'CatalogueInvalid',
      `file_info of the record ${shown(id)} must be an object of paths, got ${kindOf(info)}.`,
    );
  }
  return {
    id,
    projectId: textOf(id, 'project_id', value['project_id']),
    s3UploadPath: textOf(id, 's3_upload_path', value['s3_upload_path']),
    files: Object.entries(info)
      .map(([path, entry]) => fileOf(id, path, entry))
      .sort(byPath),
  };
};
