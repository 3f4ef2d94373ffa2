/**
 * The sample of `transferEvent`: an object in each store and an event for each way. Owns `<eventsDir>/s3-to-gcs.json` and
 * `<eventsDir>/gcs-to-s3.json`, with new event ids at each start: an event that was moved once is not moved again.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { GcsServer } from './gcs-server';
import { ensureBucket, s3ClientFor } from './s3-client';
import { SAMPLE_SOURCE_BUCKET, SAMPLE_TARGET_BUCKET } from './seed';
import type { S3Server } from './types';

const KEY = 'events/zipcodes.csv';
const GCS_REGION = 'us-central1';

interface Place {
  readonly provider: 'aws_s3' | 'gcp_gcs';
  readonly bucket: string;
  readonly key: string;
  readonly region: string;
}

const eventOf = (source: Place, destination: Place, bytes: Buffer): unknown => ({
  schemaVersion: '1.0.0',
  eventId: randomUUID(),
  correlationId: randomUUID(),
  timestamp: new Date().toISOString(),
  source,
  destination,
  metadata: { contentType: 'text/csv', checksumSHA256: createHash('sha256').update(bytes).digest('hex') },
});

/** Puts the objects and writes the events. Gives the paths of the events. */
export const seedSampleEvents = async (s3: S3Server, gcs: GcsServer, eventsDir: string): Promise<string[]> => {
  const file = path.join(path.dirname(require.resolve('vega-datasets')), '..', 'data', 'zipcodes.csv');
  const bytes = readFileSync(file);
  const client = s3ClientFor(s3, s3);
  try {
    await ensureBucket(client, SAMPLE_SOURCE_BUCKET);
    await ensureBucket(client, SAMPLE_TARGET_BUCKET);
    const object = { Bucket: SAMPLE_SOURCE_BUCKET, Key: KEY, Body: bytes, ContentType: 'text/csv' };
    await client.send(new PutObjectCommand(object));
  } finally {
    client.destroy();
  }
  for (const bucket of [SAMPLE_SOURCE_BUCKET, SAMPLE_TARGET_BUCKET]) gcs.ensureBucket(bucket);
  await gcs.putObject(SAMPLE_SOURCE_BUCKET, KEY, bytes, { contentType: 'text/csv' });

  mkdirSync(eventsDir, { recursive: true });
  const onS3 = (bucket: string, key: string): Place => ({ provider: 'aws_s3', bucket, key, region: s3.region });
  const onGcs = (bucket: string, key: string): Place => ({ provider: 'gcp_gcs', bucket, key, region: GCS_REGION });
  const events = {
    's3-to-gcs': eventOf(onS3(SAMPLE_SOURCE_BUCKET, KEY), onGcs(SAMPLE_TARGET_BUCKET, 'from-s3/zipcodes.csv'), bytes),
    'gcs-to-s3': eventOf(onGcs(SAMPLE_SOURCE_BUCKET, KEY), onS3(SAMPLE_TARGET_BUCKET, 'from-gcs/zipcodes.csv'), bytes),
  };
  return Object.entries(events).map(([name, event]) => {
    const written = path.join(eventsDir, `${name}.json`);
    writeFileSync(written, `${JSON.stringify(event, null, 2)}\n`);
    return written;
  });
};
