/**
 * The servers that test files share: one Temporal server and one S3 server for a whole Jest run. Each test takes its own
 * namespace and bucket; a test that stops or breaks a server starts its own stack (ownStack).
 */
import { randomBytes } from 'node:crypto';
import { rmSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { ensureBucket, s3ClientFor } from '../../src/dev/s3-client';
import { startStack } from '../../src/dev/stack';
import type { Stack, StackOptions } from '../../src/dev/stack';
import { createNamespace } from '../../src/dev/temporal-namespace';
import type { StackDescription } from '../../src/dev/types';

export const SHARED_STACK_VARIABLE = 'LONGHAUL_TEST_STACK';

declare global {
  var longhaulSharedStack: Stack | undefined;
}

/** Temporal and S3 of the run; the export API is not shared: start one in the test (it is cheap, and faults are scripted in it). */
export const sharedStack = (): Pick<StackDescription, 'temporal' | 's3'> => {
  const json = process.env[SHARED_STACK_VARIABLE];
  if (json === undefined) {
    throw new Error('No shared stack: this Jest project has no globalSetup (jest.config.js).');
  }
  return JSON.parse(json) as StackDescription;
};

/** Short, unlike any other, and fit for ids, buckets, namespaces and keys. */
export const uniqueName = (purpose: string): string =>
  `${purpose.toLowerCase().replace(/[^a-z0-9]+/g, '-')}-${randomBytes(4).toString('hex')}`;

/** A namespace of its own on the shared Temporal server, with the search attributes of Longhaul. */
export const freshNamespace = async (purpose = 'test'): Promise<string> => {
  const namespace = uniqueName(purpose);
  await createNamespace(sharedStack().temporal.address, namespace);
  return namespace;
};

/** A client of the shared S3 server as its owner. Call destroy() on it. */
export const sharedS3Client = (): S3Client => s3ClientFor(sharedStack().s3, sharedStack().s3);

/** An empty bucket of its own on the shared S3 server. */
export const freshBucket = async (purpose = 'test'): Promise<string> => {
  const bucket = uniqueName(purpose);
  const client = sharedS3Client();
  try {
    await ensureBucket(client, bucket);
  } finally {
    client.destroy();
  }
  return bucket;
};

/** A temporary folder and the function that removes it. */
export const freshFolder = (purpose = 'test'): { path: string; remove: () => void } => {
  const folder = mkdtempSync(path.join(tmpdir(), `longhaul-${purpose}-`));
  return { path: folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
};

/** A stack of the test's own, for tests that stop, kill or restart servers. Stop it in afterAll. */
export const ownStack = (options: StackOptions = {}): Promise<Stack> => startStack({ sampleData: false, ...options });
