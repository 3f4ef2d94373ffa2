/** An expected SHA-256: the object is visible only where the bytes have it, whatever way and order they came. */
import {
  abortUpload,
  MemoryBudget,
  openTransfer,
  transferParts,
  type BegunUpload,
  type TransferSpec,
} from '../../src/transfer';
import { answer, cutAfter } from '../support/source-server';
import { bytesOf, makeControl, MIB, moveAll, sha256 } from '../support/transfer-rig';
import { startRelayRig, type RelayRig } from './support/relay-rig';

let rig: RelayRig;
const SIZE = 23 * MIB + 7;
const WRONG = 'ab'.repeat(32);

beforeAll(async () => {
  rig = await startRelayRig('checksums', () => ({ body: bytesOf(SIZE), etag: '"v1"' }));
});
afterAll(() => rig.stop());
beforeEach(() => rig.reset());

const spec = (rest: object = {}): TransferSpec => rig.spec({ sha256: sha256(rig.source.file.body), ...rest });

/** Ways that bytes go: what the source is like, and how much there is. */
const ways: Record<string, () => void> = {
  'in one request': () => (rig.source.file.body = bytesOf(1000)),
  'nothing at all': () => (rig.source.file.body = Buffer.alloc(0)),
  'ranges in lanes': () => undefined,
  'one stream': () => (rig.source.file.etag = undefined),
  'a stream without a length': () => {
    rig.source.fault = (_request, response, file) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(file.body);
      return true;
    };
  },
};

describe.each(['direct', 'atomic'] as const)('%s', (publish) => {
  test.each(Object.keys(ways))('%s: what was promised', async (way) => {
    ways[way]!();
    const job = spec({ publish, sha256: sha256(rig.source.file.body).toUpperCase() });
    expect(await moveAll(job)).toMatchObject({ verified: 'sha256', bytes: rig.source.file.body.length });
    expect(sha256(await rig.read(job.key))).toBe(sha256(rig.source.file.body));
  });

  test.each(Object.keys(ways))('%s: something else is never visible', async (way) => {
    ways[way]!();
    const job = spec({ publish, sha256: WRONG });
    const failure: unknown = await moveAll(job).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ChecksumDiffers', retryable: false });
    expect(String(failure)).toContain(WRONG);
    expect(String(failure)).toContain(sha256(rig.source.file.body));
    expect(await rig.read(job.key)).toBeUndefined();
    expect(['put', 'complete'].map((each) => rig.proxy.count(each as 'put'))).toEqual([0, 0]);
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
  rig.proxy.script = ({ operation, url }) => {
    if (operation === 'part' && url.searchParams.get('partNumber') === '4') stopped.abort.abort(new Error('killed'));
    return 'pass';
  };
  await expect(transferParts(job, upload, stopped)).rejects.toThrow('killed');
  rig.proxy.seen.length = 0;
  rig.source.requests.length = 0;
  rig.proxy.script = () => 'pass';
  const moved = await transferParts({ ...job, lanes: 3 }, upload, makeControl());
  expect(moved).toMatchObject({ verified: 'sha256', bytes: SIZE });
  const sent = rig.proxy.seen
    .filter(({ operation }) => operation === 'part')
    .map(({ url }) => url.searchParams.get('partNumber'));
  expect(sent).not.toContain('1');
  expect(sent).not.toContain('3');
  expect(rig.source.requests.map(({ range }) => range?.first).sort()).toEqual(
    [0, 5, 10, 15, 20].map((mib) => mib * MIB).sort(),
  );
  // All of them of the version that was begun.
  expect(new Set(rig.source.requests.map(({ headers }) => headers['if-range']))).toEqual(new Set(['"v1"']));
});

test('memory for one part and many lanes: nobody waits for ever', async () => {
  const memory = new MemoryBudget(5 * MIB);
  await Promise.all([1, 2].map(() => moveAll(spec({ lanes: 8, memory }))));
  expect(memory.peakBytes).toBeLessThanOrEqual(5 * MIB);
  expect(memory.inUseBytes).toBe(0);
});

test('the first part comes last: the others wait, then all is well', async () => {
  const laterParts = [5, 10].map((mib) => mib * MIB);
  rig.source.fault = (request, response) => {
    if (request.range?.first !== 0 || request.headers['if-range'] === undefined) return false;
    const others = (): boolean =>
      laterParts.every((first) => rig.source.requests.some(({ range }) => range?.first === first));
    const look = setInterval(() => {
      if (!others()) return;
      clearInterval(look);
      answer(rig.source, request, response);
    }, 5);
    return true;
  };
  expect(await moveAll(spec())).toMatchObject({ verified: 'sha256' });
});

test('a part that fails for good ends those that wait for it', async () => {
  rig.source.fault = (request, response, file) => {
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
  expect(await rig.openUploads(key)).toEqual([]);
});
