/** Compares every object that a sample run has made with its source, byte for byte. */
import type { Readable } from 'node:stream';
import { GetObjectCommand, ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3';
import { LonghaulError } from '../../model/errors';
import type { LedgerLine } from '../../model/records';
import { expectedContent } from '../export-api';
import { s3ClientFor } from '../s3-client';
import type { Stack } from '../stack';

export interface Comparison {
  readonly objects: number;
  readonly bytes: number;
  readonly openUploads: number;
}

const AT_ONCE = 8;

/**
 * Goes by the run's ledger, and requires that the ledger names every file of the sample export.
 * Throws VerificationFailed that names the object and the first byte that differs.
 */
export async function compareEverything(stack: Stack, bucket: string, reportUri: string): Promise<Comparison> {
  const client = s3ClientFor(stack.s3, stack.s3);
  try {
    const ledger = await readLedger(client, bucket, reportUri);
    const files = new Map(
      stack.exportApi
        .files('vulnerability')
        .map((file) => [`${stack.exportApi.filesUrl}${stack.exportApi.urlPath('vulnerability', file)}`, file]),
    );
    const missing = [...files.keys()].filter((source) => !ledger.some((line) => line.source === source));
    if (missing.length > 0) throw new LonghaulError('VerificationFailed', `The ledger lacks ${missing.join(', ')}`);
    const queue = ledger.values();
    const lane = async (): Promise<void> => {
      for (const line of queue) {
        const file = files.get(line.source);
        const source = file === undefined ? await bodyOf(client, line.source) : expectedContent(file);
        await requireEqual(source, await bodyOf(client, `s3://${bucket}/${line.key}`), line);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    return {
      objects: ledger.length,
      bytes: ledger.reduce((sum, line) => sum + line.bytes, 0),
      openUploads: Uploads.length,
    };
  } finally {
    client.destroy();
  }
}

async function readLedger(client: S3Client, bucket: string, reportUri: string): Promise<LedgerLine[]> {
  const key = reportUri.slice(`s3://${bucket}/`.length).replace(/report\.json$/, 'ledger.ndjson');
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const text = (await Body?.transformToString()) ?? '';
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LedgerLine);
}

async function bodyOf(client: S3Client, uri: string): Promise<Readable> {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return Body as Readable;
}

/** Reads both streams side by side in pieces of whatever size each gives. */
async function requireEqual(source: Readable, target: Readable, line: LedgerLine): Promise<void> {
  const left = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const right = target[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let a: Buffer = Buffer.alloc(0);
  let b: Buffer = Buffer.alloc(0);
  for (let offset = 0; ;) {
    a = await atLeastOne(a, left);
    b = await atLeastOne(b, right);
    const length = Math.min(a.length, b.length);
    if (length === 0) {
      if (a.length === b.length && offset === line.bytes) return;
      throw new LonghaulError(
        'VerificationFailed',
        `${line.key} has another length than ${line.source} (they agree up to byte ${offset})`,
      );
    }
    if (a.compare(b, 0, length, 0, length) !== 0)
      throw new LonghaulError('VerificationFailed', `${line.key} differs from ${line.source} after byte ${offset}`);
    offset += length;
    a = a.subarray(length);
    b = b.subarray(length);
  }
}

async function atLeastOne(rest: Buffer, from: AsyncIterator<Buffer>): Promise<Buffer> {
  let buffer = rest;
  while (buffer.length === 0) {
    const next = await from.next();
    if (next.done === true) return buffer;
    buffer = next.value;
  }
  return buffer;
}
