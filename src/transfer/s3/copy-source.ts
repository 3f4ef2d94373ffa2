/** What a server-side copy starts from: one version of the source with everything that a copy must carry along. */
import {
  GetObjectTaggingCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { LonghaulError } from '../../model/errors';
import { callStore, type Call } from './call';

export interface CopyFrom {
  /** Reads the source's metadata and tags; the destination's client where absent (the copy itself is always its). */
  readonly client?: S3Client;
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
  /** As the listing gave it: where the object has another now, it has changed. */
  readonly etag?: string;
}

export interface CopySource {
  readonly display: string;
  readonly sizeBytes: number;
  readonly etag: string;
  /** For the CopySource header: each segment percent-encoded, which the SDK leaves to its caller. */
  readonly header: string;
  readonly head: HeadObjectCommandOutput;
  /** URL-encoded as the Tagging header takes it; absent where there are none. */
  readonly tagging?: string;
}

/** One attempt. Throws SourceNotFound, SourceForbidden, SourceChanged and so on. */
export async function readCopySource(
  client: S3Client,
  from: CopyFrom,
  withTags: boolean,
  signal: AbortSignal,
): Promise<CopySource> {
  const display = `s3://${from.bucket}/${from.key}`;
  const at = { Bucket: from.bucket, Key: from.key, VersionId: from.versionId };
  const call: Call = { what: `Looking at ${display}`, context: { operation: 'copy', source: display }, side: 'source' };
  const head = await callStore(call, signal, (o) =>
    client.send(new HeadObjectCommand({ ...at, ChecksumMode: 'ENABLED' }), o),
  );
  const { ETag: etag, ContentLength: sizeBytes, TagCount: tagCount = 0 } = head;
  if (etag === undefined || sizeBytes === undefined) {
    throw new LonghaulError('SourceProtocol', `${display} was answered without an ETag or its length`, {
      source: display,
    });
  }
  if (from.etag !== undefined && from.etag !== '' && from.etag !== etag) {
    throw new LonghaulError('SourceChanged', `${display} changed since it was listed`, { source: display });
  }
  // Pinned where there are versions: an overwrite between HEAD and copy then cannot fail the copy.
  const versionId = head.VersionId === undefined || head.VersionId === 'null' ? from.versionId : head.VersionId;
  const path = `${from.bucket}/${from.key.split('/').map(encodeURIComponent).join('/')}`;
  const header = versionId === undefined ? path : `${path}?versionId=${encodeURIComponent(versionId)}`;
  if (!withTags || tagCount === 0) return { display, sizeBytes, etag, header, head };
  const tags = await callStore({ ...call, what: `Reading the tags of ${display}` }, signal, (o) =>
    client.send(new GetObjectTaggingCommand(at), o),
  );
  const tagging = new URLSearchParams(
    (tags.TagSet ?? []).map(({ Key = '', Value = '' }): [string, string] => [Key, Value]),
  ).toString();
  return { display, sizeBytes, etag, header, head, tagging };
}

/** What UploadPartCopy does not carry, and what a copy that replaces metadata must say again. */
export const carriedHeaders = (
  head: HeadObjectCommandOutput,
): Partial<
  Pick<
    HeadObjectCommandOutput,
    'ContentType' | 'ContentEncoding' | 'ContentDisposition' | 'ContentLanguage' | 'CacheControl'
  >
> => ({
  ...(head.ContentType === undefined ? {} : { ContentType: head.ContentType }),
  // aws-chunked is how the body once travelled, not how it is stored; some stores keep it by mistake.
  ...(encodingOf(head) === undefined ? {} : { ContentEncoding: encodingOf(head) }),
  ...(head.ContentDisposition === undefined ? {} : { ContentDisposition: head.ContentDisposition }),
  ...(head.ContentLanguage === undefined ? {} : { ContentLanguage: head.ContentLanguage }),
  ...(head.CacheControl === undefined ? {} : { CacheControl: head.CacheControl }),
});

function encodingOf({ ContentEncoding }: HeadObjectCommandOutput): string | undefined {
  const rest = (ContentEncoding ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'aws-chunked');
  return rest.length === 0 ? undefined : rest.join(',');
}
