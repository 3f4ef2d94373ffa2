/** What Google Cloud Storage may do wrong, before, during and after each request: nothing lost, nothing twice, nothing left. */
import {
  createGcsDestination,
  createGcsSource,
  removeTemporaries,
  listTemporaries,
  MemoryBudget,
  openTransfer,
  transferParts,
  abortUpload,
} from '../../src/transfer';
import type { GcsFault, GcsOperation } from '../../src/dev/gcs-server';
import type { TransferSpec } from '../../src/transfer';
import { bytesOf, makeControl, MIB, moveAll, publish, sha256 } from '../support/transfer-rig';
import { BUCKET, FROM, leftovers, putOrigin, startGcsRig, type GcsRig } from './support/gcs-rig';

let rig: GcsRig;
let body: Buffer;
const SIZE = 11 * MIB + 7;

beforeAll(async () => {
  rig = await startGcsRig();
});
afterAll(() => rig.stop());
beforeEach(async () => {
  rig.gcs.clearFaults();
  await rig.gcs.loseSessions();
  await removeTemporaries({
    destination: rig.destination(),
    olderThanMs: -1_000,
    signal: new AbortController().signal,
  });
  rig.gcs.log.clear();
  body = await putOrigin(rig.gcs, SIZE);
});

const byParts = (rest: Partial<TransferSpec> = {}): TransferSpec =>
  rig.spec({ destination: rig.destination({ sessionMaxBytes: 0 }), ...rest });

async function expectMoved(job: TransferSpec): Promise<void> {
  expect(sha256(await rig.gcs.readObject(BUCKET, job.key))).toBe(sha256(body));
  expect(leftovers(rig.gcs)).toEqual([]);
  expect(job.memory.inUseBytes).toBe(0);
}

const faults: [string, Omit<GcsFault, 'match'>][] = [
  ['503', { status: 503, reason: 'backendError' }],
  ['429 with Retry-After 0', { status: 429, reason: 'rateLimitExceeded', retryAfterSeconds: 0 }],
  ['403 of a rate limit', { status: 403, reason: 'userRateLimitExceeded' }],
  ['408', { status: 408 }],
  ['500 without a document', { status: 500, body: '' }],
  ['a reset before', { destroyBefore: true }],
  ['its answer lost', { loseAnswer: true }],
  ['503 after doing it', { status: 503, afterEffect: true }],
];

describe.each<GcsOperation>([
  'xml.initiateMultipart',
  'xml.uploadPart',
  'xml.listParts',
  'xml.completeMultipart',
  'objects.rewrite',
  'objects.delete',
  'objects.get',
])('by parts, %s', (operation) => {
  test.each(faults)('%s', async (_name, fault) => {
    const job = byParts();
    rig.gcs.failNext({ match: { operation, bucket: BUCKET }, ...fault });
    expect(await moveAll(job)).toMatchObject({ bytes: SIZE, verified: 'crc32c' });
    await expectMoved(job);
  });
});

describe.each<GcsOperation>(['resumable.start', 'resumable.put', 'resumable.query'])(
  'by a session, %s',
  (operation) => {
    test.each(faults)('%s', async (_name, fault) => {
      const job = rig.spec();
      // A query is made only after a doubt.
      if (operation === 'resumable.query')
        rig.gcs.failNext({ match: { operation: 'resumable.put' }, cutAfterBytes: MIB });
      rig.gcs.failNext({ match: { operation }, ...fault });
      expect(await moveAll(job)).toMatchObject({ bytes: SIZE, verified: 'crc32c' });
      await rig.gcs.loseSessions();
      await expectMoved(job);
    });
  },
);

