/** The staging folders: their names, their removal, and those that a terminated run has left. */
import { LonghaulError } from '../../model/errors';
import { deletePrefix, listPrefix, type S3Destination } from '../../transfer';
import type { AbandonedStaging, LoadControl } from '../types';
import { stagingFault } from './staging-fault';

export const STAGING_ROOT = 'tmp/postgres-copy/';

const NAME = /^(.+)-(\d{9,11})-([0-9a-f]{8})$/;

/** `tmp/postgres-copy/<job>-<unix seconds>-<8 hex>/`. Throws InvalidInput where `unique` is not 8 hex digits. */
export function stagingPrefix(job: string, startedAtMs: number, unique: string): string {
  if (!/^[0-9a-f]{8}$/.test(unique)) throw new LonghaulError('InvalidInput', 'A staging folder needs 8 hex digits');
  const safe = job.replace(/[^A-Za-z0-9_.-]+/g, '-').slice(0, 100);
  return `${STAGING_ROOT}${safe === '' ? 'load' : safe}-${Math.floor(startedAtMs / 1000)}-${unique}/`;
}

/** Removes objects and open uploads; answers how many objects. Never anything outside of a folder of ours. */
export async function removeStaging(
  { staging, prefix }: { readonly staging: S3Destination; readonly prefix: string },
  { signal }: LoadControl,
): Promise<number> {
  const name = prefix.startsWith(STAGING_ROOT) && prefix.endsWith('/') ? prefix.slice(STAGING_ROOT.length, -1) : '';
  if (!NAME.test(name) || name.includes('/')) {
    throw new LonghaulError('InvalidInput', `${prefix} is no staging folder`);
  }
  try {
    for await (const { key, uploadId } of staging.listUploads(prefix, signal))
      await staging.abort(key, uploadId, signal);
    return await deletePrefix({ destination: staging, prefix, signal });
  } catch (error) {
    throw stagingFault(error);
  }
}

/** Folders that began longer ago than `olderThanMs`, oldest first. Others below the root are not ours and not named. */
export async function findAbandonedStaging(
  request: { readonly staging: S3Destination; readonly olderThanMs: number; readonly nowMs?: number },
  { signal }: LoadControl,
): Promise<AbandonedStaging[]> {
  const { staging, olderThanMs, nowMs = Date.now() } = request;
  const found = new Map<string, { startedAtMs: number; objects: number; bytes: number }>();
  const note = (key: string, bytes: number, objects: number): void => {
    const name = key.slice(STAGING_ROOT.length).split('/')[0] ?? '';
    const startedAtMs = Number(NAME.exec(name)?.[2]) * 1000;
    if (Number.isNaN(startedAtMs) || nowMs - startedAtMs < olderThanMs) return;
    const known = found.get(name) ?? { startedAtMs, objects: 0, bytes: 0 };
    known.objects += objects;
    known.bytes += bytes;
    found.set(name, known);
  };
  const { client, bucket } = staging;
  try {
    const list = listPrefix({ client, bucket, prefix: STAGING_ROOT, side: 'destination', signal });
    for await (const { key, sizeBytes } of list) note(key, sizeBytes, 1);
    for await (const { key } of staging.listUploads(STAGING_ROOT, signal)) note(key, 0, 0);
  } catch (error) {
    throw stagingFault(error);
  }
  return [...found]
    .map(([name, rest]) => ({ prefix: `${STAGING_ROOT}${name}/`, name, ...rest }))
    .sort((a, b) => a.startedAtMs - b.startedAtMs);
}
