/** Whether a part that a destination lists holds the bytes at hand. */
import { createHash } from 'node:crypto';
import { agreement, type Checksums } from './checksums';
import type { Destination, ListedPart } from './destination';
import { bareEtag } from './etag';

/**
 * By a checksum that both have; else, where the destination says that its ETags are MD5s, by that. MD5 is slow (0.4 GB/s), so it is
 * computed for parts that an earlier attempt has left and for no others.
 */
export function isSamePart(
  { listsMd5 }: Pick<Destination, 'listsMd5'>,
  listed: ListedPart,
  body: Buffer,
  sums: Checksums,
): boolean {
  if (listed.bytes !== body.length) return false;
  const agreed = agreement(listed, sums);
  if (agreed !== undefined || listsMd5 !== true) return agreed !== undefined && agreed !== false;
  return createHash('md5').update(body).digest('hex') === bareEtag(listed.etag).toLowerCase();
}
