/** A host with several addresses: connections reach all of them, a dead one does no harm, and the guard judges each. */
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Secret } from '../../../src/model/secret';
import { AddressGuard, createHttpClient, createS3Client, SourceUrl } from '../../../src/transfer';
import type { HttpReply } from '../../../src/transfer/http/http-reply';
import { AddressSpread, type LookUpAll } from '../../../src/transfer/lib/address-spread';

const ALIVE = ['127.0.0.1', '127.0.0.2'];
/** Nothing listens there. */
const DEAD = '127.0.0.3';
const { signal } = new AbortController();
/** By the address that was connected to. */
const connections = new Map<string, number>();
const servers: Server[] = [];
let port = 0;

beforeAll(async () => {
  for (const host of ALIVE) {
    // Each connection serves one request, so that every request needs one.
    const server = createServer((_, response) => response.writeHead(200, { connection: 'close' }).end('ok'));
    server.on('connection', ({ localAddress = '' }) => {
      connections.set(localAddress, (connections.get(localAddress) ?? 0) + 1);
    });
    server.listen(port, host);
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
    servers.push(server);
  }
});
afterAll(() => servers.map((server) => server.close()));
beforeEach(() => connections.clear());

const answering =
  (...addresses: string[]): LookUpAll =>
  (_hostname, _options, callback) =>
    process.nextTick(
      callback,
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

const drained = async ({ status, body }: HttpReply): Promise<number> => {
  for await (const chunk of body) expect(String(chunk)).toBe('ok');
  return status;
};

describe.each([
  ['allowed by name', ['many.test']],
  ['judged by address', ['127.0.0.0/8']],
])('a source %s', (_name, allowedHosts) => {
  it.each(['get', 'getDirect'] as const)('is read from each of its addresses by %s', async (way) => {
    const spread = new AddressSpread(answering(DEAD, ...ALIVE));
    const http = createHttpClient({ guard: new AddressGuard({ allowedHosts, spread }) });
    const url = new SourceUrl(`http://many.test:${port}/file`);
    for (let n = 0; n < 12; n += 1) {
      const reply = way === 'get' ? http.get(url, {}, signal) : http.getDirect?.(url, {}, signal);
      expect(await drained((await reply) as HttpReply)).toBe(200);
    }
    expect([...connections.keys()].sort()).toEqual(ALIVE);
    expect(Math.abs((connections.get(ALIVE[0]!) ?? 0) - (connections.get(ALIVE[1]!) ?? 0))).toBeLessThanOrEqual(2);
    await http.close();
  });
});

it('is refused where one address of many is private, before anything is connected to', async () => {
  const spread = new AddressSpread(answering(ALIVE[0]!, '10.0.0.1'));
  const http = createHttpClient({ guard: new AddressGuard({ allowedHosts: ['127.0.0.0/8'], spread }) });
  const url = new SourceUrl(`http://many.test:${port}/file`);
  await expect(http.get(url, {}, signal)).rejects.toMatchObject({ code: 'AddressRefused' });
  await expect(http.getDirect?.(url, {}, signal)).rejects.toMatchObject({ code: 'AddressRefused' });
  expect(connections.size).toBe(0);
  await http.close();
});

it('fails where no address answers', async () => {
  const spread = new AddressSpread(answering(DEAD, '127.0.0.4'));
  const http = createHttpClient({ guard: new AddressGuard({ allowedHosts: ['127.0.0.0/8'], spread }) });
  const refused = http.get(new SourceUrl(`http://many.test:${port}/file`), {}, signal);
  await expect(refused).rejects.toMatchObject({ code: 'SourceUnreachable' });
  await http.close();
});

it('spreads the requests to a store too', async () => {
  const client = createS3Client(
    {
      region: 'us-east-1',
      endpoint: `http://store.test:${port}`,
      forcePathStyle: true,
      credentials: { kind: 'keys', accessKeyId: 'key', secretAccessKey: new Secret('secret') },
    },
    { spread: new AddressSpread(answering(...ALIVE, DEAD)) },
  );
  for (let n = 0; n < 6; n += 1) await client.send(new HeadBucketCommand({ Bucket: 'bucket' }));
  expect([...connections.keys()].sort()).toEqual(ALIVE);
  client.destroy();
});

describe('the order of addresses', () => {
  const four = (...names: string[]) => names.map((address) => ({ address, family: 4 }));
  const names = (list: readonly { address: string }[]): string => list.map(({ address }) => address).join('');

  it('begins with the one that has waited longest', () => {
    const spread = new AddressSpread();
    expect([0, 1, 2, 3].map(() => names(spread.order('h', four('a', 'b', 'c'))))).toEqual(['abc', 'bca', 'cab', 'abc']);
    // A resolver that turns its answers itself, and one that takes an address away and gives a new one.
    expect(names(spread.order('h', four('c', 'a', 'b')))).toBe('bca');
    expect(names(spread.order('h', four('a', 'b', 'd')))).toBe('dab');
    expect(names(spread.order('other', four('c', 'b', 'a')))).toBe('cba');
  });

  it('leaves a failed one for the end, for a minute', () => {
    let nowMs = 0;
    const spread = new AddressSpread(undefined, () => nowMs);
    spread.order('h', four('a', 'b', 'c'));
    spread.failed('h', 'b');
    expect([0, 1].map(() => names(spread.order('h', four('a', 'b', 'c'))))).toEqual(['cab', 'acb']);
    nowMs = 60_001;
    expect(names(spread.order('h', four('a', 'b', 'c')))[0]).toBe('b');
  });

  it('keeps to the family that the resolver prefers, and has the other one where that fails', () => {
    const spread = new AddressSpread();
    const mixed = [...four('a'), { address: 'x', family: 6 }, ...four('b')];
    expect([0, 1, 2].map(() => names(spread.order('h', mixed)))).toEqual(['abx', 'bax', 'abx']);
    for (const address of ['a', 'b']) spread.failed('h', address);
    expect(names(spread.order('h', mixed))[0]).toBe('x');
  });
});
