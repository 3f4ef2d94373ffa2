/** What sources do wrong, and that the destination is byte-exact or nothing all the same. */
import type { ServerResponse } from 'node:http';
import { createHttpSource, SourceUrl } from '../../src/transfer';
import { answer, cutAfter, validators } from '../support/source-server';
import { bytesOf, MIB, moveAll, sha256 } from '../support/transfer-rig';
import { startRelayRig, type RelayRig } from './support/relay-rig';

let rig: RelayRig;
const SIZE = 11 * MIB;

beforeAll(async () => {
  rig = await startRelayRig('source-faults', () => ({ body: bytesOf(SIZE), etag: '"v1"' }));
});
afterAll(() => rig.stop());
beforeEach(() => rig.reset());

const arrives = async (job = rig.spec()): Promise<void> => {
  await moveAll(job);
  expect(sha256(await rig.read(job.key))).toBe(sha256(rig.source.file.body));
};

/** Fails with this code, and no reader ever sees anything. */
const fails = async (code: string, job = rig.spec()): Promise<void> => {
  await expect(moveAll(job)).rejects.toMatchObject({ code });
  expect(await rig.read(job.key)).toBeUndefined();
};

const endings: Record<string, (response: ServerResponse) => void> = {
  reset: (response) => response.socket?.resetAndDestroy(),
  close: (response) => response.socket?.destroySoon(),
  stall: () => undefined,
};

describe.each([0, 1, 5 * MIB - 1])('a body that breaks after %d bytes', (k) => {
  test.each(Object.keys(endings))('%s: is asked for again from there', async (ending) => {
    const broken = new Set<number>();
    rig.source.fault = (request, response, file) => {
      const first = request.range?.first ?? 0;
      if (broken.has(first) || broken.size === 2 || first > 5 * MIB) return false;
      broken.add(first);
      cutAfter(request, response, file, k, endings[ending]);
      return true;
    };
    await arrives(rig.spec({ stallTimeoutMs: 200 }));
    // What had come of part 2 was not asked for again.
    const again = rig.source.requests.filter(({ range }) => range?.first === 5 * MIB + k);
    // A reset may take bytes with it that were on their way.
    if (ending !== 'reset') expect(again.length).toBe(k === 0 ? 2 : 1);
  });
});

test('a source that never answers is stalled, not waited for', async () => {
  rig.source.fault = ({ number }) => number === 0;
  await arrives(rig.spec({ stallTimeoutMs: 200 }));
});

test('a source that drips counts as stalled', async () => {
  rig.source.fault = (request, response, file) => {
    if (request.number > 0) return false;
    cutAfter(request, response, file, 10, () => {
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    });
    return true;
  };
  await arrives(rig.spec({ stallTimeoutMs: 200 }));
});

const replaced = (change: (headers: Record<string, string | number>) => void) => {
  rig.source.fault = (request, response, file) => {
    if (request.range === undefined || request.range.first === 0) return false;
    const last = Math.min(request.range.last, file.body.length - 1);
    const body = file.body.subarray(request.range.first, last + 1);
    const headers: Record<string, string | number> = {
      ...validators(file),
      'content-length': body.length,
      'content-range': `bytes ${request.range.first}-${last}/${file.body.length}`,
    };
    change(headers);
    response.writeHead(206, headers).end(body);
    return true;
  };
};

test.each([
  ['another place in Content-Range', { 'content-range': `bytes 0-${5 * MIB - 1}/${SIZE}` }, 'SourceProtocol'],
  ['a Content-Range that is none', { 'content-range': 'bytes 5-' }, 'SourceProtocol'],
  ['multipart/byteranges', { 'content-type': 'multipart/byteranges; boundary=x' }, 'SourceProtocol'],
  ['another ETag', { etag: '"v2"' }, 'SourceChanged'],
  ['the same ETag, but weak', { etag: 'W/"v1"' }, 'SourceChanged'],
])('a range with %s', async (_name, headers, code) => {
  replaced((honest) => Object.assign(honest, headers));
  await fails(code);
});

test('a range whose size differs from the first one has changed', async () => {
  replaced(
    (headers) => (headers['content-range'] = String(headers['content-range']).replace(`/${SIZE}`, `/${SIZE + 1}`)),
  );
  await fails('SourceChanged');
});

test('changed in the middle, with the same length: 200 to If-Range, nothing mixed', async () => {
  rig.source.fault = ({ number }) => {
    if (number === 1) rig.source.file = { body: bytesOf(SIZE, 1), etag: '"v2"' };
    return false;
  };
  await fails('SourceChanged');
});

test('200 for a range of the same version is another node: tried again', async () => {
  rig.source.fault = (request, response) => {
    if (request.number !== 1) return false;
    answer(rig.source, { ...request, headers: {}, range: undefined as never }, response);
    return true;
  };
  await arrives();
});

