/** Further users of the embedded S3 server, for tests and examples of missing permissions. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { childEnv } from '../config/environment';
import { s3ClientFor } from './s3-client';
import type { S3Credentials } from './s3-server';
import { toolPaths } from './tools';
import type { S3Server } from './types';

const run = promisify(execFile);

type Server = Pick<S3Server, 'endpoint' | 'region' | 'accessKeyId' | 'secretAccessKey'>;

const READ_ACTIONS = ['s3:GetObject', 's3:ListBucket', 's3:GetBucketLocation'];

/**
 * Creates a user who may list and read the bucket and nothing else: every write is answered with 403 AccessDenied.
 * Replaces the bucket's policy.
 */
export const createReadOnlyUser = async (server: Server, bucket: string): Promise<S3Credentials> => {
  const { versitygw } = await toolPaths();
  const user = {
    accessKeyId: `READER${randomBytes(7).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(20).toString('hex'),
  };
  const admin = ['--endpoint-url', server.endpoint, '--region', server.region];
  const created = ['--access', user.accessKeyId, '--secret', user.secretAccessKey, '--role', 'user'];
  await run(versitygw, ['admin', ...admin, 'create-user', ...created], {
    env: childEnv({ ADMIN_ACCESS_KEY: server.accessKeyId, ADMIN_SECRET_KEY: server.secretAccessKey }),
  });
  const policy = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: [user.accessKeyId] },
        Action: READ_ACTIONS,
        Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
      },
    ],
  };
  const client = s3ClientFor(server, server);
  try {
    await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(policy) }));
  } finally {
    client.destroy();
  }
  return user;
};
