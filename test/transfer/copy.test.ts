/** Server-side copy on the real server: whole and by parts, with everything that belongs to the object. */
import { GetObjectTaggingCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import {
  checkBucket,
  copyObject,
  createS3Destination,
  crc32Of,
  deletePrefix,
  encodeCrc32,
  getSmall,
  listPrefix,
  publishUpload,
  putSmall,
  putStream,
  type CopySpec,
  type S3Destination,
} from '../../src/transfer';
import { errorXml, startS3Proxy, type S3Proxy } from '../support/s3-proxy';
import { bytesOf, makeControl, MIB, openUploads, QUICK_RETRY, readObject, sha256 } from '../support/transfer-rig';
import { startTestS3, type TestS3 } from '../support/versitygw';

let s3: TestS3;
let proxy: S3Proxy;
let destination: S3Destination;
const bucket = 'copies';
const { signal } = new AbortController();

beforeAll(async () => {
  s3 = await startTestS3();
  await s3.bucket(bucket);
  proxy = await startS3Proxy(s3.endpoint);
  destination = createS3Destination({ client: s3.clientAt(proxy.endpoint), bucket });
});
afterAll(async () => {
  await proxy.close();
  await s3.stop();
});
beforeEach(() => {
  proxy.seen.length = 0;
  proxy.script = () => 'pass';
});

const put = async (key: string, body: Buffer, rest: object = {}): Promise<void> => {
  await s3.client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ...rest }));
};

let copies = 0;
const spec = (key: string, rest: Partial<CopySpec> = {}): CopySpec => {
  copies += 1;
  return {
    source: { bucket, key },
    destination,
    key: `copied/${copies}`,
    transferId: `copy-${copies}`,
    publish: 'direct',
    copyPartThresholdBytes: 5 * MIB,
    lanes: 3,
    retry: QUICK_RETRY,
    ...rest,
  };
};

const carried = { ContentType: 'text/csv', CacheControl: 'no-cache', Metadata: { owner: 'me' }, Tagging: 'a=b&c=d+e' };

describe.each(['direct', 'atomic'] as const)('%s', (publishMode) => {
  test.each([0, 1000, 5 * MIB, 12 * MIB])('%d bytes, with metadata, headers and tags', async (size) => {
    const body = bytesOf(size);
    const key = `from/ü & +%2F ${publishMode}-${size}`;
    await put(key, body, { ...carried, ChecksumCRC32: encodeCrc32(crc32Of(body)) });
    const job = spec(key, { publish: publishMode });
    const moved = await copyObject(job, makeControl());
    expect(moved).toMatchObject({ bytes: size, sentBytes: 0, parts: size > 5 * MIB ? 3 : 1 });
    if (publishMode === 'atomic') {
      expect(await readObject(s3.client, bucket, job.key)).toBeUndefined();
      await publishUpload({ ...job, ...moved, uploadId: moved.uploadId!, signal });
    }
    expect(sha256(await readObject(s3.client, bucket, job.key))).toBe(sha256(body));
    const at = { Bucket: bucket, Key: job.key };
    const head = await s3.client.send(new HeadObjectCommand({ ...at, ChecksumMode: 'ENABLED' }));
    expect(head).toMatchObject({ ContentType: 'text/csv', CacheControl: 'no-cache' });
    expect(head.Metadata).toEqual({ owner: 'me', 'longhaul-transfer-id': job.transferId });
    // Where a checksum is kept, it is the right one.
    if (head.ChecksumCRC32 !== undefined) expect(head.ChecksumCRC32).toBe(encodeCrc32(crc32Of(body)));
    if (size <= 5 * MIB) expect(moved.verified).toBe('crc32');
    const { TagSet } = await s3.client.send(new GetObjectTaggingCommand(at));
    expect(TagSet).toEqual(
      expect.arrayContaining([
        { Key: 'a', Value: 'b' },
        { Key: 'c', Value: 'd e' },
      ]),
    );
    expect(await openUploads(s3.client, bucket)).toEqual([]);
  });
});

