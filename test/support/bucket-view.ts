/** What lies in a bucket beside a run's own files: compared before and after, so that nothing is left or lost unseen. */
import { createHash } from 'node:crypto';
import { readdirSync, statSync, utimesSync } from 'node:fs';
import * as path from 'node:path';
import type { Readable } from 'node:stream';
import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

export interface BucketSnapshot {
  /** ETags by key, the control prefix left out. */
  readonly objects: Readonly<Record<string, string>>;
  /** `key uploadId` of every open multipart upload, those of the control prefix included. */
  readonly uploads: readonly string[];
}

/** Every key below the prefix with its ETag. */
export async function listObjects(client: S3Client, bucket: string, prefix = ''): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (let token: string | undefined; ;) {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
    );
    for (const { Key = '', ETag = '' } of page.Contents ?? []) found[Key] = ETag;
    token = page.NextContinuationToken;
    if (token === undefined) return found;
  }
}

export async function snapshotOf(client: S3Client, bucket: string, controlPrefix: string): Promise<BucketSnapshot> {
  const objects = Object.entries(await listObjects(client, bucket)).filter(
    ([key]) => !key.startsWith(`${controlPrefix}/`),
  );
  const { Uploads = [], IsTruncated } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  if (IsTruncated === true) throw new Error(`${bucket} has more open uploads than one listing shows`);
  return {
    objects: Object.fromEntries(objects),
    uploads: Uploads.map(({ Key, UploadId }) => `${Key ?? ''} ${UploadId ?? ''}`).sort(),
  };
}

/** An object of somebody else's. */
export const plantObject = async (client: S3Client, bucket: string, key: string): Promise<void> => {
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: `not ours: ${key}` }));
};

const HOUR_MS = 3_600_000;

/** An open upload of somebody else's with one part, begun an hour ago, or as long ago as is said. Answers its id. */
export async function plantUpload(
  client: S3Client,
  bucket: string,
  key: string,
  s3DataDir: string,
  ageMs = HOUR_MS,
): Promise<string> {
  const place = { Bucket: bucket, Key: key };
  const { UploadId = '' } = await client.send(new CreateMultipartUploadCommand(place));
  await client.send(new UploadPartCommand({ ...place, UploadId, PartNumber: 1, Body: `not ours: ${key}` }));
  backdateUpload(path.join(s3DataDir, bucket), UploadId, ageMs);
  return UploadId;
}

/**
 * S3 has no way to begin an upload in the past, and waiting would cost each test the clock allowance of `findUploads`.
 * versitygw gives the modification time of the upload's folder as its beginning.
 */
export function backdateUpload(bucketFolder: string, uploadId: string, ageMs: number): void {
  backdateUploads(bucketFolder, [uploadId], ageMs);
}

/** The same of many, by one look. */
export function backdateUploads(bucketFolder: string, uploadIds: readonly string[], ageMs: number): void {
  const wanted = new Set(uploadIds);
  for (const name of readdirSync(bucketFolder, { recursive: true, encoding: 'utf8' })) {
    const isOne = wanted.has(path.basename(name)) && statSync(path.join(bucketFolder, name)).isDirectory();
    if (isOne && wanted.delete(path.basename(name))) backdate(path.join(bucketFolder, name), ageMs);
  }
  const [missing] = wanted;
  if (missing !== undefined) throw new Error(`The S3 server keeps no folder for the upload ${missing}`);
}

/** versitygw gives a file's modification time as the object's. */
export const backdateObject = (bucketFolder: string, key: string, ageMs: number): void =>
  backdate(path.join(bucketFolder, ...key.split('/')), ageMs);

function backdate(file: string, ageMs: number): void {
  const sec = (Date.now() - ageMs) / 1000;
  utimesSync(file, sec, sec);
}

export async function textOf(client: S3Client, bucket: string, key: string): Promise<string> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return (await Body?.transformToString()) ?? '';
}

/** SHA-256 of a stream, and how many bytes it had. */
export async function digestOf(body: Readable): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), bytes };
}

export async function objectDigest(
  client: S3Client,
  bucket: string,
  key: string,
): Promise<{ sha256: string; bytes: number }> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return digestOf(Body as Readable);
}
