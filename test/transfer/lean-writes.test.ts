/** Writes without the SDK, against a real S3 server: the same objects, the same errors, and who makes which request. */
import { createHash } from 'node:crypto';
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { createS3Destination, crc32Of, type S3Destination } from '../../src/transfer';
import { errorXml, startS3Proxy, type S3Proxy } from '../support/s3-proxy';
import { startTestS3, type TestS3 } from '../support/versitygw';

let s3: TestS3;
let proxy: S3Proxy;
let destination: S3Destination;
const { signal } = new AbortController();
const attributes = { transferId: 'lean', contentType: 'text/csv', metadata: { Note: 'two  words' } };
const put = (key: string, body: Buffer, more = {}) =>
  destination.putWhole(key, { ...attributes, ...more }, body, { crc32: crc32Of(body) }, signal);
const bySdk = (): boolean[] =>
  proxy.seen
    .filter(({ operation }) => ['put', 'create', 'part', 'complete'].includes(operation))
    .map(({ headers }) => headers['amz-sdk-invocation-id'] !== undefined);

beforeAll(async () => {
  s3 = await startTestS3();
  await s3.bucket('bucket');
});
afterAll(() => s3.stop());
beforeEach(async () => {
  proxy = await startS3Proxy(s3.endpoint);
  destination = createS3Destination({ client: s3.clientAt(proxy.endpoint), bucket: 'bucket' });
});
afterEach(() => proxy.close());

it('leaves the first write of a bucket to the SDK and makes the others itself, with the same result', async () => {
  const keys = ['plain.csv', "odd ä+€/~!'()*&=;:@,.bin", 'third'];
  for (const key of keys) {
    const body = Buffer.from(`the body of ${key}`);
    const written = await put(key, body);
    const head = await s3.client.send(new HeadObjectCommand({ Bucket: 'bucket', Key: key, ChecksumMode: 'ENABLED' }));
    expect(written).toMatchObject({ bytes: body.length, etag: head.ETag, crc32: crc32Of(body) });
    expect(head).toMatchObject({
      ContentType: 'text/csv',
      ContentLength: body.length,
      Metadata: { note: expect.stringMatching(/two +words/) as unknown, 'longhaul-transfer-id': 'lean' },
    });
    const got = await s3.client.send(new GetObjectCommand({ Bucket: 'bucket', Key: key }));
    expect(await got.Body?.transformToString()).toBe(body.toString());
  }
  expect(bySdk()).toEqual([true, false, false]);
});

it('writes an empty object, and parts', async () => {
  await put('first', Buffer.from('1'));
  expect(await put('empty', Buffer.alloc(0))).toMatchObject({ bytes: 0 });
  const body = Buffer.alloc(5 * 1024 * 1024 + 1, 7);
  const uploadId = await destination.begin('parts', attributes, signal);
  const part = await destination.writePart('parts', uploadId, { number: 1, body, crc32: crc32Of(body) }, signal);
  expect(await destination.listParts('parts', uploadId, signal)).toEqual([part]);
  const md5 = createHash('md5').update(body).digest('hex');
  expect(part.etag).toBe(`"${md5}"`);
  await destination.abort('parts', uploadId, signal);
  expect(bySdk()).toEqual([true, false, false, false]);
});

it('begins and completes uploads as the SDK does', async () => {
  const body = Buffer.from('the only part');
  const crc32 = crc32Of(body);
  const heads: unknown[] = [];
  for (const key of ['by the SDK', "by us ä+€/~!'()*&=;:@,.bin"]) {
    const uploadId = await destination.begin(key, { ...attributes, contentEncoding: 'gzip' }, signal);
    const part = await destination.writePart(key, uploadId, { number: 1, body, crc32 }, signal);
    const completed = await destination.complete(key, uploadId, { parts: [part], bytes: body.length, crc32 }, signal);
    const head = await s3.client.send(new HeadObjectCommand({ Bucket: 'bucket', Key: key, ChecksumMode: 'ENABLED' }));
    expect(completed).toMatchObject({ bytes: body.length, etag: head.ETag, crc32 });
    const { ContentType, ContentEncoding, ContentLength, Metadata, ETag, ChecksumCRC32, ChecksumType } = head;
    heads.push({ ContentType, ContentEncoding, ContentLength, Metadata, ETag, ChecksumCRC32, ChecksumType });
  }
  expect(heads[1]).toEqual(heads[0]);
  expect(heads[1]).toMatchObject({ ContentType: 'text/csv', ContentEncoding: 'gzip', ChecksumType: 'FULL_OBJECT' });
  expect(bySdk()).toEqual([true, true, false, false, false, false]);
});

