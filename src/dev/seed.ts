/**
 * What the embedded S3 server holds at the start: the bucket that sample runs write to, and a source bucket with
 * 1,200 small objects of real data under one prefix (more than one page of a listing) for the prefix record.
 */
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { ensureBucket, s3ClientFor } from './s3-client';
import type { S3Server } from './types';

export const SAMPLE_TARGET_BUCKET = 'longhaul-sample';
export const SAMPLE_SOURCE_BUCKET = 'longhaul-source';
/** Ends with a slash; below it lie `<state>/part-00000.csv` and on. */
export const SAMPLE_PREFIX = 'exports/asset_location/';
const SAMPLE_PREFIX_OBJECTS = 1_200;
export const SAMPLE_PREFIX_URI = `s3://${SAMPLE_SOURCE_BUCKET}/${SAMPLE_PREFIX.slice(0, -1)}`;

const PARALLEL_PUTS = 32;

/** The zip codes of the vega-datasets package, dealt out over many small files in folders of forty. */
const sampleObjects = async (): Promise<{ key: string; body: string }[]> => {
  const file = path.join(path.dirname(require.resolve('vega-datasets')), '..', 'data', 'zipcodes.csv');
  const [header = '', ...rows] = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const rowsPerObject = Math.ceil(rows.length / SAMPLE_PREFIX_OBJECTS);
  return Array.from({ length: SAMPLE_PREFIX_OBJECTS }, (_, n) => {
    const folder = `region=${String(Math.floor(n / 40)).padStart(2, '0')}`;
    const lines = [header, ...rows.slice(n * rowsPerObject, (n + 1) * rowsPerObject)];
    return { key: `${SAMPLE_PREFIX}${folder}/part-${String(n).padStart(5, '0')}.csv`, body: `${lines.join('\n')}\n` };
  });
};

const count = async (client: S3Client, bucket: string, prefix: string): Promise<number> => {
  let objects = 0;
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
    );
    objects += page.KeyCount ?? 0;
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return objects;
};

/** Puts objects, `PARALLEL_PUTS` at a time. */
export const putAll = async (
  client: S3Client,
  bucket: string,
  objects: readonly { key: string; body: string }[],
): Promise<void> => {
  const queue = objects.values();
  const lane = async (): Promise<void> => {
    for (const { key, body } of queue) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: 'text/csv' }));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_PUTS }, lane));
};

/** Creates the sample buckets and objects unless they are there from an earlier start. */
export const seedSampleData = async (server: S3Server): Promise<void> => {
  const client = s3ClientFor(server, server);
  try {
    await ensureBucket(client, SAMPLE_TARGET_BUCKET);
    await ensureBucket(client, SAMPLE_SOURCE_BUCKET);
    if ((await count(client, SAMPLE_SOURCE_BUCKET, SAMPLE_PREFIX)) === SAMPLE_PREFIX_OBJECTS) return;
    await putAll(client, SAMPLE_SOURCE_BUCKET, await sampleObjects());
  } finally {
    client.destroy();
  }
};
