/** The tests' own fault proxy: each fault is what its name says, at the byte that it names. */
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { startFaultProxy, type Fault, type FaultProxy } from '../support/fault-proxy';
import { resetConnection } from '../support/reset';
import { until } from '../support/until';

const BODY = Buffer.alloc(400_000, 'some bytes of an answer');
/** Headers of the answer are fewer than this. */
const IN_THE_BODY = 100_000;

let server: Server;
let proxy: FaultProxy;
/** What the server has got of each request, and how it ended. */
let seen: { bytes: number; ended: 'whole' | 'cut' | 'open' }[];

beforeEach(async () => {
  seen = [];
  server = createServer((incoming, response) => {
    const entry: (typeof seen)[0] = { bytes: 0, ended: 'open' };
    seen.push(entry);
    incoming.on('data', (chunk: Buffer) => (entry.bytes += chunk.length));
    incoming.on('end', () => {
      entry.ended = 'whole';
      response.end(BODY);
    });
    incoming.on('error', () => undefined);
    incoming.on('close', () => {
      if (!incoming.complete) entry.ended = 'cut';
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await startFaultProxy({ hostname: '127.0.0.1', port: (server.address() as AddressInfo).port });
});
afterEach(async () => {
  await proxy.close();
  server.closeAllConnections();
  server.close();
});

interface Outcome {
  readonly bytes: number;
  readonly end: 'whole' | 'reset' | 'closed';
  readonly ms: number;
}

/** A request to its end, whatever that is; `socket` is the client's, so that a test can give up. */
function ask(body: Buffer = Buffer.alloc(0)): { outcome: Promise<Outcome>; socket: () => Socket } {
  const startedMs = performance.now();
  const outgoing = request(proxy.endpoint, { method: 'PUT', agent: false, headers: { 'content-length': body.length } });
  const outcome = new Promise<Outcome>((resolve) => {
    let bytes = 0;
    const end = (how: Outcome['end']): void => resolve({ bytes, end: how, ms: performance.now() - startedMs });
    const fail = (error: NodeJS.ErrnoException): void =>
      end(error.code === 'ECONNRESET' && error.message.includes('ECONNRESET') ? 'reset' : 'closed');
    outgoing.on('error', fail);
    outgoing.on('response', (reply: IncomingMessage) => {
      reply.on('data', (chunk: Buffer) => (bytes += chunk.length));
      reply.on('end', () => end('whole'));
      reply.on('error', fail);
    });
    outgoing.end(body);
  });
  return { outcome, socket: () => outgoing.socket! };
}

const scriptOnce = (fault: Fault): void => {
  proxy.script = ({ nth }) => (nth === 1 ? fault : undefined);
};

test('without a fault everything passes', async () => {
  expect(await ask(BODY).outcome).toMatchObject({ bytes: BODY.length, end: 'whole' });
  expect(seen).toEqual([{ bytes: BODY.length, ended: 'whole' }]);
  await until(() => proxy.open === 0, { what: 'no connection', timeoutMs: 5_000 });
});

describe('in the middle of an answer', () => {
  test('a reset: bytes up to it, then ECONNRESET', async () => {
    scriptOnce({ kind: 'reset', side: 'toClient', atByte: IN_THE_BODY });
    const { bytes, end } = await ask().outcome;
    expect(bytes).toBeLessThan(IN_THE_BODY);
    expect(end).not.toBe('whole');
    expect(proxy.struck).toMatchObject([{ kind: 'reset' }]);
  });

  test('truncated: exactly the bytes before it, then an orderly end', async () => {
    scriptOnce({ kind: 'truncate', side: 'toClient', atByte: IN_THE_BODY });
    const { bytes, end } = await ask().outcome;
    expect(bytes).toBeLessThan(IN_THE_BODY);
    expect(bytes).toBeGreaterThan(IN_THE_BODY - 1_000);
    expect(end).toBe('closed');
  });

  test('a stall: silence for as long as it says, then all of it', async () => {
    scriptOnce({ kind: 'stall', side: 'toClient', atByte: IN_THE_BODY, forMs: 300 });
    const { bytes, end, ms } = await ask().outcome;
    expect({ bytes, end }).toEqual({ bytes: BODY.length, end: 'whole' });
    expect(ms).toBeGreaterThanOrEqual(300);
  });

  test('a drip: so many bytes a second', async () => {
    scriptOnce({ kind: 'drip', side: 'toClient', atByte: BODY.length - 20_000, bytesPerSec: 50_000 });
    const { bytes, ms } = await ask().outcome;
    expect(bytes).toBe(BODY.length);
    expect(ms).toBeGreaterThanOrEqual(300);
    expect(proxy.struck).toHaveLength(1);
  });
});

test.each(['noBandwidth', 'halfOpen'] as const)('%s: silence until it is healed, then a reset', async (kind) => {
  scriptOnce({ kind, side: 'toClient', atByte: IN_THE_BODY });
  const { outcome } = ask();
  await until(() => proxy.struck.length === 1, { what: 'the fault', timeoutMs: 5_000 });
  const early = await Promise.race([outcome, new Promise((resolve) => setTimeout(resolve, 200, 'silence'))]);
  expect(early).toBe('silence');
  proxy.heal();
  const { bytes, end } = await outcome;
  expect(bytes).toBeLessThan(IN_THE_BODY);
  expect(end).not.toBe('whole');
  await until(() => proxy.open === 0, { what: 'no connection', timeoutMs: 5_000 });
});

describe('in the middle of a request', () => {
  test.each(['reset', 'truncate', 'halfOpen'] as const)('%s: the server gets a part of it', async (kind) => {
    scriptOnce({ kind, side: 'toServer', atByte: IN_THE_BODY });
    const { outcome, socket } = ask(BODY);
    await until(() => seen[0]?.ended === 'cut', { what: 'the server to notice', timeoutMs: 5_000 });
    expect(seen[0]?.bytes).toBeLessThan(IN_THE_BODY);
    if (kind === 'halfOpen') socket().destroy();
    expect((await outcome).end).not.toBe('whole');
    await until(() => proxy.open === 0, { what: 'no connection', timeoutMs: 5_000 });
  });

  test('noBandwidth: the client cannot send on', async () => {
    scriptOnce({ kind: 'noBandwidth', side: 'toServer', atByte: IN_THE_BODY });
    // More than all buffers on the way hold.
    const { outcome, socket } = ask(Buffer.alloc(40_000_000));
    await until(() => proxy.struck.length === 1, { what: 'the fault', timeoutMs: 5_000 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(socket().writableLength).toBeGreaterThan(0);
    expect(seen[0]).toMatchObject({ ended: 'open' });
    socket().destroy();
    expect((await outcome).end).not.toBe('whole');
  });
});

test.each([false, true])('its connections are closed by a reset, their own end on its way: %s', async (isEnding) => {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  if (isEnding) socket.end();
  resetConnection(socket);
  expect(await once(socket, 'close')).toEqual([false]);
});

test('a server that is away resets', async () => {
  const away = await startFaultProxy({ hostname: '127.0.0.1', port: 1 });
  const socket = connect(away.port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\n\r\n');
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNRESET');
  await until(() => away.open === 0, { what: 'no connection', timeoutMs: 5_000 });
  await away.close();
});

test('each request on a kept connection is asked about', async () => {
  const heads: string[] = [];
  proxy.script = ({ head }) => {
    heads.push(head.split(' ')[1] ?? '');
    return undefined;
  };
  const socket = connect(proxy.port, '127.0.0.1');
  for (const path of ['/one', '/two']) {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    let bytes = 0;
    const count = (chunk: Buffer): void => void (bytes += chunk.length);
    socket.on('data', count);
    await until(() => bytes > BODY.length, { what: 'an answer', timeoutMs: 5_000 });
    socket.off('data', count);
  }
  expect(heads).toEqual(['/one', '/two']);
  socket.destroy();
});
