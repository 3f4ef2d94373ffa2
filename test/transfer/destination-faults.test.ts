/** What stores do wrong, through a scripted proxy before the real server: nothing lost, nothing twice, nothing left. */
import { CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { abortUpload, crc32Of, deleteIfOurs, MemoryBudget, openTransfer, transferParts } from '../../src/transfer';
import { errorXml, type Operation, type Verdict } from '../support/s3-proxy';
import { bytesOf, makeControl, MIB, moveAll, publish, sha256 } from '../support/transfer-rig';
import { startRelayRig, type RelayRig } from './support/relay-rig';

let rig: RelayRig;
const SIZE = 6 * MIB;

beforeAll(async () => {
  rig = await startRelayRig('store-faults', () => ({ body: bytesOf(SIZE), etag: '"v1"' }));
});
afterAll(() => rig.stop());
beforeEach(() => rig.reset());

const atFirst = (operation: Operation, verdict: Verdict, times = 1): void => {
  rig.proxy.script = (request) => (request.operation === operation && request.nth <= times ? verdict : 'pass');
};

const slowDown = (retryAfter?: string): Verdict => ({
  status: 503,
  body: errorXml('SlowDown'),
  ...(retryAfter === undefined ? {} : { headers: { 'retry-after': retryAfter } }),
});

const faults: [string, Verdict][] = [
  ['500', { status: 500, body: errorXml('InternalError') }],
  ['503 without a body', { status: 503 }],
  ['SlowDown, Retry-After 0', slowDown('0')],
  ['SlowDown, Retry-After garbage', slowDown('later')],
  ['SlowDown, Retry-After 1', slowDown('1')],
  ['a reset before', 'reset'],
  ['its answer lost', 'loseAnswer'],
  ['a bad digest', { status: 400, body: errorXml('BadDigest') }],
];

describe.each(['create', 'part', 'listParts', 'complete'] as Operation[])('%s', (operation) => {
  test.each(faults)('%s: the object arrives, no upload is left', async (name, verdict) => {
    if (operation === 'complete' && name === 'a bad digest') return;
    const job = rig.spec();
    atFirst(operation, verdict);
    const moved = await moveAll(job);
    expect(moved).toMatchObject({ bytes: SIZE, verified: 'crc32' });
    expect(sha256(await rig.read(job.key))).toBe(sha256(rig.source.file.body));
    expect(await rig.openUploads()).toEqual([]);
  });
});

test('a bad digest on Complete is final: the parts are not what was sent', async () => {
  const job = rig.spec();
  atFirst('complete', { status: 400, body: errorXml('BadDigest') }, 99);
  await expect(moveAll(job)).rejects.toMatchObject({ code: 'VerificationFailed' });
  expect(await rig.read(job.key)).toBeUndefined();
});

test('Complete answers 200 with an error inside, before and after doing it', async () => {
  const before = rig.spec();
  atFirst('complete', { status: 200, body: errorXml('InternalError') });
  expect(await moveAll(before)).toMatchObject({ verified: 'crc32' });
  const after = rig.spec();
  rig.proxy.seen.length = 0;
  atFirst('complete', { after: { status: 200, body: errorXml('InternalError') } });
  expect(await moveAll(after)).toMatchObject({ verified: 'crc32' });
  // It was seen to be there, not completed again.
  expect(rig.proxy.count('complete')).toBe(1);
});

test('NoSuchUpload after our own success is success', async () => {
  const job = rig.spec();
  atFirst('complete', { after: { status: 404, body: errorXml('NoSuchUpload') } });
  expect(await moveAll(job)).toMatchObject({ verified: 'crc32' });
});

test('NoSuchUpload while somebody else’s object is there is a loss', async () => {
  const job = rig.spec();
  await moveAll({ ...job, transferId: 'another' });
  atFirst('complete', { status: 404, body: errorXml('NoSuchUpload') }, 99);
  await expect(moveAll(job)).rejects.toMatchObject({ code: 'UploadLost' });
});

test('a direct PutObject whose answer is lost is not written twice', async () => {
  rig.source.file.body = bytesOf(1000);
  const job = rig.spec({ publish: 'direct' });
  atFirst('put', 'loseAnswer');
  expect(await moveAll(job)).toMatchObject({ sentBytes: 1000, verified: 'crc32' });
  expect(rig.proxy.count('put')).toBe(1);
});

test.each([
  ['AccessDenied', 403, 'AccessDenied'],
  ['ExpiredToken', 400, 'CredentialsExpired'],
  ['RequestTimeTooSkewed', 403, 'ClockSkewed'],
  ['NoSuchBucket', 404, 'BucketNotFound'],
  ['EntityTooLarge', 400, 'DestinationRejected'],
])('%s is final and named', async (name, status, code) => {
  atFirst('create', { status, body: errorXml(name) }, 99);
  await expect(moveAll(rig.spec())).rejects.toMatchObject({ code });
  expect(rig.proxy.count('create')).toBe(1);
});

test('the budget of retries ends, and what is asked for is handed on', async () => {
  atFirst('create', slowDown('7'), 99);
  const error: unknown = await moveAll(rig.spec()).catch((e: unknown) => e);
  expect(error).toMatchObject({ code: 'DestinationThrottled', context: { retryAfterMs: 7000, httpStatus: 503 } });
});

describe('a repeated attempt', () => {
  test('adopts the upload that an earlier one began and did not tell', async () => {
    const job = rig.spec();
    const since = new Date();
    await openTransfer(job, makeControl());
    rig.proxy.seen.length = 0;
    const again = await openTransfer(job, makeControl({ repeatedSince: since }));
    expect(again.kind).toBe('begun');
    expect(rig.proxy.count('create') + rig.proxy.count('part')).toBe(0);
    expect(await rig.openUploads(job.key)).toHaveLength(1);
    if (again.kind !== 'begun') return;
    const { destination, key } = job;
    const { signal } = new AbortController();
    expect(await abortUpload({ destination, key, uploadId: again.upload.uploadId, signal })).toBe(true);
    expect(await abortUpload({ destination, key, uploadId: again.upload.uploadId, signal })).toBe(false);
    expect(await rig.openUploads(job.key)).toEqual([]);
  });

  test('leaves an upload of somebody else under the same key alone', async () => {
    const job = rig.spec();
    const foreign = await rig.s3.client.send(new CreateMultipartUploadCommand({ Bucket: rig.bucket, Key: job.key }));
    const at = { Bucket: rig.bucket, Key: job.key, UploadId: foreign.UploadId };
    await rig.s3.client.send(new UploadPartCommand({ ...at, PartNumber: 1, Body: bytesOf(100) }));
    const moved = await openTransfer(job, makeControl({ repeatedSince: new Date() }));
    if (moved.kind !== 'begun') throw new Error('it is large');
    expect(moved.upload.uploadId).not.toBe(foreign.UploadId);
    const { destination, key } = job;
    const { signal } = new AbortController();
    await abortUpload({ destination, key, uploadId: moved.upload.uploadId, signal });
    expect(await rig.openUploads(job.key)).toEqual([job.key]);
    await abortUpload({ destination, key, uploadId: foreign.UploadId!, signal });
  });

  test('direct: finds its own object and moves nothing', async () => {
    const job = rig.spec({ publish: 'direct' });
    await moveAll(job);
    rig.source.requests.length = 0;
    const again = await openTransfer(job, makeControl({ repeatedSince: new Date() }));
    expect(again).toMatchObject({ kind: 'moved', object: { bytes: SIZE, verified: 'crc32', parts: 2 } });
    expect(rig.source.requests).toEqual([]);
  });

  test.each([1, 2, 3])('after an abort at part %d sends no acknowledged part again', async (acknowledged) => {
    rig.source.file.body = bytesOf(24 * MIB);
    const job = rig.spec({ lanes: 2, listPageSize: 2 });
    const opened = await openTransfer(job, makeControl());
    if (opened.kind !== 'begun') throw new Error('it is large');
    const first = makeControl();
    const stopping = {
      ...first,
      onProgress: (checkpoint: Parameters<typeof first.onProgress>[0]) => {
        first.onProgress(checkpoint);
        if (checkpoint.parts > acknowledged) first.abort.abort(new Error('stop now'));
      },
    };
    await expect(transferParts(job, opened.upload, stopping)).rejects.toThrow('stop now');
    const checkpoint = first.seen.at(-1)!;
    expect(job.memory.inUseBytes).toBe(0);
    const moved = await transferParts(job, opened.upload, makeControl({ checkpoint, repeatedSince: new Date() }));
    expect(moved.sentBytes - moved.bytes).toBeLessThanOrEqual(2 * job.partSizeBytes);
    await publish(job, moved);
    expect(sha256(await rig.read(job.key))).toBe(sha256(rig.source.file.body));
  });

  test('does not trust a part without a checksum or of another size', async () => {
    const job = rig.spec();
    const opened = await openTransfer(job, makeControl());
    if (opened.kind !== 'begun') throw new Error('it is large');
    const { signal } = new AbortController();
    const wrong = { number: 2, body: Buffer.alloc(100, 1), crc32: 0 };
    wrong.crc32 = crc32Of(wrong.body);
    await job.destination.writePart(job.key, opened.upload.uploadId, wrong, signal);
    await publish(job, await transferParts(job, opened.upload, makeControl()));
    expect(sha256(await rig.read(job.key))).toBe(sha256(rig.source.file.body));
  });
});

test('deleteIfOurs deletes only what carries our marker', async () => {
  const job = rig.spec({ publish: 'direct' });
  await moveAll(job);
  const { destination, key, transferId } = job;
  const { signal } = new AbortController();
  expect(await deleteIfOurs({ destination, key, transferId: 'another', signal })).toBe(false);
  expect(await deleteIfOurs({ destination, key, transferId, signal })).toBe(true);
  expect(await deleteIfOurs({ destination, key, transferId, signal })).toBe(false);
});

test('memory stays within the budget, and lanes wait for it', async () => {
  rig.source.file.body = bytesOf(24 * MIB);
  const memory = new MemoryBudget(10 * MIB);
  await Promise.all([moveAll(rig.spec({ memory, lanes: 4 })), moveAll(rig.spec({ memory, lanes: 4 }))]);
  expect(memory.peakBytes).toBeLessThanOrEqual(10 * MIB);
  expect(memory.inUseBytes).toBe(0);
});
