/** What stores answer. A 200 whose document is missing or cut off says nothing, and least of all that nothing is there. */
import { LonghaulError } from '../../model/errors';
import type { Side } from '../lib/store-call';

/**
 * A page of a listing as it is. Every store says in each page whether more follow; a document without that is none, and is
 * asked for again (DestinationUnavailable, SourceUnavailable).
 */
export function readablePage<T extends { readonly IsTruncated?: boolean | undefined }>(
  page: T,
  side: Side = 'destination',
): T {
  if (page.IsTruncated !== undefined) return page;
  throw new LonghaulError(
    side === 'source' ? 'SourceUnavailable' : 'DestinationUnavailable',
    'The store answered without a listing',
    { operation: 'list' },
  );
}

/** What every answer of this kind has; throws DestinationUnavailable where it is missing. */
export function required<T>(value: T | undefined, name: string, destination: string): T {
  if (value !== undefined) return value;
  throw new LonghaulError('DestinationUnavailable', `The store answered without ${name} for ${destination}`, {
    destination,
  });
}

/** What the store answers to a write, as the SDK names it. */
export interface StoredReply {
  readonly ETag?: string | undefined;
  readonly VersionId?: string | undefined;
  readonly ChecksumCRC32?: string | undefined;
  readonly ChecksumCRC32C?: string | undefined;
  readonly ChecksumType?: string | undefined;
}

/** Names in lower case. */
export type ReplyHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** To a request of our own (lean-writes.ts). */
export interface LeanReply {
  readonly headers: ReplyHeaders;
  /** Empty for a PUT. */
  readonly document: string;
}
