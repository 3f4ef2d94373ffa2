/** The S3 server of large measurements throws bytes away: what it says of them must be true all the same, or a measurement proves nothing. */
import { request } from 'node:http';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
  type S3Client,
} from '@aws-sdk/client-s3';
import { startDiscardServer, type DiscardServer } from '../../../bench/lib/discard-server';
import { s3ClientFor } from '../../../src/dev/s3-client';
import { crc32Of, encodeCrc32 } from '../../../src/transfer/lib/crc32';

const Bucket = 'bench';
const Key = 'folder/large.bin';
const FIRST = Buffer.alloc(5 * 2 ** 20, 'first');
const SECOND = Buffer.alloc(1_000, 'second');
const WHOLE = encodeCrc32(crc32Of(Buffer.concat([FIRST, SECOND])));

let server: DiscardServer;
let s3: S3Client;

beforeEach(async () => {
  server = await startDiscardServer();
  s3 = s3ClientFor({ endpoint: server.endpoint, region: 'us-east-1' }, { accessKeyId: 'a', secretAccessKey: 'b' }, 1);
});
afterEach(async () => {
  s3.destroy();
  await server.close();
});

const begin = async (): Promise<string> => {
  const command = new CreateMultipartUploadCommand({ Bucket, Key, Metadata: { transfer: 't' } });
  const { UploadId = '' } = await s3.send(command);
  return UploadId;
};
const write = async (UploadId: string, PartNumber: number, Body: Buffer): Promise<CompletedPart> => {
  const ChecksumCRC32 = encodeCrc32(crc32Of(Body));
  const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ChecksumCRC32 }));
  return { PartNumber, ETag, ChecksumCRC32 };
};
const complete = (UploadId: string, Parts: CompletedPart[], ChecksumCRC32 = WHOLE, MpuObjectSize?: number) =>
  s3.send(
    new CompleteMultipartUploadCommand({
      Bucket,
      Key,
      UploadId,
      MultipartUpload: { Parts },
      ChecksumCRC32,
      ChecksumType: 'FULL_OBJECT',
      ...(MpuObjectSize === undefined ? {} : { MpuObjectSize }),
    }),
  );

it('tells of parts and of what they are joined to what their bytes say, page by page', async () => {
  const UploadId = await begin();
  const second = await write(UploadId, 2, SECOND);
  const first = await write(UploadId, 1, FIRST);
  const page = await s3.send(new ListPartsCommand({ Bucket, Key, UploadId, MaxParts: 1 }));
  expect(page).toMatchObject({ IsTruncated: true, Parts: [{ ...first, Size: FIRST.length }] });
  const marker = { PartNumberMarker: page.NextPartNumberMarker };
  expect(await s3.send(new ListPartsCommand({ Bucket, Key, UploadId, ...marker }))).toMatchObject({
    IsTruncated: false,
    Parts: [{ ...second, Size: SECOND.length }],
  });
  const { ETag } = await complete(UploadId, [first, second], WHOLE, FIRST.length + SECOND.length);
  expect(await s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }))).toMatchObject({
    ETag,
    ContentLength: FIRST.length + SECOND.length,
    ChecksumCRC32: WHOLE,
    Metadata: { transfer: 't' },
  });
});

it('keeps nothing of a part that is cut off or damaged', async () => {
  const UploadId = await begin();
  const path = `/${Bucket}/${Key}?partNumber=1&uploadId=${UploadId}`;
  const cut = request(`${server.endpoint}${path}`, { method: 'PUT', headers: { 'content-length': FIRST.length } });
  cut.on('error', () => undefined);
  const closed = new Promise((resolve) => cut.once('close', resolve));
  cut.write(FIRST.subarray(0, -1), () => cut.destroy());
  await closed;
  const ChecksumCRC32 = encodeCrc32(1);
  const damaged = new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 2, Body: SECOND, ChecksumCRC32 });
  await expect(s3.send(damaged)).rejects.toMatchObject({ name: 'BadDigest' });
  const { Parts = [] } = await s3.send(new ListPartsCommand({ Bucket, Key, UploadId }));
  expect(Parts).toEqual([]);
});

it('joins only the parts that it has, in their order, to what was declared', async () => {
  const UploadId = await begin();
  const [first, second] = [await write(UploadId, 1, FIRST), await write(UploadId, 2, SECOND)];
  const refused = async (parts: CompletedPart[], name: string, ...declared: [string?, number?]) =>
    expect(complete(UploadId, parts, ...declared)).rejects.toMatchObject({ name });
  await refused([second, first], 'InvalidPartOrder');
  await refused([first, { ...second, ETag: first.ETag }], 'InvalidPart');
  await refused([first, { ...second, ChecksumCRC32: first.ChecksumCRC32 }], 'InvalidPart');
  await refused([first, { ...second, PartNumber: 3 }], 'InvalidPart');
  await refused([first], 'BadDigest');
  await refused([first, second], 'IncompleteBody', WHOLE, FIRST.length);
  const third = await write(UploadId, 3, SECOND);
  await refused([first, second, third], 'EntityTooSmall');
  await complete(UploadId, [first, second]);
  await refused([first, second], 'NoSuchUpload');
});

it('keeps small objects for real, lists them page by page, and says that it has no bytes of large ones', async () => {
  for (const name of ['a/1', 'a/2', 'b/1']) await s3.send(new PutObjectCommand({ Bucket, Key: name, Body: name }));
  const onlyNew = new PutObjectCommand({ Bucket, Key: 'a/1', Body: 'other', IfNoneMatch: '*' });
  await expect(s3.send(onlyNew)).rejects.toMatchObject({ name: 'PreconditionFailed' });
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'a/1' }));
  expect(await Body?.transformToString()).toBe('a/1');
  const page = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'a/', MaxKeys: 1 }));
  expect(page).toMatchObject({ IsTruncated: true, Contents: [{ Key: 'a/1', Size: 3 }] });
  const next = { ContinuationToken: page.NextContinuationToken };
  const rest = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'a/', ...next }));
  expect(rest).toMatchObject({ IsTruncated: false, Contents: [{ Key: 'a/2' }] });
  await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'a/1' }] } }));
  await expect(s3.send(new GetObjectCommand({ Bucket, Key: 'a/1' }))).rejects.toMatchObject({ name: 'NoSuchKey' });

  const UploadId = await begin();
  await complete(UploadId, [await write(UploadId, 1, SECOND)], encodeCrc32(crc32Of(SECOND)));
  const noBytes = { $metadata: { httpStatusCode: 501 } };
  await expect(s3.send(new GetObjectCommand({ Bucket, Key }))).rejects.toMatchObject(noBytes);
});