test.each([
  ['no ranges at all', { ranges: false, etag: '"v1"' }],
  ['a weak ETag', { ranges: true, etag: 'W/"v1"' }],
  ['no validator', { ranges: true, etag: undefined }],
])('%s: one stream, in order', async (_name, { ranges, etag }) => {
  rig.source.file.etag = etag;
  rig.source.fault = (request, response) => {
    if (ranges) return false;
    answer(rig.source, { ...request, range: undefined as never }, response);
    return true;
  };
  const job = rig.spec();
  const moved = await moveAll(job);
  expect(moved).toMatchObject({ bytes: SIZE, parts: 3, verified: 'crc32' });
  expect(sha256(await rig.read(job.key))).toBe(sha256(rig.source.file.body));
});

test('a stream that breaks starts again and sends no part twice', async () => {
  rig.source.file.etag = undefined;
  rig.source.fault = (request, response, file) => {
    if (request.number !== 1) return false;
    cutAfter(request, response, file, 10 * MIB + 5);
    return true;
  };
  const moved = await moveAll(rig.spec());
  expect(moved).toMatchObject({ bytes: SIZE, sentBytes: SIZE });
});

test('no length: moved, and said to be unverified', async () => {
  rig.source.fault = (_request, response, file) => {
    response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(file.body);
    return true;
  };
  const job = rig.spec();
  expect(await moveAll(job)).toMatchObject({ bytes: SIZE, verified: 'unverified' });
  expect(sha256(await rig.read(job.key))).toBe(sha256(rig.source.file.body));
});

test('a date that is strong pins the version where there is no ETag', async () => {
  rig.source.file = { body: bytesOf(SIZE), lastModified: 'Mon, 01 Jan 2024 00:00:00 GMT' };
  await arrives();
  expect(rig.source.requests.at(-1)?.headers['if-range']).toBe('Mon, 01 Jan 2024 00:00:00 GMT');
});

test('compressed on the way although identity was asked for', async () => {
  rig.source.fault = (_request, response, file) => {
    response.writeHead(200, { 'content-encoding': 'gzip', etag: 'W/"v1"' }).end(file.body);
    return true;
  };
  await fails('SourceProtocol');
  expect(rig.source.requests[0]?.headers['accept-encoding']).toBe('identity');
});

describe.each([429, 503])('%d', (status) => {
  test.each(['1', '0', 'soon', new Date(Date.now() + 1000).toUTCString()])('with Retry-After %s', async (after) => {
    rig.source.fault = ({ number }, response) => {
      if (number > 0) return false;
      response.writeHead(status, { 'retry-after': after }).end();
      return true;
    };
    const started = performance.now();
    rig.source.file.body = bytesOf(1000);
    await arrives();
    if (after === '1') expect(performance.now() - started).toBeGreaterThanOrEqual(990);
  });
});

test('an expired URL is asked for again, once for all lanes, and the same bytes arrive', async () => {
  let current = 0;
  rig.source.fault = ({ url, number }, response) => {
    if (number === 1) current = 1;
    if (url.endsWith(`?signature=s${current}`)) return false;
    const xml = '<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>';
    response.writeHead(403, { 'content-type': 'application/xml' }).end(xml);
    return true;
  };
  let refreshes = 0;
  const job = rig.spec({
    source: createHttpSource({
      http: rig.http,
      resolve: () => Promise.resolve(new SourceUrl(`${rig.source.url}?signature=s0`)),
      refresh: () => {
        refreshes += 1;
        return Promise.resolve(new SourceUrl(`${rig.source.url}?signature=s1`));
      },
    }),
  });
  await arrives(job);
  expect(refreshes).toBe(1);
});

test.each([
  [403, 'SourceForbidden'],
  [404, 'SourceNotFound'],
  [410, 'SourceNotFound'],
  [400, 'SourceProtocol'],
])('%d is final', async (status, code) => {
  rig.source.fault = (_request, response) => {
    response.writeHead(status).end('<Error><Code>AccessDenied</Code></Error>');
    return true;
  };
  await fails(code);
  expect(rig.source.requests).toHaveLength(1);
});

test.each([
  ['a loop of redirects', '/data/file.bin', 'RedirectRefused'],
  ['a redirect to a private address', 'http://10.0.0.1/file', 'AddressRefused'],
  ['a redirect to the metadata service, as a number', 'http://2852039166/latest', 'AddressRefused'],
])('%s is refused', async (_name, location, code) => {
  rig.source.fault = (_request, response) => {
    response.writeHead(307, { location }).end();
    return true;
  };
  await fails(code);
  expect(rig.source.requests.length).toBeLessThanOrEqual(11);
});

test('a redirect within the origin is followed, with range and validator', async () => {
  rig.source.fault = ({ url }, response) => {
    if (url === '/moved') return false;
    response.writeHead(307, { location: '/moved' }).end();
    return true;
  };
  await arrives();
  expect(rig.source.requests.at(-1)?.headers['if-range']).toBe('"v1"');
});

test('no message holds the query of a signed URL', async () => {
  rig.source.fault = (_request, response) => {
    response.writeHead(404).end();
    return true;
  };
  const error: unknown = await moveAll(rig.spec({ url: `${rig.source.url}?X-Amz-Signature=abc` })).catch(
    (e: unknown) => e,
  );
  expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('abc');
});
