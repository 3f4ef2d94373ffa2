/** The straight ways to, from and within Google Cloud Storage: one request, a session, parts; what is seen, and what is left. */
import {
  createGcsDestination,
  createGcsSource,
  createS3Destination,
  createS3Source,
  crc32cOf,
  encodeCrc32,
  openTransfer,
  putSmall,
  transferParts,
} from '../../src/transfer';

import { gzipSync } from 'node:zlib';
import { bytesOf, makeControl, MIB, moveAll, publish, readObject, sha256 } from '../support/transfer-rig';
import { startTestS3, type TestS3 } from '../support/versitygw';
import { BUCKET, FROM, leftovers, putOrigin, startGcsRig, type GcsRig } from './support/gcs-rig';

let rig: GcsRig;
let s3: TestS3;

beforeAll(async () => {
  [rig, s3] = await Promise.all([startGcsRig({ rewriteBytesPerCall: 4 * MIB }), startTestS3()]);
  await s3.bucket('bucket');
});
afterAll(async () => {
  await rig.stop();
  await s3.stop();
});
beforeEach(() => rig.gcs.log.clear());

describe.each([0, 1, 1000, 5 * MIB])('an object of %d bytes', (size) => {
  test('goes by one request, verified, with our marker', async () => {
    const body = await putOrigin(rig.gcs, size);
    const job = rig.spec({ metadata: { origin: 'Zürich' } });
    const moved = await moveAll(job);
    const crc32c = encodeCrc32(crc32cOf(body));
    expect(moved).toMatchObject({ bytes: size, parts: 1, sentBytes: size, verified: 'crc32c', crc32c });
    expect(rig.gcs.object(BUCKET, job.key)?.fields).toEqual({
      contentType: 'text/csv',
      metadata: { origin: 'Zürich', 'longhaul-transfer-id': job.transferId },
    });
    expect(moved.versionId).toBe(String(rig.gcs.object(BUCKET, job.key)?.generation));
    expect(sha256(await rig.gcs.readObject(BUCKET, job.key))).toBe(sha256(body));
    // Nothing of an empty object satisfies a range: it is asked once more.
    expect(rig.gcs.log.counts()).toEqual({ 'objects.media': size === 0 ? 2 : 1, 'objects.insert': 1 });
  });
});

test('middle sizes go by one session, in order, with the checksum before the end', async () => {
  const body = await putOrigin(rig.gcs, 17 * MIB + 3);
  const job = rig.spec({ sha256: sha256(body) });
  const moved = await moveAll(job);
  expect(moved).toMatchObject({ bytes: body.length, parts: 4, sentBytes: body.length, verified: 'sha256' });
  expect(sha256(await rig.gcs.readObject(BUCKET, job.key))).toBe(sha256(body));
  expect(rig.gcs.log.counts()).toEqual({ 'objects.media': 4, 'resumable.start': 1, 'resumable.put': 4 });
  expect(leftovers(rig.gcs)).toEqual([]);
  expect(job.memory.inUseBytes).toBe(0);
});

test.each(['atomic', 'direct'] as const)('large ones go by parts and a temporary name, %s', async (mode) => {
  const body = await putOrigin(rig.gcs, 17 * MIB + 3);
  const job = rig.spec({ publish: mode, destination: rig.destination({ sessionMaxBytes: 0, listPageSize: 2 }) });
  const control = makeControl();
  const moved = await moveAll(job, control);
  expect(moved).toMatchObject({ bytes: body.length, parts: 4, sentBytes: body.length, verified: 'crc32c' });
  expect(sha256(await rig.gcs.readObject(BUCKET, job.key))).toBe(sha256(body));
  const object = rig.gcs.object(BUCKET, job.key);
  expect(object?.fields.metadata).toEqual({ 'longhaul-transfer-id': job.transferId });
  expect(object?.fields.contentType).toBe('text/csv');
  // Rewritten 4 MiB a call.
  expect(rig.gcs.log.counts()).toMatchObject({ 'xml.uploadPart': 4, 'objects.rewrite': 5, 'objects.delete': 1 });
  expect(leftovers(rig.gcs)).toEqual([]);
  expect(Buffer.byteLength(JSON.stringify(control.seen.at(-1)))).toBeLessThan(1024);
});

