/** Requests counted are the requests on the wire, those made again included. */
import { countRequests, type RequestCounter } from '../../src/transfer';
import { errorXml, type Operation } from '../support/s3-proxy';
import { bytesOf, MIB, moveAll } from '../support/transfer-rig';
import { startRelayRig, type RelayRig } from './support/relay-rig';

let rig: RelayRig;

beforeAll(async () => {
  rig = await startRelayRig('request-counts', () => ({ body: bytesOf(17 * MIB), etag: '"v1"' }));
});
afterAll(() => rig.stop());
beforeEach(() => rig.reset());

const WIRE: Partial<Record<Operation, string>> = {
  create: 'create_multipart',
  part: 'upload_part',
  complete: 'complete_multipart',
  listParts: 'list_parts',
  listUploads: 'list_multipart_uploads',
  put: 'put_object',
  head: 'head_object',
};

const onTheWire = (): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { operation } of rig.proxy.seen) {
    const name = WIRE[operation] ?? operation;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};

const move = (rest: object = {}): ReturnType<typeof moveAll> => moveAll(rig.spec({ publish: 'direct', ...rest }));

const slowDown = { status: 503, body: errorXml('SlowDown') } as const;

test('a large object whose every operation is told once to slow down', async () => {
  rig.proxy.script = ({ nth }) => (nth === 1 ? slowDown : 'pass');
  const { requests } = await countRequests(() => move());
  expect(requests).toEqual(onTheWire());
  expect(requests).toMatchObject({ create_multipart: 2, upload_part: 5, complete_multipart: 2 });
});

test('connections that break count too', async () => {
  rig.proxy.script = ({ operation, nth }) => (operation === 'part' && nth === 2 ? 'reset' : 'pass');
  const { requests } = await countRequests(() => move());
  expect(requests).toEqual(onTheWire());
  expect(requests).toMatchObject({ upload_part: 5 });
});

test('two at once, each with its own counts', async () => {
  const [atomic, direct] = await Promise.all([
    countRequests(() => move({ publish: 'atomic', partSizeBytes: 24 * MIB })),
    countRequests(() => move({ partSizeBytes: 24 * MIB })),
  ]);
  expect(atomic.requests).toEqual({ create_multipart: 1, upload_part: 1, complete_multipart: 1 });
  expect(direct.requests).toEqual({ put_object: 1 });
});

test('work that fails leaves its counts', async () => {
  rig.proxy.script = ({ operation }) =>
    operation === 'create' ? { status: 403, body: errorXml('AccessDenied') } : 'pass';
  let kept: RequestCounter | undefined;
  const failing = countRequests((counter) => {
    kept = counter;
    return move();
  });
  await expect(failing).rejects.toMatchObject({ code: 'AccessDenied' });
  expect(kept?.counts).toEqual({ create_multipart: 1 });
});
