/** The sample of `restoreFiles`: a small backup of real data in the sample bucket, its catalogue, and the worker's settings. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { s3ClientFor } from './s3-client';
import { SAMPLE_TARGET_BUCKET } from './seed';
import type { S3Server } from './types';

/** `longhaul restore 20250115_sample` */
export const SAMPLE_RAW_FILE_ID = '20250115_sample';
export const SAMPLE_PROJECT_ID = 'PRID001';

/** Path of each file in the raw file, and the file of the vega-datasets package that it is. */
const FILES = {
  'sample.raw': 'zipcodes.csv',
  'sample.d/airports.csv': 'airports.csv',
  'sample.d/stocks.csv': 'stocks.csv',
} as const;

export interface SampleRestore {
  readonly configDir: string;
  /** Made where it is missing; files land in `<outputDir>/PRID001`. */
  readonly outputDir: string;
}

/** Writes objects, `catalogue.json` and `restore.json`. The sample bucket must be there. */
export const seedRestoreSample = async (
  server: Pick<S3Server, 'endpoint' | 'region' | 'accessKeyId' | 'secretAccessKey'>,
  { configDir, outputDir }: SampleRestore,
): Promise<void> => {
  const client = s3ClientFor(server, server);
  const data = path.join(path.dirname(require.resolve('vega-datasets')), '..', 'data');
  const info: Record<string, [number, string]> = {};
  try {
    for (const [name, source] of Object.entries(FILES)) {
      const Body = await readFile(path.join(data, source));
      const Key = `backup/${SAMPLE_RAW_FILE_ID}/${name}`;
      const { ETag = '' } = await client.send(new PutObjectCommand({ Bucket: SAMPLE_TARGET_BUCKET, Key, Body }));
      info[name] = [Body.length, ETag.replaceAll('"', '')];
    }
  } finally {
    client.destroy();
  }
  const record = {
    _id: SAMPLE_RAW_FILE_ID,
    project_id: SAMPLE_PROJECT_ID,
    s3_upload_path: `${SAMPLE_TARGET_BUCKET}/backup/${SAMPLE_RAW_FILE_ID}/`,
    file_info: info,
  };
  const config = {
    locations: { output: outputDir },
    s3: {
      region: server.region,
      endpoint: server.endpoint,
      access_key_id: server.accessKeyId,
      secret_access_key: server.secretAccessKey,
    },
    catalogue: { type: 'json', path: 'catalogue.json' },
  };
  mkdirSync(outputDir, { recursive: true });
  mkdirSync(configDir, { recursive: true });
  writeFileSync(
    path.join(configDir, 'catalogue.json'),
    `${JSON.stringify({ [SAMPLE_RAW_FILE_ID]: record }, null, 2)}\n`,
  );
  // Its owner's alone, because it holds keys.
  writeFileSync(path.join(configDir, 'restore.json'), `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
};
