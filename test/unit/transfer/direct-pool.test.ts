/** Replies read straight into memory: over real sockets, from a server that says what the test wants, byte by byte. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { buildConnector } from 'undici';
import { DirectBody } from '../../../src/transfer/http/direct/body';
import { DirectPool } from '../../../src/transfer/http/direct/pool';

/** Of 127.0.0.1, for a hundred years, known to nobody but this test. */
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg7G2Vb7NYSmKiPyoL
9UYED7bHlrMBE4DfqsdOnhL9MLKhRANCAAQ2bR4nznHqf+Bqmj5j3HBRCTNsU6ek
bv7+FbjDwOSR9bc3PF1MZXZJODaNGt62yOgH5yyvDUNp5v3OnwMvaWOX
-----END PRIVATE KEY-----
`;
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBkDCCATagAwIBAgIUGFXWSaOYjY7W2BssHMYbm000BbgwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyMTE5NDYxNloYDzIxMjYxMDI4
MTk0NjE2WjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQ2bR4nznHqf+Bqmj5j3HBRCTNsU6ekbv7+FbjDwOSR9bc3PF1MZXZJ
ODaNGt62yOgH5yyvDUNp5v3OnwMvaWOXo2QwYjAdBgNVHQ4EFgQUBkTdVEN71htE
WBE8gpxOGG+6GpwwHwYDVR0jBBgwFoAUBkTdVEN71htEWBE8gpxOGG+6GpwwDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0gAMEUC
IHBpoAh4wfHB5bZgl5fUPSfqEAjwnwqpG2YCpQhMEbKtAiEAzIe7ve5Z5rRhhbES
NvshRh6nYvf3lIPpXusqQgBx19g=
-----END CERTIFICATE-----
`;

type Answer = (socket: Socket, head: string) => void;

let server: Server;
let url: URL;
let answer: Answer;
let connections: number;
let pool: DirectPool;
const { signal } = new AbortController();
const content = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => (index * 7 + (index >> 8)) % 256));

const poolOf = (limit = 4): DirectPool =>
  new DirectPool({
    connections: limit,
    keepAliveMs: 1_000,
    connector: (options) => buildConnector({ ca: CERTIFICATE, ...options }),
  });

const serve = (socket: Socket): void => {
  connections += 1;
  let seen = '';
  socket.on('error', () => undefined);
  socket.on('data', (data) => {
    seen += data.toString('latin1');
    for (let end = seen.indexOf('\r\n\r\n'); end >= 0; end = seen.indexOf('\r\n\r\n')) {
      const head = seen.slice(0, end);
      seen = seen.slice(end + 4);
      answer(socket, head);
    }
  });
};

async function listen(made: Server, protocol: string): Promise<void> {
  server = made;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = new URL(`${protocol}://127.0.0.1:${(server.address() as AddressInfo).port}/file?a=1`);
}

