/** What S3 keeps of its objects, held against what is read of them: from any part of the way, and over a crash. */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import {
  createS3Destination,
  createS3Source,
  MemoryBudget,
  openTransfer,
  transferParts,
  type TransferSpec,
} from '../../src/transfer';
import { startS3Proxy, type S3Proxy } from '../support/s3-proxy';
import { bytesOf, makeControl, makeSpec, MIB, moveAll, openUploads, readObject, sha256 } from '../support/transfer-rig';
import { startTestS3, type TestS3 } from '../support/versitygw';

let s3: TestS3;
let proxy: S3Proxy;
const bucket = 'declared';
const body = bytesOf(11 * MIB, 3);

beforeAll(async () => {
  s3 = await startTestS3();
  await s3.bucket(bucket, { versioned: true });
  proxy = await startS3Proxy(s3.endpoint);
  for (const algorithm of ['CRC32', 'CRC32C'] as const) {
    const command = new PutObjectCommand({ Bucket: bucket, Key: algorithm, Body: body, ChecksumAlgorithm: algorithm });
    await s3.client.send(command);
  }
});
afterAll(async () => {
  await proxy.close();
  await s3.stop();
});
beforeEach(() => {
  proxy.seen.length = 0;
  proxy.script = () => 'pass';
});

const spec = (key: string, rest: Partial<TransferSpec> = {}): TransferSpec => ({
  ...makeSpec({ client: s3.client, bucket }),
  source: createS3Source({ client: s3.clientAt(proxy.endpoint), bucket, key, declaredChecksums: true }),
  destination: createS3Destination({ client: s3.client, bucket }),
  memory: new MemoryBudget(64 * MIB),
  publish: 'direct',
  ...rest,
});

test.each(['CRC32', 'CRC32C'] as const)('%s is carried from end to end by one hash', async (key) => {
  const job = spec(key);
  const moved = await moveAll(job);
  expect(moved.verified).toBe(key.toLowerCase());
  expect([moved.crc32, moved.crc32c].filter((sum) => sum !== undefined)).toHaveLength(1);
  expect(sha256(await readObject(s3.client, bucket, job.key))).toBe(sha256(body));
  // One look beside the reads, of the version that is read.
  expect(proxy.count('head')).toBe(1);
  expect(proxy.seen.find(({ operation }) => operation === 'head')?.url.searchParams.has('versionId')).toBe(true);
});

test.each(['CRC32', 'CRC32C'] as const)('%s: what came damaged is not published, also after a crash', async (key) => {
  const job = spec(key);
  const opened = await openTransfer(job, makeControl());
  if (opened.kind !== 'begun') throw new Error('it is large');
  const lie = key === 'CRC32' ? { crc32: 'AAAAAA==' } : { crc32c: 'AAAAAA==' };
  const upload = { ...opened.upload, declared: lie };
  const repeated = makeControl({ repeatedSince: new Date() });
  await expect(transferParts(job, upload, repeated)).rejects.toMatchObject({ code: 'SourceDamaged' });
  expect(await readObject(s3.client, bucket, job.key)).toBeUndefined();
  // All of it has to be read again, so nothing of it stays.
  expect(await openUploads(s3.client, bucket)).toEqual([]);
});

test('a look that is refused leaves the checksum out', async () => {
  proxy.script = ({ operation }) => (operation === 'head' ? { status: 403 } : 'pass');
  await expect(moveAll(spec('CRC32C'))).resolves.toMatchObject({ verified: 'crc32' });
});

test('without being asked for it costs no look', async () => {
  const source = createS3Source({ client: s3.clientAt(proxy.endpoint), bucket, key: 'CRC32C' });
  await expect(moveAll(spec('CRC32C', { source }))).resolves.toMatchObject({ verified: 'crc32' });
  expect(proxy.count('head')).toBe(0);
});