describe('a session', () => {
  test.each([0, 1, 2])('whose chunk %d is kept in part goes on where the store is', async (skip) => {
    const job = rig.spec();
    rig.gcs.failNext({ match: { operation: 'resumable.put' }, skip, commitAtMostBytes: MIB });
    const moved = await moveAll(job);
    expect(moved.verified).toBe('crc32c');
    expect(rig.gcs.log.count('resumable.put')).toBe(4);
    await expectMoved(job);
  });

  test.each([0, 1, 2])('whose chunk %d breaks off goes on where the store is', async (skip) => {
    const job = rig.spec();
    rig.gcs.failNext({ match: { operation: 'resumable.put' }, skip, cutAfterBytes: MIB - 5 });
    await moveAll(job);
    const ranges = rig.gcs.log.requests.filter(({ operation }) => operation === 'resumable.put');
    expect(ranges[skip + 1]?.contentRange).not.toBe(ranges[skip]?.contentRange);
    await expectMoved(job);
  });

  test.each([
    [404, 0],
    [410, 1],
    [410, 2],
  ] as const)('that is lost (%d) at chunk %d starts again', async (loseSession, skip) => {
    const job = rig.spec({ sha256: sha256(body) });
    rig.gcs.failNext({ match: { operation: 'resumable.put' }, skip, loseSession });
    expect(await moveAll(job)).toMatchObject({ verified: 'sha256' });
    expect(rig.gcs.log.count('resumable.start')).toBe(2);
    await expectMoved(job);
  });

  test('that is lost again and again is given up', async () => {
    const job = rig.spec();
    rig.gcs.failNext({ match: { operation: 'resumable.put' }, loseSession: 410, times: Infinity });
    await expect(moveAll(job)).rejects.toMatchObject({ code: 'UploadLost' });
    expect(rig.gcs.object(BUCKET, job.key)).toBeNull();
  });

  test('with damaged bytes is never visible, and sent again', async () => {
    const job = rig.spec();
    rig.gcs.failNext({ match: { operation: 'resumable.put' }, skip: 1, corruptAtByte: 12_345 });
    await moveAll(job);
    expect(rig.gcs.log.count('resumable.start')).toBe(2);
    await expectMoved(job);
  });

  test('is given up before its last chunk where the SHA-256 is another', async () => {
    const job = rig.spec({ sha256: '0'.repeat(64) });
    await expect(moveAll(job)).rejects.toMatchObject({ code: 'ChecksumDiffers' });
    expect(rig.gcs.log.count('resumable.put')).toBe(2);
    expect(rig.gcs.object(BUCKET, job.key)).toBeNull();
    expect(leftovers(rig.gcs)).toEqual([]);
  });

  test('leaves nothing of itself in checkpoints, events or errors', async () => {
    const said: unknown[] = [];
    const job = rig.spec({
      onEvent: (event) => void said.push(event),
      onRetry: (error) => void said.push(error.message),
    });
    rig.gcs.failNext({ match: { operation: 'resumable.put' }, times: 2, status: 503 });
    rig.gcs.failNext({ match: { operation: 'resumable.put' }, skip: 1, loseSession: 410, times: Infinity });
    const control = makeControl();
    const error: unknown = await moveAll(job, control).catch((thrown: unknown) => thrown);
    const all = JSON.stringify([said, control.seen, error, String(error), (error as Error).stack]);
    expect(all).toContain('UploadLost');
    expect(all).not.toMatch(/upload_id|uploadType/);
  });

  test('reads ahead only where memory is free', async () => {
    const memory = new MemoryBudget(5 * MIB);
    await Promise.all([1, 2, 3].map(() => moveAll(rig.spec({ memory }))));
    expect(memory.peakBytes).toBe(5 * MIB);
    expect(memory.inUseBytes).toBe(0);
  });
});

describe('damaged bytes', () => {
  test.each<[string, GcsFault, () => TransferSpec]>([
    ['of a small object', { match: { operation: 'objects.insert' }, corruptAtByte: 900 }, () => small()],
    ['of a part', { match: { operation: 'xml.uploadPart' }, corruptAtByte: 4000 }, () => byParts()],
  ])('%s are refused and sent again', async (_name, fault, make) => {
    const job = make();
    rig.gcs.failNext(fault);
    await moveAll(job);
    expect(rig.gcs.log.count(fault.match?.operation as GcsOperation)).toBeGreaterThan(1);
  });

  test.each([1000, SIZE])('from the source, of %d bytes, are never published', async (size) => {
    await putOrigin(rig.gcs, size);
    for (const job of [rig.spec(), byParts(), byParts({ publish: 'atomic' })]) {
      rig.gcs.failNext({ match: { operation: 'objects.media' }, corruptAtByte: 777 });
      await expect(moveAll(job)).rejects.toMatchObject({ code: 'SourceDamaged', retryable: true });
      expect(rig.gcs.object(BUCKET, job.key)).toBeNull();
      expect(leftovers(rig.gcs)).toEqual([]);
    }
  });
});

const small = (): TransferSpec =>
  rig.spec({ source: createGcsSource({ client: rig.client, bucket: FROM, key: 'small' }) });
beforeEach(() => rig.gcs.putObject(FROM, 'small', bytesOf(2000)));

