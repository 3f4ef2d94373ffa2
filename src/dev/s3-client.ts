/** An S3 client for the embedded server, for seeding and tests; the product's own clients come from src/transfer. */
import { CreateBucketCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { S3Credentials } from './s3-server';
import type { S3Server } from './types';

/** Call `destroy()` on it when done. */
export const s3ClientFor = (
  server: Pick<S3Server, 'endpoint' | 'region'>,
  credentials: S3Credentials,
  maxAttempts = 3,
): S3Client =>
  new S3Client({
    endpoint: server.endpoint,
    region: server.region,
    forcePathStyle: true,
    credentials: { accessKeyId: credentials.accessKeyId, secretAccessKey: credentials.secretAccessKey },
    maxAttempts,
  });

/** Creates the bucket unless it is there. */
export const ensureBucket = async (client: S3Client, bucket: string): Promise<void> => {
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  } catch (error) {
    if (!(error instanceof S3ServiceException && error.name === 'BucketAlreadyOwnedByYou')) throw error;
  }
};
