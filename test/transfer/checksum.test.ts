/** An expected SHA-256: the object is visible only where the bytes have it, whatever way and order they came. */
import {
  abortUpload,
  MemoryBudget,
  openTransfer,
  transferParts,
  type BegunUpload,
  type HttpClient,
  type TransferSpec,
} from '../../src/transfer';
import { startS3Proxy, type S3Proxy } from '../support/s3-proxy';
import { answer, cutAfter, startSourceServer, type SourceServer } from '../support/source-server';
import {
  bytesOf,
  makeControl,
  makeSpec,
  MIB,
  moveAll,
  openUploads,
  readObject,
  sha256,
  testHttp,
} from '../support/transfer-rig';
import { startTestS3, type TestS3 } from '../support/versitygw';

let s3: TestS3;
let proxy: S3Proxy;
let source: SourceServer;
let http: HttpClient;
const bucket = 'checksums';
const SIZE = 23 * MIB + 7;
const WRONG = 'ab'.repeat(32);

beforeAll(async () => {
  s3 = await startTestS3();
  await s3.bucket(bucket);
  source = await startSourceServer({ body: bytesOf(SIZE), etag: '"v1"' });
  proxy = await startS3Proxy(s3.endpoint);
  http = testHttp();
});
afterAll(async () => {
  await http.close();
  await proxy.close();
  await source.close();
  await s3.stop();
});
beforeEach(() => {
  source.file = { body: bytesOf(SIZE), etag: '"v1"' };
  source.fault = () => false;
  source.requests.length = 0;
  source.servedBytes = 0;
  proxy.seen.length = 0;
  proxy.script = () => 'pass';
});

const spec = (rest: object = {}): TransferSpec =>
  makeSpec({
    url: source.url,
    http,
    client: s3.clientAt(proxy.endpoint),
    bucket,
    sha256: sha256(source.file.body),
    ...rest,
  });

/** Ways that bytes go: what the source is like, and how much there is. */
const ways: Record<string, () => void> = {
  'in one request': () => (source.file.body = bytesOf(1000)),
  'nothing at all': () => (source.file.body = Buffer.alloc(0)),
  'ranges in lanes': () => undefined,
  'one stream': () => (source.file.etag = undefined),
  'a stream without a length': () => {
    source.fault = (_request, response, file) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(file.body);
      return true;
    };
  },
};

describe.each(['direct', 'atomic'] as const)('%s', (publish) => {
  test.each(Object.keys(ways))('%s: what was promised', async (way) => {
    ways[way]!();
    const job = spec({ publish, sha256: sha256(source.file.body).toUpperCase() });
    expect(await moveAll(job)).toMatchObject({ verified: 'sha256', bytes: source.file.body.length });
    expect(sha256(await readObject(s3.client, bucket, job.key))).toBe(sha256(source.file.body));
  });

  test.each(Object.keys(ways))('%s: something else is never visible', async (way) => {
    ways[way]!();
    const job = spec({ publish, sha256: WRONG });
    const failure: unknown = await moveAll(job).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ChecksumDiffers', retryable: false });
    expect(String(failure)).toContain(WRONG);
    expect(String(failure)).toContain(sha256(source.file.body));
    expect(await readObject(s3.client, bucket, job.key)).toBeUndefined();
    expect(['put', 'complete'].map((each) => proxy.count(each as 'put'))).toEqual([0, 0]);
  });
});

async function beginLarge(job: TransferSpec): Promise<BegunUpload> {
  const opened = await openTransfer(job, makeControl());
  if (opened.kind !== 'begun') throw new Error('it does not fit in one part');
  return opened.upload;
}

test('after a crash what has arrived is read for the hash and not sent again', async () => {
  const job = spec({ lanes: 1 });
  const upload = await beginLarge(job);
  const stopped = makeControl();
  proxy.script = ({ operation, url }) => {
    if (operation === 'part' && url.searchParams.get('partNumber') === '4') stopped.abort.abort(new Error('killed'));
    return 'pass';
  };
  await expect(transferParts(job, upload, stopped)).rejects.toThrow('killed');
  proxy.seen.length = 0;
  source.requests.length = 0;
  proxy.script = () => 'pass';
  const moved = await transferParts({ ...job, lanes: 3 }, upload, makeControl());
  expect(moved).toMatchObject({ verified: 'sha256', bytes: SIZE });
  const sent = proxy.seen
    .filter(({ operation }) => operation === 'part')
    .map(({ url }) => url.searchParams.get('partNumber'));
  expect(sent).not.toContain('1');
  expect(sent).not.toContain('3');
  expect(source.requests.map(({ range }) => range?.first).sort()).toEqual(
    [0, 5, 10, 15, 20].map((mib) => mib * MIB).sort(),
  );
  // All of them of the version that was begun.
  expect(new Set(source.requests.map(({ headers }) => headers['if-range']))).toEqual(new Set(['"v1"']));
});

test('memory for one part and many lanes: nobody waits for ever', async () => {
  const memory = new MemoryBudget(5 * MIB);
  await Promise.all([1, 2].map(() => moveAll(spec({ lanes: 8, memory }))));
  expect(memory.peakBytes).toBeLessThanOrEqual(5 * MIB);
  expect(memory.inUseBytes).toBe(0);
});

test('the first part comes last: the others wait, then all is well', async () => {
  const laterParts = [5, 10].map((mib) => mib * MIB);
  source.fault = (request, response) => {
    if (request.range?.first !== 0 || request.headers['if-range'] === undefined) return false;
    const others = (): boolean =>
      laterParts.every((first) => source.requests.some(({ range }) => range?.first === first));
    const look = setInterval(() => {
      if (!others()) return;
      clearInterval(look);
      answer(source, request, response);
    }, 5);
    return true;
  };
  expect(await moveAll(spec())).toMatchObject({ verified: 'sha256' });
});

test('a part that fails for good ends those that wait for it', async () => {
  source.fault = (request, response, file) => {
    if (request.range?.first !== 5 * MIB) return false;
    cutAfter(request, response, file, 0);
    return true;
  };
  const job = spec({ retry: { baseDelayMs: 5, maxDelayMs: 10, totalMs: 100 } });
  await expect(moveAll(job)).rejects.toMatchObject({ code: 'SourceTruncated' });
  expect(job.memory.inUseBytes).toBe(0);
});

test('the upload of what differs is there for the caller to abort', async () => {
  const job = spec({ sha256: WRONG });
  const upload = await beginLarge(job);
  await expect(transferParts(job, upload, makeControl())).rejects.toMatchObject({ code: 'ChecksumDiffers' });
  const { destination, key } = job;
  const { signal } = new AbortController();
  expect(await abortUpload({ destination, key, uploadId: upload.uploadId, signal })).toBe(true);
  expect(await openUploads(s3.client, bucket, key)).toEqual([]);
});
