/** Files of no bytes, bodies that are not as long as they say, and servers that recover. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { AddressGuard, createHttpClient, SourceUrl, type HttpClient, type TransferSpec } from '../../src/transfer';
import { startS3Proxy, type S3Proxy } from '../support/s3-proxy';
import { startSourceServer, validators, type SourceServer } from '../support/source-server';
import { bytesOf, makeSpec, MIB, moveAll, openUploads, readObject, sha256, testHttp } from '../support/transfer-rig';
import { startTestS3, type TestS3 } from '../support/versitygw';

let s3: TestS3;
let proxy: S3Proxy;
let source: SourceServer;
let http: HttpClient;
const bucket = 'odd-lengths';

beforeAll(async () => {
  s3 = await startTestS3();
  await s3.bucket(bucket);
  source = await startSourceServer({ body: Buffer.alloc(0) });
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
  source.file = { body: Buffer.alloc(0), etag: '"v1"' };
  source.fault = () => false;
  source.requests.length = 0;
  proxy.seen.length = 0;
});

const spec = (rest: object = {}): TransferSpec =>
  makeSpec({ url: source.url, http, client: s3.clientAt(proxy.endpoint), bucket, publish: 'direct', ...rest });

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
  source.fault = fault;
  const job = spec();
  expect(await moveAll(job)).toMatchObject({ bytes: 0, parts: 1, verified });
  expect(proxy.seen.map(({ operation }) => operation)).toEqual(['put']);
  expect(await readObject(s3.client, bucket, job.key)).toEqual(Buffer.alloc(0));
  expect(await openUploads(s3.client, bucket)).toEqual([]);
});

test.each([1000, 11 * MIB])('500, then 200: %d bytes arrive', async (size) => {
  source.file.body = bytesOf(size);
  source.fault = ({ number }, response) => {
    if (number !== 0 && number !== 2) return false;
    response.writeHead(500).end('oops');
    return true;
  };
  const job = spec();
  await moveAll(job);
  expect(sha256(await readObject(s3.client, bucket, job.key))).toBe(sha256(source.file.body));
});

test('a range that brings more bytes than Content-Range says', async () => {
  source.file.body = bytesOf(11 * MIB);
  source.fault = (request, response, file) => {
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
  expect(await readObject(s3.client, bucket, job.key)).toBeUndefined();
});

test('the read-ahead of bodies can be set', async () => {
  source.file.body = bytesOf(11 * MIB);
  const guard = new AddressGuard({ allowedHosts: ['127.0.0.0/8'] });
  const own = createHttpClient({ guard, readChunkBytes: 256 * 1024 });
  const { body } = await own.get(new SourceUrl(source.url), {}, new AbortController().signal);
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
      expect(await readObject(s3.client, bucket, job.key)).toEqual(bytesOf(1000));
      expect(connections()).toBe(times);
    }
  } finally {
    server.close();
  }
});
