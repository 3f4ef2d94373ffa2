/** Files of no bytes, bodies that are not as long as they say, and servers that recover. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { AddressGuard, createHttpClient, SourceUrl, type TransferSpec } from '../../src/transfer';
import { validators, type SourceServer } from '../support/source-server';
import { bytesOf, MIB, moveAll, sha256 } from '../support/transfer-rig';
import { startRelayRig, type RelayRig } from './support/relay-rig';

let rig: RelayRig;

beforeAll(async () => {
  rig = await startRelayRig('odd-lengths', () => ({ body: Buffer.alloc(0), etag: '"v1"' }));
});
afterAll(() => rig.stop());
beforeEach(() => rig.reset());

const spec = (rest: object = {}): TransferSpec => rig.spec({ publish: 'direct', ...rest });

/** Answers that are empty, and what may be said of them. */
const empty: [string, SourceServer['fault'], string][] = [
  ['416 to the range, then a length of 0', () => false, 'crc32'],
  [
    'a length of 0 at once',
    (_request, response) => {
      response.writeHead(200, { 'content-length': 0 }).end();
      return true;
    },
    'crc32',
  ],
  [
    'no length',
    (_request, response) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' }).end();
      return true;
    },
    'unverified',
  ],
];

test.each(empty)('an empty file, %s: an empty object by one request', async (_name, fault, verified) => {
  rig.source.fault = fault;
  const job = spec();
  expect(await moveAll(job)).toMatchObject({ bytes: 0, parts: 1, verified });
  expect(rig.proxy.seen.map(({ operation }) => operation)).toEqual(['put']);
  expect(await rig.read(job.key)).toEqual(Buffer.alloc(0));
  expect(await rig.openUploads()).toEqual([]);
});

test.each([1000, 11 * MIB])('500, then 200: %d bytes arrive', async (size) => {
  rig.source.file.body = bytesOf(size);
  rig.source.fault = ({ number }, response) => {
    if (number !== 0 && number !== 2) return false;
    response.writeHead(500).end('oops');
    return true;
  };
  const job = spec();
  await moveAll(job);
  expect(sha256(await rig.read(job.key))).toBe(sha256(rig.source.file.body));
});

test('a range that brings more bytes than Content-Range says', async () => {
  rig.source.file.body = bytesOf(11 * MIB);
  rig.source.fault = (request, response, file) => {
    const { first, last } = { last: 0, first: 0, ...request.range };
    const body = file.body.subarray(first, last + 2);
    response.writeHead(206, {
      ...validators(file),
      'content-range': `bytes ${first}-${Math.min(last, file.body.length - 1)}/${file.body.length}`,
    });
    response.end(body);
    return true;
  };
  const job = spec();
  await expect(moveAll(job)).rejects.toMatchObject({ code: 'SourceProtocol' });
  expect(await rig.read(job.key)).toBeUndefined();
});

test('the read-ahead of bodies can be set', async () => {
  rig.source.file.body = bytesOf(11 * MIB);
  const guard = new AddressGuard({ allowedHosts: ['127.0.0.0/8'] });
  const own = createHttpClient({ guard, readChunkBytes: 256 * 1024 });
  const { body } = await own.get(new SourceUrl(rig.source.url), {}, new AbortController().signal);
  expect(body.readableHighWaterMark).toBe(256 * 1024);
  body.on('error', () => undefined).destroy();
  await own.close();
});

/** Says 1,000 bytes and sends `extra` too: only a raw socket does that. Counts its connections. */
async function startOverlong(extra: Buffer): Promise<{ url: string; server: Server; connections: () => number }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined);
    socket.on('data', () => {
      const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\ncontent-length: 1000\r\n\r\n';
      socket.write(Buffer.concat([Buffer.from(head), bytesOf(1000), extra]));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/data.csv`, server, connections: () => connections };
}

/** RFC 9112 section 6.3 lets a client discard them; a file that was cut off so cannot be told from one that was not. */
test.each([
  ['bytes', bytesOf(500, 1000)],
  ['what looks like the next answer', Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfake')],
])('beyond Content-Length, %s: never part of this file nor of the next', async (_name, extra) => {
  const { url, server, connections } = await startOverlong(extra);
  try {
    for (const times of [1, 2]) {
      const job = spec({ url });
      expect(await moveAll(job)).toMatchObject({ bytes: 1000 });
      expect(await rig.read(job.key)).toEqual(bytesOf(1000));
      expect(connections()).toBe(times);
    }
  } finally {
    server.close();
  }
});
