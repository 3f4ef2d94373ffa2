/** The objects under a path that are data. */
import { LonghaulError } from '../../model/errors';
import { listPrefix } from '../../transfer';
import type { LoadEngine, SourceFile } from '../types';

/** `_SUCCESS`, `.part.crc` and the like, in any folder of the path (Hadoop's rule for hidden files). */
const isHidden = (key: string): boolean => key.split('/').some((name) => name.startsWith('_') || name.startsWith('.'));

/** In order of keys. A key that the path names whole is one file, even if its name is hidden. Throws LoadPathEmpty. */
export const listSourceFiles: LoadEngine['listSourceFiles'] = async ({ client, bucket, prefix }, { signal }) => {
  const files: SourceFile[] = [];
  for await (const { key, sizeBytes, etag } of listPrefix({ client, bucket, prefix, signal })) {
    const below = key.slice(prefix.length);
    // Matched as text, `data/a` would take `data/ab.csv` too: a path is a folder or one whole key.
    const isInside = prefix === '' || prefix.endsWith('/') || below === '' || below.startsWith('/');
    if (!isInside || key.endsWith('/') || sizeBytes === 0 || isHidden(below)) continue;
    files.push({ bucket, key, sizeBytes, etag, index: files.length });
  }
  if (files.length > 0) return files;
  throw new LonghaulError('LoadPathEmpty', `There is no file to load under s3://${bucket}/${prefix}`, {
    source: `s3://${bucket}/${prefix}`,
  });
};
