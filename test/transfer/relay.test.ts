/** The straight way: HTTP to a real S3 server, small and large, atomic and direct. */
import { CreateMultipartUploadCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import {
  createS3Destination,
  createS3Source,
  encodeCrc32,
  crc32Of,
  openTransfer,
  partSizeFor,
  publishUpload,
} from '../../src/transfer';
import { bytesOf, makeControl, MIB, moveAll, publish, sha256 } from '../support/transfer-rig';
import { startRelayRig, type RelayRig } from './support/relay-rig';

let rig: RelayRig;

beforeAll(async () => {
  rig = await startRelayRig('relay-bucket', () => ({ body: bytesOf(1000), etag: '"v1"', contentType: 'text/csv' }));
});
afterAll(() => rig.stop());
beforeEach(() => rig.reset());

describe.each([0, 1, 1000, 5 * MIB - 1, 5 * MIB])('an object of %d bytes', (size) => {
  test('direct: two requests, verified', async () => {
    rig.source.file.body = bytesOf(size);
    const job = rig.spec({ publish: 'direct' });
    const moved = await moveAll(job);
    expect(sha256(await rig.read(job.key))).toBe(sha256(rig.source.file.body));
    expect(moved).toMatchObject({
      bytes: size,
      parts: 1,
      sentBytes: size,
      verified: 'crc32',
      crc32: encodeCrc32(crc32Of(rig.source.file.body)),
    });
    expect(rig.proxy.seen.map(({ operation }) => operation)).toEqual(['put']);
    // An empty file has no range: it is asked once more, without one.
    expect(rig.source.requests).toHaveLength(size === 0 ? 2 : 1);
  });

  test('atomic: invisible until published, four requests', async () => {
    rig.source.file.body = bytesOf(size);
    const job = rig.spec();
    const control = makeControl();
    const opened = await openTransfer(job, control);
    expect(await rig.read(job.key)).toBeUndefined();
    if (opened.kind !== 'moved') throw new Error('it fits in one part');
    expect(control.seen[0]?.uploadId).toBe(opened.object.uploadId);
    const published = await publish(job, opened.object);
    expect(published.verified).toBe('crc32');
    expect(sha256(await rig.read(job.key))).toBe(sha256(rig.source.file.body));
    expect(rig.proxy.seen.map(({ operation }) => operation)).toEqual(['create', 'part', 'complete']);
  });
});

test.each(['atomic', 'direct'] as const)(
  'a large object, %s: parallel ranges, whole checksum, metadata',
  async (publishMode) => {
    rig.source.file = { body: bytesOf(17 * MIB + 3), etag: '"v2"', contentType: 'text/csv' };
    const job = rig.spec({ publish: publishMode, metadata: { origin: 'test' } });
    const control = makeControl();
    const moved = await moveAll(job, control);
    expect(moved).toMatchObject({ parts: 4, bytes: 17 * MIB + 3, sentBytes: 17 * MIB + 3, verified: 'crc32' });
    expect(sha256(await rig.read(job.key))).toBe(sha256(rig.source.file.body));
    const head = await rig.s3.client.send(
      new HeadObjectCommand({ Bucket: rig.bucket, Key: job.key, ChecksumMode: 'ENABLED' }),
    );
    expect(head).toMatchObject({ ContentType: 'text/csv', ChecksumCRC32: encodeCrc32(crc32Of(rig.source.file.body)) });
    expect(head.Metadata).toEqual({ origin: 'test', 'longhaul-transfer-id': job.transferId });
    // Each byte was asked for once, and each range but the first with the validator.
    expect(rig.source.requests.map(({ headers }) => headers['if-range'])).toEqual([undefined, '"v2"', '"v2"', '"v2"']);
    expect(Buffer.byteLength(JSON.stringify(control.seen.at(-1)))).toBeLessThan(1024);
    expect(await rig.openUploads()).toEqual([]);
  },
);

test('from S3, pinned to its ETag', async () => {
  rig.source.file = { body: bytesOf(11 * MIB), etag: '"v3"' };
  const first = rig.spec();
  await moveAll(first);
  const job = rig.spec({
    source: createS3Source({ client: rig.s3.client, bucket: rig.bucket, key: first.key }),
    publish: 'direct',
  });
  expect(await moveAll(job)).toMatchObject({ bytes: 11 * MIB, parts: 3, verified: 'crc32' });
  expect(sha256(await rig.read(job.key))).toBe(sha256(rig.source.file.body));
});

test('the part size is raised, and the first part read again, where 10,000 parts would not do', () => {
  expect(partSizeFor(10_000 * 5 * MIB, 5 * MIB)).toBe(5 * MIB);
  expect(partSizeFor(10_000 * 5 * MIB + 1, 5 * MIB)).toBe(6 * MIB);
});

test('publishing twice, and publishing what is lost', async () => {
  rig.source.file = { body: bytesOf(6 * MIB), etag: '"v4"' };
  const job = rig.spec();
  const moved = await moveAll(job);
  await expect(publish(job, moved)).resolves.toMatchObject({ verified: 'crc32' });
  const { UploadId } = await rig.s3.client.send(new CreateMultipartUploadCommand({ Bucket: rig.bucket, Key: 'lost' }));
  const destination = createS3Destination({ client: rig.s3.client, bucket: rig.bucket });
  const { signal } = new AbortController();
  await destination.abort('lost', UploadId!, signal);
  const request = {
    destination,
    key: 'lost',
    uploadId: UploadId!,
    transferId: 'x',
    bytes: 1,
    parts: 1,
    partEtag: '"x"',
    crc32: 'AAAAAA==',
  };
  await expect(publishUpload({ ...request, signal })).rejects.toMatchObject({ code: 'UploadLost' });
});
