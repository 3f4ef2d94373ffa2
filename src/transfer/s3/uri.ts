/** Addresses of objects and folders as people write them. */
import { LonghaulError } from '../../model/errors';

/** Splits `s3://bucket/key`; leading slashes of the key are not part of it. Throws RecordInvalid for anything else. */
export function parseS3Uri(uri: string): { bucket: string; key: string } {
  const match = /^s3:\/\/([^/]+)\/*(.*)$/s.exec(uri);
  const [, bucket, key] = match ?? [];
  if (bucket === undefined || key === undefined)
    throw new LonghaulError('RecordInvalid', `Not an S3 address: ${uri.slice(0, 200)}`);
  return { bucket, key };
}
