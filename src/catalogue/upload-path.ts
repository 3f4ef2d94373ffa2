/** Where in S3 a raw file lies: `s3_upload_path` of its record. */
import { LonghaulError } from '../model/errors';

export interface UploadPath {
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
}

/** As lenient as S3-compatible stores are: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/;

/**
 * Reads `bucket`, `bucket/` or `bucket/prefix/`, with or without `s3://`. Slashes at the ends and doubled ones do not count.
 * Throws UploadPathInvalid.
 */
export const parseUploadPath = (text: string): UploadPath => {
  const refuse = (fault: string): LonghaulError =>
    new LonghaulError('UploadPathInvalid', `s3_upload_path ${JSON.stringify(text.slice(0, 200))} ${fault}.`);
  if (/\p{Cc}/u.test(text)) throw refuse('holds a control character');
  const bare = text.trim().replace(/^s3:\/\//i, '');
  const [bucket, ...prefix] = bare.split('/').filter((segment) => segment !== '');
  if (bucket === undefined) throw refuse('names no bucket');
  if (!BUCKET.test(bucket)) throw refuse('does not begin with the name of a bucket');
  // Legal in keys, but clients normalize them and would ask for another object.
  if (prefix.some((segment) => segment === '.' || segment === '..')) throw refuse('holds "." or ".." as a segment');
  return { bucket, prefix: prefix.join('/') };
};

/** The key of a file: its relative path, as it is, below the prefix. */
export const keyOf = (prefix: string, relative: string): string => (prefix === '' ? relative : `${prefix}/${relative}`);
