/** The objects that a prefix record stands for: what a run copies and what `longhaul plan` counts. */
import type { S3Client } from '@aws-sdk/client-s3';
import { listPrefix, type ListedObject } from './list';
import { parseS3Uri } from './uri';

export interface PrefixRequest {
  readonly client: S3Client;
  /** `s3://bucket/prefix`, a folder whether it ends in a slash or not. */
  readonly uri: string;
  readonly signal: AbortSignal;
}

export interface FoundObject extends ListedObject {
  /** The key below the folder. */
  readonly relative: string;
}

/** In the store's order. @throws LonghaulError Source… */
export async function* prefixObjects({ client, uri, signal }: PrefixRequest): AsyncGenerator<FoundObject> {
  const { bucket, key: prefix } = parseS3Uri(uri);
  const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
  for await (const object of listPrefix({ client, bucket, prefix: folder, signal })) {
    const relative = object.key.slice(folder.length);
    // "Folders" that consoles make, and names that some tools read as a way out of the prefix.
    if (relative === '' || (relative.endsWith('/') && object.sizeBytes === 0)) continue;
    yield { ...object, relative };
  }
}
