/** Objects that must not be there yet, and workers that may only create: at Google and at S3. */
import { createGcsDestination, createGcsSource, createS3Destination, type TransferSpec } from '../../src/transfer';
import type { GcsPermission } from '../../src/dev/gcs-server';
import { Secret } from '../../src/model/secret';
import { errorXml, startS3Proxy, type S3Proxy } from '../support/s3-proxy';
import { makeControl, MIB, moveAll, openUploads, readObject, sha256 } from '../support/transfer-rig';
import { startTestS3, type TestS3 } from '../support/versitygw';
import { BUCKET, FROM, leftovers, putOrigin, startGcsRig, type GcsRig } from './support/gcs-rig';

let rig: GcsRig;
let s3: TestS3;
let proxy: S3Proxy;
const SIZES = [1000, 11 * MIB] as const;

beforeAll(async () => {
  [rig, s3] = await Promise.all([startGcsRig(), startTestS3()]);
  await s3.bucket('bucket');
  proxy = await startS3Proxy(s3.endpoint);
});
afterAll(async () => {
  await rig.stop();
  await proxy.close();
  await s3.stop();
});
beforeEach(() => {
  rig.gcs.clearFaults();
  rig.gcs.log.clear();
  proxy.script = () => 'pass';
});

describe.each(SIZES)('ifAbsent, %d bytes', (size) => {
  const gcsWays: [string, () => Partial<TransferSpec>][] = [
    ['by one request or a session', () => ({})],
    ['by parts', () => ({ destination: rig.destination({ sessionMaxBytes: 0 }) })],
    ['by parts, published apart', () => ({ publish: 'atomic' })],
  ];
  test.each(gcsWays)('Google, %s: what is there stays', async (_name, way) => {
    const body = await putOrigin(rig.gcs, size);
    const job = rig.spec({ ...way(), ifAbsent: true });
    await moveAll(job);
    expect(sha256(await rig.gcs.readObject(BUCKET, job.key))).toBe(sha256(body));
    const other = rig.spec({ ...way(), key: job.key, ifAbsent: true });
    await expect(moveAll(other)).rejects.toMatchObject({ code: 'DestinationExists', retryable: false });
    expect(rig.gcs.object(BUCKET, job.key)?.fields.metadata).toEqual({ 'longhaul-transfer-id': job.transferId });
    // Once more the same transfer: that is its own.
    await expect(moveAll(job, makeControl({ repeatedSince: new Date() }))).resolves.toMatchObject({ bytes: size });
  });

  test.each(['objects.insert', 'resumable.put', 'objects.rewrite'] as const)(
    'Google: 412 that our own success has caused, %s',
    async (operation) => {
      await putOrigin(rig.gcs, size);
      const destination = rig.destination({ sessionMaxBytes: operation === 'resumable.put' ? 64 * MIB : 0 });
      const job = rig.spec({ destination, ifAbsent: true });
      rig.gcs.failNext({ match: { operation }, loseAnswer: true, skip: operation === 'resumable.put' ? 2 : 0 });
      await expect(moveAll(job)).resolves.toMatchObject({ verified: 'crc32c' });
    },
  );

  test('S3: what is there stays, our own is our own', async () => {
    await putOrigin(rig.gcs, size);
    const destination = createS3Destination({ client: s3.clientAt(proxy.endpoint), bucket: 'bucket' });
    const job = rig.spec({ destination, key: `absent/${size}`, ifAbsent: true });
    proxy.seen.length = 0;
    proxy.script = ({ operation, nth }) =>
      (operation === 'put' || operation === 'complete') && nth === 1 ? 'loseAnswer' : 'pass';
    await expect(moveAll(job)).resolves.toMatchObject({ verified: 'crc32c' });
    const other = rig.spec({ destination, key: job.key, ifAbsent: true });
    await expect(moveAll(other)).rejects.toMatchObject({ code: 'DestinationExists' });
    const again = { status: 412, body: errorXml('PreconditionFailed') };
    proxy.script = ({ operation }) => (operation === 'put' || operation === 'complete' ? again : 'pass');
    await expect(moveAll({ ...job, transferId: 'third' })).rejects.toMatchObject({ code: 'DestinationExists' });
    expect(await readObject(s3.client, 'bucket', job.key)).toHaveLength(size);
    for (const key of await openUploads(s3.client, 'bucket')) expect(key).toBe(job.key);
  });
});

