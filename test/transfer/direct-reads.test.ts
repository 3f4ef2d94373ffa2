/** Parts of a known version come from S3 and Cloud Storage straight into memory: the same bytes and errors, from the real server. */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { createS3Source, type Source, type SourceReply } from '../../src/transfer';
import { DirectBody } from '../../src/transfer/http/direct/body';
import { errorXml, startS3Proxy, type S3Proxy } from '../support/s3-proxy';
import { bytesOf, sha256 } from '../support/transfer-rig';
import { startTestS3, type TestS3 } from '../support/versitygw';
import { putOrigin, startGcsRig, type GcsRig } from './support/gcs-rig';

const { signal } = new AbortController();
const body = bytesOf(700_000, 9);
const ODD_KEY = "odd ä+€/~!'()*&=;:@,.bin";
const HALVES = [
  { offsetBytes: 0, lengthBytes: 350_000 },
  { offsetBytes: 350_000, lengthBytes: 350_000 },
] as const;

let s3: TestS3;
let proxy: S3Proxy;
let gcs: GcsRig;

beforeAll(async () => {
  [s3, gcs] = await Promise.all([startTestS3(), startGcsRig()]);
  await Promise.all([s3.bucket('plain'), s3.bucket('versioned', { versioned: true })]);
  proxy = await startS3Proxy(s3.endpoint);
});
afterAll(async () => {
  await proxy.close();
  await Promise.all([s3.stop(), gcs.stop()]);
});
beforeEach(() => {
  proxy.seen.length = 0;
  proxy.script = () => 'pass';
});

async function bytesIn(reply: SourceReply): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of reply.body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function readInHalves(source: Source): Promise<{ readonly text: string; readonly direct: readonly boolean[] }> {
  const [first, second] = HALVES;
  const opened = await source.open(first, undefined, signal);
  const half = await bytesIn(opened);
  const next = await source.open(second, opened.version, signal);
  const rest = await bytesIn(next);
  return {
    text: sha256(Buffer.concat([half, rest])),
    direct: [opened, next].map((reply) => reply.body instanceof DirectBody),
  };
}

async function sourceOf(bucket: string, key: string): Promise<Source> {
  await s3.client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
  return createS3Source({ client: s3.clientAt(proxy.endpoint), bucket, key });
}

it.each([
  ['plain', ODD_KEY],
  ['versioned', 'object'],
])('S3, bucket %s, key %s: signed as the SDK signs, and read without it', async (bucket, key) => {
  const source = await sourceOf(bucket, key);
  expect(await readInHalves(source)).toEqual({ text: sha256(body), direct: [false, true] });
  const reads = proxy.seen.filter(({ operation }) => operation === 'get');
  expect(reads).toHaveLength(2);
  // Of a versioned bucket the version goes along, in a query that the signature covers.
  expect(reads[1]?.url.searchParams.has('versionId')).toBe(bucket === 'versioned');
});

it('Cloud Storage', async () => {
  await putOrigin(gcs.gcs, body.length);
  expect((await readInHalves(gcs.spec().source)).direct).toEqual([false, true]);
});

it('tells what happened to an object as ever: overwritten, gone, refused, unavailable', async () => {
  const source = await sourceOf('plain', 'changing');
  const [first, second] = HALVES;
  const { version, body: rest } = await source.open(first, undefined, signal);
  rest.destroy();
  const next = (): Promise<SourceReply> => source.open(second, version, signal);
  await s3.client.send(new PutObjectCommand({ Bucket: 'plain', Key: 'changing', Body: 'other' }));
  await expect(next()).rejects.toMatchObject({ code: 'SourceChanged' });
  for (const [status, s3Code, code] of [
    [403, 'AccessDenied', 'SourceForbidden'],
    [404, 'NoSuchKey', 'SourceNotFound'],
    [503, 'SlowDown', 'SourceThrottled'],
  ] as const) {
    proxy.script = () => ({ status, body: errorXml(s3Code) });
    await expect(next()).rejects.toMatchObject({ code, context: { httpStatus: status } });
  }
});

it('lets go of a request that is not wanted any more', async () => {
  const source = await sourceOf('plain', 'slow');
  const { version, body: rest } = await source.open(HALVES[0], undefined, signal);
  rest.destroy();
  const abort = new AbortController();
  proxy.script = () => {
    abort.abort(new Error('not wanted'));
    return { holdUntil: new Promise(() => undefined) };
  };
  await expect(source.open(HALVES[1], version, abort.signal)).rejects.toThrow('not wanted');
});