test('a source that is not the one that was listed', async () => {
  await put('from/changed', bytesOf(10));
  const job = spec('from/changed');
  const stale = copyObject({ ...job, source: { ...job.source, etag: '"other"' } }, makeControl());
  await expect(stale).rejects.toMatchObject({ code: 'SourceChanged' });
  await expect(copyObject(spec('from/none'), makeControl())).rejects.toMatchObject({ code: 'SourceNotFound' });
});

test('an error inside 200, and a lost answer', async () => {
  await put('from/flaky', bytesOf(12 * MIB));
  proxy.script = ({ operation, nth }) =>
    operation === 'copyPart' && nth === 1 ? { status: 200, body: errorXml('InternalError') } : 'pass';
  expect(await copyObject(spec('from/flaky'), makeControl())).toMatchObject({ bytes: 12 * MIB });
  proxy.script = ({ operation, nth }) => (operation === 'create' && nth === 2 ? 'loseAnswer' : 'pass');
  expect(await copyObject(spec('from/flaky'), makeControl())).toMatchObject({ bytes: 12 * MIB });
  expect(await openUploads(s3.client, bucket)).toEqual([]);
});

test('a repeated direct copy finds its own object', async () => {
  await put('from/again', bytesOf(100));
  const job = spec('from/again');
  await copyObject(job, { signal });
  proxy.seen.length = 0;
  expect(await copyObject(job, { signal, repeatedSince: new Date() })).toMatchObject({ bytes: 100 });
  expect(proxy.seen.map(({ operation }) => operation)).toEqual(['head']);
});

test('a repeated atomic copy leaves one upload', async () => {
  await put('from/atomic-again', bytesOf(100));
  const job = spec('from/atomic-again', { publish: 'atomic' });
  await copyObject(job, { signal });
  const moved = await copyObject(job, { signal, repeatedSince: new Date() });
  expect(await openUploads(s3.client, bucket)).toEqual([job.key]);
  await destination.abort(job.key, moved.uploadId!, signal);
});

test('listings go on over pages, and a prefix is deleted but for what is kept', async () => {
  for (let i = 0; i < 7; i += 1) await put(`many/${i}`, bytesOf(i));
  await put('many/keep/1', bytesOf(1));
  const keys: string[] = [];
  const place = { client: s3.client, bucket, prefix: 'many/', pageSize: 3, signal };
  for await (const { key, sizeBytes } of listPrefix(place)) keys.push(`${key}:${sizeBytes}`);
  expect(keys).toEqual([
    'many/0:0',
    'many/1:1',
    'many/2:2',
    'many/3:3',
    'many/4:4',
    'many/5:5',
    'many/6:6',
    'many/keep/1:1',
  ]);
  expect(await deletePrefix({ destination, prefix: 'many/', keep: 'many/keep/', signal })).toBe(7);
});

test('small objects and streams', async () => {
  const options = { contentType: 'text/plain', signal };
  expect(await putSmall(destination, 'small', Buffer.from('one'), { ...options, ifNoneMatch: true })).toBe(true);
  expect(await putSmall(destination, 'small', Buffer.from('two'), { ...options, ifNoneMatch: true })).toBe(false);
  expect((await getSmall(destination, 'small', { signal })).toString()).toBe('one');
  await expect(getSmall(destination, 'none', { signal })).rejects.toMatchObject({ code: 'ObjectNotFound' });
  const chunks = async function* (): AsyncGenerator<Buffer> {
    for (let i = 0; i < 20; i += 1) yield Promise.resolve(bytesOf(MIB, i));
  };
  await putStream(destination, 'stream', chunks(), options);
  expect((await readObject(s3.client, bucket, 'stream'))?.length).toBe(20 * MIB);
});

test('the bucket is checked without leaving anything', async () => {
  await checkBucket(destination, 'probe', signal);
  expect(await openUploads(s3.client, bucket)).toEqual([]);
  const missing = createS3Destination({ client: s3.client, bucket: 'not-there' });
  await expect(checkBucket(missing, 'probe', signal)).rejects.toMatchObject({ code: 'BucketNotFound' });
});