test('atomic is invisible until it is published, small or large', async () => {
  for (const size of [1000, 6 * MIB]) {
    const body = await putOrigin(rig.gcs, size);
    const job = rig.spec({ publish: 'atomic' });
    const opened = await openTransfer(job, makeControl());
    const moved = opened.kind === 'moved' ? opened.object : await transferParts(job, opened.upload, makeControl());
    expect(rig.gcs.object(BUCKET, job.key)).toBeNull();
    expect(await publish(job, moved)).toMatchObject({ verified: 'crc32c' });
    expect(await publish(job, moved)).toMatchObject({ verified: 'crc32c' });
    expect(sha256(await rig.gcs.readObject(BUCKET, job.key))).toBe(sha256(body));
    expect(leftovers(rig.gcs)).toEqual([]);
  }
});

test.each([1000, 11 * MIB])('S3 to Google, %d bytes, held against what S3 keeps', async (size) => {
  const body = bytesOf(size, 7);
  await putS3(`from/${size}`, body);
  const source = createS3Source({ client: s3.client, bucket: 'bucket', key: `from/${size}`, declaredChecksums: true });
  for (const sessionMaxBytes of [0, 64 * MIB]) {
    const job = rig.spec({ source, destination: rig.destination({ sessionMaxBytes }) });
    const moved = await moveAll(job);
    // S3 keeps a CRC32 of it: computed too, and compared.
    expect(moved).toMatchObject({ bytes: size, verified: 'crc32c' });
    expect(moved.crc32).toBeDefined();
    expect(sha256(await rig.gcs.readObject(BUCKET, job.key))).toBe(sha256(body));
  }
});

test.each([0, 1000, 11 * MIB])('Google to S3, %d bytes, by one CRC32C from end to end', async (size) => {
  const body = await putOrigin(rig.gcs, size);
  const destination = createS3Destination({ client: s3.client, bucket: 'bucket' });
  for (const mode of ['direct', 'atomic'] as const) {
    const job = rig.spec({ destination, key: `to/${mode}/${size}`, publish: mode });
    const moved = await moveAll(job);
    expect(moved).toMatchObject({ bytes: size, crc32c: encodeCrc32(crc32cOf(body)) });
    expect(moved.crc32).toBeUndefined();
    expect(sha256(await readObject(s3.client, 'bucket', job.key))).toBe(sha256(body));
  }
});

test('what is stored compressed is moved as it is stored', async () => {
  const text = gzipSync(Buffer.alloc(1000, 'text'));
  await rig.gcs.putObject(FROM, 'packed', text, { contentEncoding: 'gzip', contentType: 'text/plain' });
  const job = rig.spec({ source: createGcsSource({ client: rig.client, bucket: FROM, key: 'packed' }) });
  await moveAll(job);
  expect(await rig.gcs.readObject(BUCKET, job.key)).toEqual(text);
  expect(rig.gcs.object(BUCKET, job.key)?.fields).toMatchObject({ contentEncoding: 'gzip', contentType: 'text/plain' });
});

test('keys that need escaping, in every way there is', async () => {
  const body = await putOrigin(rig.gcs, 6 * MIB, 3, 'a b/ü?&#%/../"x"');
  const source = createGcsSource({ client: rig.client, bucket: FROM, key: 'a b/ü?&#%/../"x"' });
  const ways = [{ sessionMaxBytes: 64 * MIB }, { sessionMaxBytes: 0 }];
  for (const [index, way] of ways.entries()) {
    for (const readBack of [true, false]) {
      const key = `<k>/${index}/${readBack}/&'"?#/%2F`;
      const destination = createGcsDestination({ client: rig.client, bucket: BUCKET, ...way });
      await moveAll(rig.spec({ source, destination, key, readBack }));
      expect(sha256(await rig.gcs.readObject(BUCKET, key))).toBe(sha256(body));
    }
  }
});

async function putS3(key: string, body: Buffer): Promise<void> {
  const destination = createS3Destination({ client: s3.client, bucket: 'bucket' });
  await putSmall(destination, key, body, { contentType: 'text/csv', signal: new AbortController().signal });
}
