/** What transfers that nobody finished have left under the temporary prefix of a bucket: found by age, and removed. */
import { LonghaulError } from '../../model/errors';
import { retry, type RetryPolicy } from '../lib/retry';
import { callGcs, jsonOf, query } from './call';
import type { GcsDestination } from './destination';
import { abortMultipart, listUploads } from './multipart';
import { transferIdIn } from './names';
import { deleteObject } from './objects';

export interface TemporariesRequest {
  readonly destination: GcsDestination;
  /** Longer than any transfer may take: what is younger may be in use. */
  readonly olderThanMs: number;
  readonly signal: AbortSignal;
  readonly retry?: RetryPolicy;
}

export interface Temporary {
  /** 'upload': a multipart upload that is still open; 'object': one that was completed and not put in its place. */
  readonly kind: 'upload' | 'object';
  readonly name: string;
  /** Upload id or generation. */
  readonly id: string;
  readonly transferId: string;
  readonly since: Date;
}

/** Only names of our scheme: whatever else lies under the prefix is somebody else's. Needs the right to list. */
export async function listTemporaries(request: TemporariesRequest): Promise<Temporary[]> {
  const { destination, olderThanMs, signal } = request;
  const { temporaryPrefix } = destination;
  const before = Date.now() - olderThanMs;
  const again = <T>(work: () => Promise<T>): Promise<T> => retry({ signal, policy: request.retry }, work);
  const found: Temporary[] = [];
  const note = (kind: Temporary['kind'], name: string, id: string, since: Date): void => {
    const transferId = transferIdIn(temporaryPrefix, name);
    if (transferId !== undefined && since.getTime() <= before) found.push({ kind, name, id, transferId, since });
  };
  const uploads = await again(() => collect(listUploads(destination, temporaryPrefix, undefined, signal)));
  for (const { object, id, initiated } of uploads) note('upload', object, id, initiated);
  for (let pageToken: string | undefined; ;) {
    const parameters = query({
      prefix: temporaryPrefix,
      fields: 'items(name,generation,timeCreated),nextPageToken',
      pageToken,
    });
    const path = `/storage/v1/b/${encodeURIComponent(destination.bucket)}/o${parameters}`;
    const call = destination.call('Listing', temporaryPrefix);
    const page = jsonOf(
      await again(() => callGcs(destination.client, call, { operation: 'gcs_list', method: 'GET', path }, signal)),
    );
    for (const item of (page['items'] ?? []) as Readonly<Record<string, unknown>>[]) {
      note('object', String(item['name']), String(item['generation']), new Date(String(item['timeCreated'])));
    }
    const next = page['nextPageToken'];
    if (typeof next !== 'string' || next === '' || next === pageToken) return found;
    pageToken = next;
  }
}

/** Removes what `listTemporaries` finds and says what was there. Throws CleanupIncomplete with the first reason, after the others. */
export async function removeTemporaries(request: TemporariesRequest): Promise<Temporary[]> {
  const { destination, signal } = request;
  const removed: Temporary[] = [];
  const problems: LonghaulError[] = [];
  for (const temporary of await listTemporaries(request)) {
    try {
      if (await removeTemporary(destination, temporary, signal, request.retry)) removed.push(temporary);
    } catch (error) {
      if (!(error instanceof LonghaulError)) throw error;
      problems.push(error);
    }
  }
  const [first] = problems;
  if (first === undefined) return removed;
  throw new LonghaulError(
    'CleanupIncomplete',
    `${problems.length} temporary objects of gs://${destination.bucket} stay: ${first.message}`,
    first.context,
    { cause: first },
  );
}

/** One of what `listTemporaries` has found, exactly that upload or generation. False: it was gone already. */
export const removeTemporary = (
  destination: GcsDestination,
  { kind, name, id }: Temporary,
  signal: AbortSignal,
  policy?: RetryPolicy,
): Promise<boolean> =>
  retry({ signal, policy }, () =>
    kind === 'upload' ? abortMultipart(destination, name, id, signal) : deleteObject(destination, name, id, signal),
  );

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
