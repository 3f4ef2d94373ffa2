/** Deleting many objects, a thousand a request. */
import { DeleteObjectsCommand, type DeleteObjectsCommandOutput } from '@aws-sdk/client-s3';
import { LonghaulError } from '../../model/errors';
import { retry } from '../lib/retry';
import { callStore } from './call';
import type { S3Destination } from './destination';
import { listKeys } from './objects';

/** S3's most for one DeleteObjects. */
const DELETE_BATCH = 1_000;

export interface DeletePrefixRequest {
  readonly destination: S3Destination;
  /** Matched as text: end it in `/` to mean a folder. */
  readonly prefix: string;
  /** Keys under this prefix stay. */
  readonly keep?: string;
  readonly signal: AbortSignal;
}

/** Deletes everything under the prefix but what `keep` names, and says how many. Throws CleanupIncomplete as deleteKeys does. */
export async function deletePrefix({ destination, prefix, keep, signal }: DeletePrefixRequest): Promise<number> {
  async function* doomed(): AsyncGenerator<string> {
    for await (const key of listKeys(destination, prefix, signal)) {
      if (keep === undefined || keep === '' || !key.startsWith(keep)) yield key;
    }
  }
  return deleteKeys(destination, doomed(), signal);
}

/**
 * Deletes these keys (the current version of each) and says how many; what is not there counts as deleted. Goes on where
 * some cannot be deleted, and then throws CleanupIncomplete with the first reason.
 */
export async function deleteKeys(
  destination: S3Destination,
  keys: AsyncIterable<string> | Iterable<string>,
  signal: AbortSignal,
): Promise<number> {
  const problems: string[] = [];
  let deleted = 0;
  let batch: string[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const reply = await deleteBatch(destination, batch, signal);
    const failed = (reply.Errors ?? []).map(({ Key, Code }) => `${Key ?? '?'}: ${Code ?? 'unknown'}`);
    problems.push(...failed);
    deleted += batch.length - failed.length;
    batch = [];
  };
  for await (const key of keys) {
    batch.push(key);
    if (batch.length === DELETE_BATCH) await flush();
  }
  await flush();
  if (problems.length === 0) return deleted;
  throw new LonghaulError(
    'CleanupIncomplete',
    `${problems.length} objects of s3://${destination.bucket} could not be deleted: ${problems[0] ?? ''}`,
    { operation: 'delete', destination: `s3://${destination.bucket}` },
  );
}

function deleteBatch(
  destination: S3Destination,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<DeleteObjectsCommandOutput> {
  const command = new DeleteObjectsCommand({
    Bucket: destination.bucket,
    Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true },
  });
  const uri = destination.display(keys[0] ?? '');
  const request = {
    what: `Deleting ${keys.length} objects, the first ${uri},`,
    context: { operation: 'delete', destination: uri },
  };
  return retry({ signal }, () => callStore(request, signal, (o) => destination.client.send(command, o)));
}
