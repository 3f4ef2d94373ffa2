/** What the tests of restoring share: a real store with objects, a folder on disk, and requests over both. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import {
  createHashPool,
  createS3Destination,
  createS3Source,
  MemoryBudget,
  restoreFile,
  s3ChecksumLookUp,
  type HashPool,
  type RestoredFile,
  type RestoreFileRequest,
  type Source,
} from '../../../src/transfer';
import { makeControl, MIB, QUICK_RETRY, type TestControl } from '../../support/transfer-rig';
import { startTestS3, type TestS3 } from '../../support/versitygw';

export const PART_BYTES = 5 * MIB;
export const BUCKET = 'backup';

/** Ranges that a source was asked for, and a way to change its answers. */
export interface WatchedSource extends Source {
  readonly opened: (number | undefined)[];
}

export interface RestoreRig {
  readonly s3: TestS3;
  readonly pool: HashPool;
  /** A new folder, real path. */
  folder(): string;
  /** Puts an object, in parts of `partBytes` where it is larger, and returns what a catalogue would record. */
  put(key: string, data: Buffer, partBytes?: number): Promise<{ bytes: number; etag: string }>;
  request(
    root: string,
    key: string,
    expected: { bytes: number; etag: string },
    rest?: Partial<RestoreFileRequest>,
  ): RestoreFileRequest;
  stop(): Promise<void>;
}

export async function startRestoreRig(): Promise<RestoreRig> {
  const s3 = await startTestS3();
  await s3.bucket(BUCKET);
  const pool = createHashPool({ threads: 2 });
  const folders: string[] = [];
  return {
    s3,
    pool,
    folder() {
      folders.push(realpathSync(mkdtempSync(path.join(tmpdir(), 'longhaul-restore-'))));
      return folders.at(-1)!;
    },
    async put(key, data, partBytes = PART_BYTES) {
      const destination = createS3Destination({ client: s3.client, bucket: BUCKET });
      await upload(destination, key, data, partBytes);
      const head = await s3.client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: key }));
      return { bytes: data.length, etag: head.ETag!.replaceAll('"', '') };
    },
    request: (root, key, expected, rest = {}) => ({
      source: createS3Source({ client: s3.client, bucket: BUCKET, key }),
      root,
      relativePath: key,
      expected,
      chunkBytes: 500 * MIB,
      checksumOf: s3ChecksumLookUp({ client: s3.client, bucket: BUCKET, key, expected }),
      pool,
      memory: new MemoryBudget(64 * MIB),
      lanes: 2,
      partSizeBytes: PART_BYTES,
      stallTimeoutMs: 5_000,
      retry: QUICK_RETRY,
      transferId: `restore-${key}`,
      ...rest,
    }),
    async stop() {
      await pool.close();
      await s3.stop();
      for (const each of folders) rmSync(each, { recursive: true, force: true });
    },
  };
}

async function upload(
  destination: ReturnType<typeof createS3Destination>,
  key: string,
  data: Buffer,
  partBytes: number,
): Promise<void> {
  const { signal } = new AbortController();
  const { crc32 } = await import('node:zlib');
  const attributes = { transferId: 'upload' };
  if (data.length <= partBytes) {
    await destination.putWhole(key, attributes, data, { crc32: crc32(data) }, signal);
    return;
  }
  const uploadId = await destination.begin(key, attributes, signal);
  const parts = [];
  for (let at = 0; at < data.length; at += partBytes) {
    const body = data.subarray(at, at + partBytes);
    parts.push(
      await destination.writePart(key, uploadId, { number: parts.length + 1, body, crc32: crc32(body) }, signal),
    );
  }
  await destination.complete(key, uploadId, { parts, bytes: data.length, crc32: crc32(data) }, signal);
}

export function watch(source: Source, before?: (call: number) => void | Promise<void>): WatchedSource {
  const opened: (number | undefined)[] = [];
  return {
    display: source.display,
    opened,
    async open(range, expected, signal) {
      opened.push(range?.offsetBytes);
      await before?.(opened.length);
      return source.open(range, expected, signal);
    },
  };
}

export const restore = (request: RestoreFileRequest, control: TestControl = makeControl()): Promise<RestoredFile> =>
  restoreFile(request, control);

/** File names below a folder, ours for work in progress included. */
export const namesIn = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort() : [];

export const partialsIn = (folder: string): string[] => namesIn(folder).filter((name) => name.includes('.partial'));

export const md5Of = (file: string): string => createHash('md5').update(readFileSync(file)).digest('hex');
export const md5 = (data: Buffer): string => createHash('md5').update(data).digest('hex');
