/** Listing what is under a prefix, page by page, without holding all of it. */
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { retry, type RetryPolicy } from '../lib/retry';
import { readablePage } from './answers';
import { callStore } from './call';
import type { Side } from '../lib/store-call';

export interface ListRequest {
  readonly client: S3Client;
  readonly bucket: string;
  /** Matched as text, as S3 does: end it in `/` to mean a folder. */
  readonly prefix: string;
  readonly pageSize?: number;
  /** Only keys that come after this one. */
  readonly startAfter?: string | undefined;
  /** 'source' (the default) gives Source… errors. */
  readonly side?: Side;
  readonly signal: AbortSignal;
  readonly retry?: RetryPolicy;
}

export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly etag: string;
  /** When this version was written, in whole seconds. */
  readonly modifiedAt?: Date;
}

/** In the store's order of keys. A page that fails is asked for again; what was given is not given twice. */
export async function* listPrefix(request: ListRequest): AsyncGenerator<ListedObject> {
  const { client, bucket, prefix, side = 'source', signal } = request;
  const uri = `s3://${bucket}/${prefix}`;
  const context = { operation: 'list', [side]: uri };
  for (let token: string | undefined; ;) {
    const command = new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: prefix,
      MaxKeys: request.pageSize,
      ContinuationToken: token,
      StartAfter: request.startAfter,
    });
    const page = await retry({ signal, policy: request.retry }, () =>
      callStore({ what: `Listing ${uri}`, context, side }, signal, async (o) =>
        readablePage(await client.send(command, o), side),
      ),
    );
    for (const { Key, Size, ETag, LastModified } of page.Contents ?? []) {
      if (Key === undefined) continue;
      const modified = LastModified === undefined ? {} : { modifiedAt: LastModified };
      yield { key: Key, sizeBytes: Size ?? 0, etag: ETag ?? '', ...modified };
    }
    const next = page.NextContinuationToken;
    if (page.IsTruncated !== true || next === undefined || next === token) return;
    token = next;
  }
}
