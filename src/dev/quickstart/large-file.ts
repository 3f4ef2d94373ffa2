/** The large file of the sample export: where it is, and how far it has come. */
import { setTimeout as delay } from 'node:timers/promises';
import { ListMultipartUploadsCommand, ListPartsCommand, type Part } from '@aws-sdk/client-s3';
import { LonghaulError } from '../../model/errors';
import type { SampleFile } from '../export-api';
import { s3ClientFor } from '../s3-client';
import { SAMPLE_TARGET_BUCKET } from '../seed';
import type { Stack } from '../stack';

export interface LargeFile {
  readonly file: SampleFile;
  /** URL path at the file host. */
  readonly path: string;
  readonly key: string;
}

const SAMPLE_TARGET_PREFIX = 'sample/data';
const POLL_MS = 50;

export function largeFileOf(stack: Stack): LargeFile {
  const file = [...stack.exportApi.files('vulnerability')].sort((a, b) => b.sizeBytes - a.sizeBytes)[0];
  if (file === undefined) throw new LonghaulError('Internal', 'The sample export has no files');
  return { file, path: stack.exportApi.urlPath('vulnerability', file), key: keyOf(file) };
}

/** Where the default key template puts a sample file. */
const keyOf = (file: SampleFile): string =>
  `${SAMPLE_TARGET_PREFIX}/${file.dataset}/${file.path.split('/').at(-1) ?? ''}`;

/** Parts of the open upload under `key` that the S3 server has acknowledged; none where there is no upload. */
export async function partsInBucket(stack: Stack, key: string): Promise<{ count: number; bytes: number }> {
  const client = s3ClientFor(stack.s3, stack.s3);
  const bucket = SAMPLE_TARGET_BUCKET;
  try {
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: key }));
    const upload = Uploads.find((one) => one.Key === key);
    if (upload?.UploadId === undefined) return { count: 0, bytes: 0 };
    const { Parts = [] } = await client.send(
      new ListPartsCommand({ Bucket: bucket, Key: key, UploadId: upload.UploadId }),
    );
    return { count: Parts.length, bytes: Parts.reduce((sum: number, part: Part) => sum + (part.Size ?? 0), 0) };
  } finally {
    client.destroy();
  }
}

/** Asks until `ask` answers something. Throws Internal after `timeoutMs`. */
export async function until<T>(ask: () => Promise<T | null>, timeoutMs: number): Promise<T> {
  const deadlineMs = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (Date.now() > deadlineMs)
      throw new LonghaulError('Internal', `Waited ${timeoutMs / 1000} s in vain; the worker's log tells more`);
    await delay(POLL_MS);
  }
}