describe('the source', () => {
  test('is read by ranges of one generation; another is a change', async () => {
    const job = byParts();
    const opened = await openTransfer(job, makeControl());
    if (opened.kind !== 'begun') throw new Error('it is large');
    await putOrigin(rig.gcs, SIZE, 5);
    await expect(transferParts(job, opened.upload, makeControl())).rejects.toMatchObject({ code: 'SourceChanged' });
    const { destination, key } = job;
    const { signal } = new AbortController();
    await abortUpload({ destination, key, uploadId: opened.upload.uploadId, signal });
    expect(leftovers(rig.gcs)).toEqual([]);
  });

  test.each(['cutAfterBytes', 'truncateToBytes', 'stallAfterBytes'] as const)('%s: goes on', async (kind) => {
    const job = byParts({ stallTimeoutMs: 200 });
    rig.gcs.failNext({ match: { operation: 'objects.media' }, skip: 1, [kind]: MIB });
    await moveAll(job);
    await expectMoved(job);
  });

  test.each([
    [{ status: 404, reason: 'notFound' }, 'SourceNotFound'],
    [{ status: 403, reason: 'forbidden' }, 'SourceForbidden'],
    [{ status: 401 }, 'GoogleCredentialsRefused'],
  ])('%j', async (fault, code) => {
    rig.gcs.failNext({ match: { operation: 'objects.media' }, ...fault });
    await expect(moveAll(rig.spec())).rejects.toMatchObject({ code });
    expect(rig.gcs.log.count('objects.media')).toBe(1);
  });

  test('there is no such bucket, or nobody listens', async () => {
    const gone = createGcsSource({ client: rig.client, bucket: 'nowhere', key: 'x' });
    await expect(moveAll(rig.spec({ source: gone }))).rejects.toMatchObject({ code: 'SourceNotFound' });
    const closed = rig.clientWith({ endpoint: 'http://127.0.0.1:1' });
    const source = createGcsSource({ client: closed, bucket: FROM, key: 'x' });
    const retry = { baseDelayMs: 1, maxDelayMs: 1, totalMs: 20 };
    await expect(moveAll(rig.spec({ source, retry }))).rejects.toMatchObject({ code: 'SourceUnreachable' });
    const destination = createGcsDestination({ client: closed, bucket: BUCKET });
    await expect(moveAll(rig.spec({ destination, retry }))).rejects.toMatchObject({ code: 'DestinationUnreachable' });
  });

  test('decompressed on the way in spite of all is refused', async () => {
    await rig.gcs.putObject(FROM, 'packed', bytesOf(100), { contentEncoding: 'gzip' });
    const source = createGcsSource({ client: rig.client, bucket: FROM, key: 'packed' });
    rig.gcs.failNext({ match: { operation: 'objects.media' }, replaceHeaders: { 'Content-Encoding': null } });
    await expect(moveAll(rig.spec({ source }))).rejects.toMatchObject({ code: 'SourceProtocol' });
  });
});

describe('temporaries', () => {
  test('are found by age, removed, and strangers left alone', async () => {
    const destination = rig.destination({ sessionMaxBytes: 0 });
    const begun = await openTransfer(byParts({ destination }), makeControl());
    const done = byParts({ destination, publish: 'atomic' });
    rig.gcs.failNext({ match: { operation: 'objects.rewrite' }, status: 403, times: Infinity });
    await expect(moveAll(done)).rejects.toMatchObject({ code: 'AccessDenied' });
    await rig.gcs.putObject(BUCKET, '.longhaul-tmp/of-others', bytesOf(5));
    const { signal } = new AbortController();
    expect(begun.kind).toBe('begun');
    expect(await listTemporaries({ destination, olderThanMs: 60_000, signal })).toEqual([]);
    const found = await removeTemporaries({ destination, olderThanMs: -1_000, signal });
    expect(found.map(({ kind }) => kind).sort()).toEqual(['object', 'upload']);
    expect(found.map(({ transferId }) => transferId)).toContain(done.transferId);
    expect(leftovers(rig.gcs)).toEqual(['.longhaul-tmp/of-others']);
    await destination.deleteObject('.longhaul-tmp/of-others', undefined, signal);
  });

  test('an abort removes what was completed and not published', async () => {
    const job = byParts({ publish: 'atomic' });
    const opened = await openTransfer(job, makeControl());
    if (opened.kind !== 'begun') throw new Error('it is large');
    const moved = await transferParts(job, opened.upload, makeControl());
    const clear = rig.gcs.failNext({ match: { operation: 'objects.rewrite' }, status: 403, times: Infinity });
    await expect(publish(job, moved)).rejects.toMatchObject({ code: 'AccessDenied' });
    clear();
    expect(leftovers(rig.gcs)).toHaveLength(1);
    const { destination, key } = job;
    const request = { destination, key, uploadId: opened.upload.uploadId, signal: new AbortController().signal };
    expect(await abortUpload(request)).toBe(true);
    expect(await abortUpload(request)).toBe(false);
    expect(leftovers(rig.gcs)).toEqual([]);
  });
});