describe('a worker that may only create', () => {
  const CREATOR: readonly GcsPermission[] = [
    'storage.objects.create',
    'storage.multipartUploads.create',
    'storage.multipartUploads.abort',
    'storage.multipartUploads.listParts',
  ];
  let limited: GcsRig;

  beforeAll(async () => {
    const grants = { [BUCKET]: CREATOR, [FROM]: ['storage.objects.get'] as const };
    limited = await startGcsRig({ tokens: { creator: grants } });
  });
  afterAll(() => limited.stop());

  /** A token of our own making: what it may do is what matters here. */
  const creator = (): GcsRig['client'] => {
    const { client } = limited;
    return {
      close: () => client.close(),
      send: (request, signal) =>
        client.send({ ...request, headers: { ...request.headers, authorization: 'Bearer creator' } }, signal),
    };
  };

  test.each([0, 1000, 11 * MIB])('moves %d bytes, verified, and looks at nothing', async (size) => {
    const body = await putOrigin(limited.gcs, size);
    for (const sessionMaxBytes of [0, 64 * MIB]) {
      const client = creator();
      const source = createGcsSource({ client, bucket: FROM, key: 'object' });
      const destination = createGcsDestination({ client, bucket: BUCKET, sessionMaxBytes });
      const job = limited.spec({ source, destination, readBack: false });
      const repeated = makeControl({ repeatedSince: new Date() });
      limited.gcs.log.clear();
      expect(await moveAll(job, repeated)).toMatchObject({ bytes: size, verified: 'crc32c' });
      // One look is allowed on a repeated attempt, and its refusal is no failure.
      expect(limited.gcs.log.requests.filter(({ status }) => status === 403)).toHaveLength(
        limited.gcs.log.count('objects.get') + limited.gcs.log.count('xml.listMultipart'),
      );
      expect(sha256(await limited.gcs.readObject(BUCKET, job.key))).toBe(sha256(body));
      expect(leftovers(limited.gcs)).toEqual([]);
    }
  });

  test('sends again what it cannot tell, where it may replace', async () => {
    const client = creator();
    const source = createGcsSource({ client, bucket: FROM, key: 'object' });
    await putOrigin(limited.gcs, 1000);
    const job = limited.spec({
      source,
      destination: createGcsDestination({ client, bucket: BUCKET }),
      readBack: false,
    });
    limited.gcs.failNext({ match: { operation: 'objects.insert' }, destroyBefore: true });
    expect(await moveAll(job)).toMatchObject({ sentBytes: 2000, verified: 'crc32c' });
  });

  test('with read-back it is told what it lacks', async () => {
    const client = creator();
    const source = createGcsSource({ client, bucket: FROM, key: 'object' });
    await putOrigin(limited.gcs, 11 * MIB);
    const destination = createGcsDestination({ client, bucket: BUCKET, sessionMaxBytes: 0 });
    await expect(moveAll(limited.spec({ source, destination }))).rejects.toMatchObject({ code: 'AccessDenied' });
  });

  test('at S3 asks for nothing but writes', async () => {
    for (const size of SIZES) {
      await putOrigin(rig.gcs, size);
      const denied = { status: 403 };
      proxy.seen.length = 0;
      proxy.script = ({ operation }) => (['head', 'get', 'listUploads'].includes(operation) ? denied : 'pass');
      const destination = createS3Destination({ client: s3.clientAt(proxy.endpoint), bucket: 'bucket' });
      const job = rig.spec({ destination, key: `blind/${size}`, readBack: false });
      expect(await moveAll(job)).toMatchObject({ bytes: size, verified: 'crc32c' });
      expect(proxy.count('head') + proxy.count('get')).toBe(0);
      expect(await readObject(s3.client, 'bucket', job.key)).toHaveLength(size);
    }
  });
});

test('tokens are sent to nobody without TLS', () => {
  const credentials = { kind: 'json', credentials: new Secret('{}') } as const;
  expect(() => rig.clientWith({ endpoint: 'http://store.example:4443', credentials })).toThrow(/without TLS/);
});
