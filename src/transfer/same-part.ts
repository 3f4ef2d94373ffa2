/** Whether a part that a destination lists holds the bytes at hand. */
import { createHash } from 'node:crypto';
import { agreement, type Checksums } from './checksums';
import type { ListedPart } from './destination';
import { bareEtag } from './etag';

/**
 * By a checksum that both have; else by the ETag, where that is the MD5 of the bytes: on S3 an equal one proves it, and a store
 * that lists no checksums has nothing better. MD5 is slow (0.4 GB/s), so it is computed for parts that an earlier attempt has
 * left and for no others.
 */
export function isSamePart(listed: ListedPart, body: Buffer, sums: Checksums): boolean {
  if (listed.bytes !== body.length) return false;
  const agreed = agreement(listed, sums);
  if (agreed !== undefined) return agreed !== false;
  return createHash('md5').update(body).digest('hex') === bareEtag(listed.etag).toLowerCase();
}