const whole = (body: Buffer, more = ''): Buffer =>
  Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${more}\r\n`), body]);

async function fill(body: DirectBody, target: Buffer): Promise<number[]> {
  const pieces: number[] = [];
  let left = target.length;
  await new Promise<void>((resolve, reject) => {
    body.once('error', reject);
    body.readInto(target, (bytes) => {
      pieces.push(bytes);
      left -= bytes;
      if (left === 0) resolve();
    });
  });
  return pieces;
}

async function direct(headers: Record<string, string> = {}): Promise<DirectBody> {
  const { body } = await pool.get(url, headers, signal);
  if (!(body instanceof DirectBody)) throw new Error('not a direct body');
  return body;
}

async function read(): Promise<{ status: number; headers: object; text: string }> {
  const { status, headers, body } = await pool.get(url, {}, signal);
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
  return { status, headers: { ...headers }, text: Buffer.concat(chunks).toString('latin1') };
}

beforeEach(() => {
  connections = 0;
  pool = poolOf();
});
afterEach(async () => {
  pool.close();
  server.close();
  await once(server, 'close');
});

describe.each(['http', 'https'])('over %s', (protocol) => {
  beforeEach(() =>
    listen(
      protocol === 'http' ? createServer(serve) : createTlsServer({ key: KEY, cert: CERTIFICATE }, serve),
      protocol,
    ),
  );

  it('reads bodies into the memory that it is given, one after the other on one connection', async () => {
    const asked: string[] = [];
    answer = (socket, head) => {
      asked.push(head);
      socket.write(whole(content));
    };
    for (let round = 0; round < 3; round += 1) {
      const body = await direct({ range: 'bytes=0-2999999' });
      const ended = once(body, 'end');
      const target = Buffer.alloc(content.length);
      const pieces = await fill(body, target);
      await ended;
      expect(target.equals(content)).toBe(true);
      expect(pieces.reduce((sum, bytes) => sum + bytes, 0)).toBe(content.length);
    }
    expect(connections).toBe(1);
    expect(asked[2]).toBe(`GET /file?a=1 HTTP/1.1\r\nhost: ${url.host}\r\nrange: bytes=0-2999999`);
  });

  it('fills several targets from one body, and holds back what nobody has asked for', async () => {
    answer = (socket) => socket.write(whole(content));
    const body = await direct();
    const ended = once(body, 'end');
    const sizes = [1, 70_000, 0, 1_000_000, content.length - 1_070_001];
    const parts: Buffer[] = [];
    for (const size of sizes.filter((each) => each > 0)) {
      const target = Buffer.alloc(size, 0xee);
      await fill(body, target);
      await sleep(5);
      expect(body.isHeld).toBe(true);
      parts.push(target);
    }
    await ended;
    expect(Buffer.concat(parts).equals(content)).toBe(true);
  });

  it('waits while it is on hold', async () => {
    answer = (socket) => socket.write(whole(content));
    const body = await direct();
    const target = Buffer.alloc(content.length);
    let got = 0;
    const filled = new Promise<void>((resolve) => {
      body.readInto(target, (bytes) => {
        if (got === 0) {
          body.hold();
          setTimeout(() => {
            expect(body.isHeld).toBe(true);
            body.release();
          }, 20);
        }
        got += bytes;
        if (got === target.length) resolve();
      });
    });
    await filled;
    expect(target.equals(content)).toBe(true);
  });

  it('fails a body that is cut off, and goes on with a new connection', async () => {
    answer = (socket) => socket.end(whole(content).subarray(0, 100_000));
    const body = await direct();
    await expect(fill(body, Buffer.alloc(content.length))).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
    answer = (socket) => socket.write(whole(Buffer.from('again')));
    expect(await read()).toMatchObject({ status: 200, text: 'again' });
    expect(connections).toBe(2);
  });
});

describe('replies of all kinds', () => {
  beforeEach(() => listen(createServer(serve), 'http'));

  it.each([
    [
      'chunks',
      'HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n4;x=1\r\nWiki\r\n5\r\npedia\r\n0\r\nTrailer: 1\r\n\r\n',
      404,
      'Wikipedia',
      1,
    ],
    ['no body', 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n', 304, '', 1],
    ['a body of no bytes', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', 200, '', 1],
    [
      'an early hint before it',
      'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      200,
      'ok',
      1,
    ],
    [
      'a connection that is to close',
      'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok',
      200,
      'ok',
      2,
    ],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', 200, 'ok', 2],
    [
      'a connection that is kept for a second',
      'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok',
      200,
      'ok',
      2,
    ],
  ])('reads %s, whole or byte by byte', async (_, reply, status, text, afterTwo) => {
    answer = (socket) => socket.write(reply, 'latin1');
    expect(await read()).toMatchObject({ status, text });
    answer = (socket) => {
      socket.setNoDelay(true);
      void (async () => {
        for (const byte of reply) {
          socket.write(byte, 'latin1');
          await sleep(0);
        }
      })();
    };
    expect(await read()).toMatchObject({ status, text });
    expect(connections).toBe(afterTwo);
  });

  it('reads a body that ends with its connection', async () => {
    answer = (socket) => socket.end('HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a:2 \r\n\r\nall of it');
    expect(await read()).toMatchObject({ status: 200, headers: { 'x-a': '1, 2' }, text: 'all of it' });
  });

  it.each([
    ['no status line', 'HELLO\r\n\r\n'],
    ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
    ['a header without a colon', 'HTTP/1.1 200 OK\r\nContent-Length\r\n\r\n'],
    ['a folded header', 'HTTP/1.1 200 OK\r\nX: 1\r\n 2\r\n\r\n'],
    ['a space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok'],
    ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok'],
    ['a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['another transfer encoding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['a head without an end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(200_000)}`],
  ])('refuses %s', async (_, reply) => {
    answer = (socket) => socket.write(reply, 'latin1');
    await expect(read()).rejects.toMatchObject({ code: 'HPE_INVALID_REPLY' });
  });

  it.each([
    ['a chunk of no size', 'x\r\n'],
    ['a chunk that is too long', '2\r\nlong\r\n'],
  ])('refuses %s', async (_, chunk) => {
    answer = (socket) => socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`);
    await expect(read()).rejects.toMatchObject({ code: 'HPE_INVALID_REPLY' });
  });

  it.each([
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', 'ok'],
    ['no body', 'HTTP/1.1 304 Not Modified\r\n\r\n', ''],
  ])(
    'reads what is declared of a reply with more behind %s, and nothing more from its connection',
    async (_, reply, text) => {
      answer = (socket) => socket.write(`${reply}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`);
      expect(await read()).toMatchObject({ text });
      answer = (socket) => socket.write(whole(Buffer.from('two')));
      expect(await read()).toMatchObject({ text: 'two' });
      expect(connections).toBe(2);
    },
  );

  it('tells the end of an empty body to who reads into memory after it', async () => {
    answer = (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    const { body } = await pool.get(url, {}, signal);
    if (!(body instanceof DirectBody)) throw new Error('no DirectBody');
    const ended = once(body, 'end');
    body.readInto(Buffer.alloc(1), () => undefined);
    expect(await ended).toEqual([]);
  });

  it('does not send a header that would end its line', async () => {
    await expect(pool.get(url, { 'if-range': '"a"\r\nX: 1' }, signal)).rejects.toMatchObject({
      code: 'UND_ERR_INVALID_ARG',
    });
    expect(connections).toBe(0);
  });

  it('takes no connection again that has sent what nobody asked for', async () => {
    answer = (socket) => {
      socket.write(whole(Buffer.from('one')));
      setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'), 20);
    };
    expect(await read()).toMatchObject({ text: 'one' });
    await sleep(60);
    answer = (socket) => socket.write(whole(Buffer.from('two')));
    expect(await read()).toMatchObject({ text: 'two' });
    expect(connections).toBe(2);
  });

  it('opens no more connections than allowed: others wait for their turn, or for their signal', async () => {
    pool = poolOf(1);
    const sockets: Socket[] = [];
    answer = (socket) => sockets.push(socket);
    const first = read();
    while (sockets.length === 0) await sleep(5);
    const second = read();
    const abort = new AbortController();
    const third = pool.get(url, {}, abort.signal);
    const reason = new Error('not wanted');
    abort.abort(reason);
    await expect(third).rejects.toBe(reason);
    answer = (socket) => socket.write(whole(Buffer.from('second')));
    sockets[0]?.write(whole(Buffer.from('first')));
    expect([(await first).text, (await second).text]).toEqual(['first', 'second']);
    expect(connections).toBe(1);
  });

  it('ends with its signal while there is no reply, and closes the connection of a body that is destroyed', async () => {
    const closed: Promise<unknown>[] = [];
    const closing = (socket: Socket): unknown => closed.push(new Promise((resolve) => socket.once('close', resolve)));
    answer = closing;
    const abort = new AbortController();
    const waiting = pool.get(url, {}, abort.signal);
    while (closed.length === 0) await sleep(5);
    const reason = new Error('stopped');
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    answer = (socket) => {
      closing(socket);
      socket.write(whole(content));
    };
    (await direct()).destroy();
    await Promise.all(closed);
    expect(connections).toBe(2);
  });

  it('does not wait for a connection that nobody wants any more', async () => {
    let connected: (() => void) | undefined;
    const slow = new DirectPool({
      connections: 1,
      keepAliveMs: 1_000,
      connector: (options) => (target, callback) => {
        connected = () => buildConnector({ ...options })(target, callback);
      },
    });
    const abort = new AbortController();
    const waiting = slow.get(url, {}, abort.signal);
    const reason = new Error('stopped');
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    const closed = once(server, 'connection').then(
      ([socket]: Socket[]) => new Promise((resolve) => socket?.once('close', resolve)),
    );
    connected?.();
    await closed;
  });

  it('fails what is under way when it is closed', async () => {
    answer = (socket) => socket.write(whole(content).subarray(0, 1_000));
    const body = await direct();
    const filling = fill(body, Buffer.alloc(content.length));
    pool.close();
    await expect(filling).rejects.toMatchObject({ code: 'UND_ERR_DESTROYED' });
  });
});