it('completes only where the checksum is right and nothing is to be replaced', async () => {
  const body = Buffer.from('the only part');
  const crc32 = crc32Of(body);
  await put('there', body);
  const uploadId = await destination.begin('there', attributes, signal);
  const part = await destination.writePart('there', uploadId, { number: 1, body, crc32 }, signal);
  const complete = (more: object): Promise<unknown> =>
    destination.complete('there', uploadId, { parts: [part], bytes: body.length, crc32, ...more }, signal);
  await expect(complete({ ifAbsent: true })).rejects.toMatchObject({ context: { httpStatus: 412 } });
  await put('route', body);
  await expect(complete({ crc32: crc32 ^ 1 })).rejects.toMatchObject({ code: 'ChecksumMismatch' });
  await put('route', body);
  await complete({});
  expect(bySdk()).toEqual([true, false, false, false, true, false, true, false]);
});

const CUT = '<?xml version="1.0"?><CompleteMultipartUploadResult><ETag>"e"</ETag>';
it.each([
  ['an error inside', errorXml('InternalError'), 'DestinationUnavailable'],
  ['a request to slow down inside', `\n \n${errorXml('SlowDown')}`, 'DestinationThrottled'],
  ['a document that is cut off', CUT, 'DestinationUnavailable'],
  ['nothing', '', 'DestinationUnavailable'],
])('does not take a 200 with %s for a success', async (_what, document, code) => {
  await put('first', Buffer.from('1'));
  proxy.script = () => ({ status: 200, body: document });
  const parts = [{ number: 1, bytes: 1, etag: '"e"' }];
  await expect(destination.complete('key', 'id', { parts, bytes: 1 }, signal)).rejects.toMatchObject({ code });
  proxy.script = () => 'pass';
  await put('first', Buffer.from('1'));
  proxy.script = () => ({ status: 200, body: document.replace('Complete', 'Initiate') });
  await expect(destination.begin('key', attributes, signal)).rejects.toMatchObject({ code });
  expect(bySdk().slice(0, 2)).toEqual([true, false]);
});

it('says what the store refuses as the SDK does, and lets the SDK make the next write', async () => {
  const body = Buffer.from('a body');
  const part = { number: 1, body, crc32: crc32Of(body) };
  await put('first', body);
  await expect(destination.writePart('gone', 'no-such-upload', part, signal)).rejects.toMatchObject({
    code: 'UploadLost',
    context: { httpStatus: 404 },
  });
  await put('second', body);
  await expect(put('first', body, { ifAbsent: true })).rejects.toMatchObject({ context: { httpStatus: 412 } });
  await put('third', body);
  await expect(
    destination.putWhole('wrong', attributes, body, { crc32: crc32Of(body) ^ 1 }, signal),
  ).rejects.toMatchObject({ code: 'ChecksumMismatch' });
  expect(bySdk()).toEqual([true, false, true, false, true, false]);
});

it('keeps the code and the pause that a throttling store asks for', async () => {
  const body = Buffer.from('a body');
  await put('first', body);
  proxy.script = () => ({ status: 503, headers: { 'retry-after': '3' }, body: errorXml('SlowDown') });
  await expect(put('second', body)).rejects.toMatchObject({
    code: 'DestinationThrottled',
    message: expect.stringContaining('SlowDown: scripted (HTTP 503)') as unknown,
    context: { httpStatus: 503, retryAfterMs: 3_000 },
  });
  expect(bySdk()).toEqual([true, false]);
});

it('ends with the reason of the signal', async () => {
  await put('first', Buffer.from('1'));
  const abort = new AbortController();
  proxy.script = () => ({ holdUntil: new Promise<void>(() => undefined) });
  const writing = destination.putWhole('second', attributes, Buffer.from('2'), { crc32: 1 }, abort.signal);
  const reason = new Error('stopped by the test');
  setTimeout(() => abort.abort(reason), 50);
  await expect(writing).rejects.toBe(reason);
});
