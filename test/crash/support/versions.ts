/** Versioned buckets tell how often a key was written: what was published twice has two versions. */
import { ListObjectVersionsCommand, PutBucketVersioningCommand, type S3Client } from '@aws-sdk/client-s3';

export async function enableVersioning(client: S3Client, bucket: string): Promise<void> {
  await client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }));
}

/** How many versions and delete markers each key has that lies below the prefix and not in `except`. */
export async function writesByKey(
  client: S3Client,
  bucket: string,
  prefix: string,
  except: string,
): Promise<Record<string, number>> {
  const {
    Versions = [],
    DeleteMarkers = [],
    IsTruncated,
  } = await client.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix }));
  if (IsTruncated === true) throw new Error(`${bucket} has more versions than one listing shows`);
  const counts: Record<string, number> = {};
  for (const { Key = '' } of [...Versions, ...DeleteMarkers]) {
    if (!Key.startsWith(`${except}/`)) counts[Key] = (counts[Key] ?? 0) + 1;
  }
  return counts;
}
