/** Listings of parts and of open uploads, all pages of them. */
import {
  ListMultipartUploadsCommand,
  ListPartsCommand,
  type ListMultipartUploadsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { ListedPart, ListedUpload } from '../destination';
import { readablePage } from './answers';
import { s3Checksums } from './checksums';

/** The store's clock may be behind ours; times are listed in whole seconds. */
const CLOCK_ALLOWANCE_MS = 5_000;

interface Place {
  readonly client: S3Client;
  readonly bucket: string;
  readonly key: string;
  readonly pageSize: number | undefined;
}

/** In order of number. One attempt; errors are the SDK's. */
export async function listParts(place: Place & { uploadId: string }, abortSignal: AbortSignal): Promise<ListedPart[]> {
  const parts: ListedPart[] = [];
  for (let marker: string | undefined; ;) {
    const command = new ListPartsCommand({
      Bucket: place.bucket,
      Key: place.key,
      UploadId: place.uploadId,
      MaxParts: place.pageSize,
      PartNumberMarker: marker,
    });
    const page = readablePage(await place.client.send(command, { abortSignal }));
    for (const { PartNumber, Size, ETag, ChecksumCRC32, ChecksumCRC32C } of page.Parts ?? []) {
      if (PartNumber === undefined || Size === undefined || ETag === undefined) continue;
      parts.push({ number: PartNumber, bytes: Size, etag: ETag, ...s3Checksums({ ChecksumCRC32, ChecksumCRC32C }) });
    }
    // A page that says "more" but not where to go on would be asked for forever.
    const next = page.NextPartNumberMarker;
    if (page.IsTruncated !== true || next === undefined || next === marker) break;
    marker = next;
  }
  return parts.sort((a, b) => a.number - b.number);
}

export type ListedUploadOf = ListedUpload & { readonly key: string };

/**
 * Some stores know no more of an upload than that no other of its key follows it, and refuse it as a marker: what follows the
 * key is asked for then.
 */
const isRefusedMarker = (error: unknown): boolean => error instanceof Error && error.name === 'InvalidArgument';

/** Open uploads under a prefix, in order of key, those of keys behind `after` alone. One attempt a page; errors are the SDK's. */
export async function* listUploads(
  place: Place & { readonly after?: string | undefined },
  abortSignal: AbortSignal,
): AsyncGenerator<ListedUploadOf> {
  let keyMarker = place.after;
  let uploadIdMarker: string | undefined;
  const listPage = (idMarker: string | undefined): Promise<ListMultipartUploadsCommandOutput> => {
    const command = new ListMultipartUploadsCommand({
      Bucket: place.bucket,
      Prefix: place.key,
      MaxUploads: place.pageSize,
      KeyMarker: keyMarker,
      UploadIdMarker: idMarker,
    });
    return place.client.send(command, { abortSignal });
  };
  for (;;) {
    const answer = listPage(uploadIdMarker).catch((error: unknown) => {
      if (uploadIdMarker === undefined || !isRefusedMarker(error)) throw error;
      return listPage(undefined);
    });
    const page = readablePage(await answer);
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Key !== undefined && UploadId !== undefined && Initiated !== undefined) {
        yield { key: Key, uploadId: UploadId, initiated: Initiated };
      }
    }
    const { NextKeyMarker: nextKey, NextUploadIdMarker: nextId } = page;
    // A page that says "more" but not where to go on would be asked for forever.
    if (page.IsTruncated !== true || !nextKey || (nextKey === keyMarker && nextId === uploadIdMarker)) return;
    keyMarker = nextKey;
    uploadIdMarker = nextId;
  }
}

/**
 * Open uploads under exactly this key (the listing matches prefixes, so `key` + anything is filtered out), begun at or
 * after `since`. Oldest first. One attempt; errors are the SDK's.
 */
export async function findUploads(place: Place & { since: Date }, abortSignal: AbortSignal): Promise<ListedUpload[]> {
  const uploads: ListedUpload[] = [];
  for await (const { key, uploadId, initiated } of listUploads(place, abortSignal)) {
    // In order of key, and ours is the shortest that the prefix matches: nothing more is to come.
    if (key !== place.key) break;
    if (initiated.getTime() >= place.since.getTime() - CLOCK_ALLOWANCE_MS) uploads.push({ uploadId, initiated });
  }
  return uploads.sort((a, b) => a.initiated.getTime() - b.initiated.getTime());
}
