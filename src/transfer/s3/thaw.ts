/**
 * Archived objects (Glacier Flexible Retrieval, Deep Archive, the archive tiers of Intelligent-Tiering): a copy that can be
 * read is asked for and takes minutes to days (Amazon S3 API Reference, RestoreObject; header x-amz-restore of HeadObject).
 */
import { HeadObjectCommand, RestoreObjectCommand, type S3Client, type Tier } from '@aws-sdk/client-s3';
import { LonghaulError } from '../../model/errors';
import { callStore } from './call';

export interface ThawRequest {
  readonly client: S3Client;
  readonly bucket: string;
  readonly key: string;
  readonly tier: Tier;
  /** How long the copy stays readable. */
  readonly days: number;
  readonly signal: AbortSignal;
}

/** What S3 says where there is nothing to ask for: it is being thawed, or it is not archived. */
const NOTHING_TO_DO = new Set(['RestoreAlreadyInProgress', 'InvalidObjectState', 'ObjectAlreadyInActiveTierError']);

/** Asks for a readable copy; asking again changes nothing but its days. Throws errors of a source. */
export async function thawObject({ client, bucket, key, tier, days, signal }: ThawRequest): Promise<void> {
  const display = `s3://${bucket}/${key}`;
  const command = new RestoreObjectCommand({
    Bucket: bucket,
    Key: key,
    RestoreRequest: { Days: days, GlacierJobParameters: { Tier: tier } },
  });
  const context = { operation: 'thaw', source: display };
  try {
    await callStore({ what: `Thawing ${display}`, context, side: 'source' }, signal, (o) => client.send(command, o));
  } catch (error) {
    const { cause } = error as { cause?: unknown };
    if (!(error instanceof LonghaulError && cause instanceof Error && NOTHING_TO_DO.has(cause.name))) throw error;
  }
}

const ARCHIVES = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/** Whether the object can be read now. */
export async function isReadable({
  client,
  bucket,
  key,
  signal,
}: Pick<ThawRequest, 'client' | 'bucket' | 'key' | 'signal'>): Promise<boolean> {
  const display = `s3://${bucket}/${key}`;
  const call = {
    what: `Looking at ${display}`,
    context: { operation: 'head', source: display },
    side: 'source',
  } as const;
  const reply = await callStore(call, signal, (options) =>
    client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), options),
  );
  // `ongoing-request="true"` while it thaws, `ongoing-request="false", expiry-date="…"` once it is there.
  if (reply.Restore !== undefined) return reply.Restore.includes('ongoing-request="false"');
  return !ARCHIVES.has(reply.StorageClass ?? '') && reply.ArchiveStatus === undefined;
}
