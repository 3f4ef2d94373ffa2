/** A body that nobody reads for a while, and a server that closes its connection meanwhile: never the end of the process. */
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isNativeError } from 'node:util/types';
import { Agent, buildConnector, request } from 'undici';
import { holdingBodies } from '../../../src/transfer/lib/held-bodies';

/** More than undici reads ahead, less than the kernel does: all of it has arrived when the connection ends. */
const SIZES = [70_000, 100_000, 130_000, 190_000];

type Closing = (response: ServerResponse, body: Buffer) => void;

const whole: Closing = (response, body) => response.end(body);
/** Without a length: the end of the connection is the end of the body. */
const untilClose: Closing = (response, body) => response.end(body);
const half: Closing = (response, body) => response.write(body, () => response.socket?.end());
const reset: Closing = (response, body) => response.write(body, () => response.socket?.resetAndDestroy());

let closing: Closing = whole;
let server: Server;
let agent: Agent;
const bodies = new Map(SIZES.map((size) => [`/${size}`, Buffer.alloc(size, 'x')]));

beforeAll(async () => {
  server = createServer((incoming, response) => {
    const body = bodies.get(incoming.url ?? '') ?? Buffer.alloc(0);
    const declared = closing === half || closing === reset ? body.length * 2 : body.length;
    const framing = closing === untilClose ? {} : { 'content-length': declared };
    if (closing === untilClose) response.useChunkedEncodingByDefault = false;
    response.writeHead(200, { connection: 'close', ...framing });
    closing(response, body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  agent = new Agent({ connect: holdingBodies(buildConnector({})) });
});
afterAll(async () => {
  await agent.destroy();
  server.closeAllConnections();
  server.close();
});

/** Long enough for the end of a loopback connection to arrive: no event tells that an undisturbed body stays as it is. */
const HELD_MS = 200;

/** Holds the body until the server has closed the connection, then reads it. */
async function readLate(size: number): Promise<{ bytes: number; error: unknown }> {
  const { port } = server.address() as AddressInfo;
  const { body } = await request(`http://127.0.0.1:${port}/${size}`, { dispatcher: agent });
  let bytes = 0;
  const ended = new Promise<unknown>((resolve) => body.once('end', () => resolve(null)).once('error', resolve));
  body.on('data', (chunk: Buffer) => (bytes += chunk.length));
  body.pause();
  await sleep(HELD_MS);
  body.resume();
  return { error: await ended, bytes };
}

test.each(SIZES)('%i bytes, all of them sent: all are read', async (size) => {
  closing = whole;
  expect(await readLate(size)).toEqual({ bytes: size, error: null });
});

test.each(SIZES)('%i bytes that end with their connection: all are read', async (size) => {
  closing = untilClose;
  expect(await readLate(size)).toEqual({ bytes: size, error: null });
});

test.each(SIZES)('%i bytes of twice as many, then the end: an error', async (size) => {
  closing = half;
  // Node 24 makes some of these outside of Jest's realm, where Error is another class.
  expect(isNativeError((await readLate(size)).error)).toBe(true);
});

test.each(SIZES)('%i bytes of twice as many, then a reset: an error', async (size) => {
  closing = reset;
  // Node 24 makes some of these outside of Jest's realm, where Error is another class.
  expect(isNativeError((await readLate(size)).error)).toBe(true);
});
