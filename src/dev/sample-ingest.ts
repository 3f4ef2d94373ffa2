/** The sample of `ingestUrls`: five real CSV files of the sample file host, listed in the sample bucket. */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { PUBLIC_CSV_NAMES } from './export-api/samples';
import { publicPathOf } from './export-api/file-store';
import { s3ClientFor } from './s3-client';
import { SAMPLE_TARGET_BUCKET } from './seed';
import type { S3Server } from './types';

/** The document that `longhaul ingest --bucket longhaul-sample` reads. */
export const sampleParameters = (filesUrl: string): { file_urls: string[] } => ({
  file_urls: PUBLIC_CSV_NAMES.map((path) => filesUrl + publicPathOf({ path })),
});

/** Writes it anew at each start, because the file host's port is another one then. The bucket must be there. */
export const seedIngestParameters = async (
  server: Pick<S3Server, 'endpoint' | 'region' | 'accessKeyId' | 'secretAccessKey'>,
  filesUrl: string,
): Promise<void> => {
  const client = s3ClientFor(server, server);
  try {
    await client.send(
      new PutObjectCommand({
        Bucket: SAMPLE_TARGET_BUCKET,
        Key: 'config/parameters.json',
        Body: `${JSON.stringify(sampleParameters(filesUrl), null, 2)}\n`,
        ContentType: 'application/json',
      }),
    );
  } finally {
    client.destroy();
  }
};

/** What the stack's workers need for it: ingestUrls has no config.json, and the file host is at a private address. */
export const ingestWorkerEnv = (
  server: Pick<S3Server, 'endpoint' | 'region' | 'accessKeyId' | 'secretAccessKey'>,
): Record<string, string | undefined> => ({
  AWS_ENDPOINT_URL_S3: server.endpoint,
  AWS_REGION: server.region,
  AWS_ACCESS_KEY_ID: server.accessKeyId,
  AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
  // The user's own would be used instead, or beside these.
  AWS_SESSION_TOKEN: undefined,
  AWS_PROFILE: undefined,
  LONGHAUL_INGEST_ALLOWED_HOSTS: '127.0.0.1',
});
