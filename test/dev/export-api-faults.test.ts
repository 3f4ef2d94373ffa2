/** Scripted faults of the sample file host: each breaks what it says, where it says, as often as it says. */
import { once } from 'node:events';
import { request } from 'undici';
import { generatedFile, startExportApi, type FileFault } from '../../src/dev/export-api';
import { exportedUrls, get, INSTANT, withApi } from './export-api-support';

const MIB = 1024 * 1024;
const FILE = generatedFile('asset', 'file.bin', MIB, 3);

const withFile = (fault: FileFault | undefined, use: Parameters<typeof withApi>[1]): Promise<void> =>
  withApi({ vulnerability: [FILE] }, async (api) => {
    if (fault !== undefined) api.faults.file(fault);
    await use(api);
  });

/** Reads until the connection breaks; gives how much came. */
const bytesUntilBroken = async (url: string, headers: Record<string, string> = {}): Promise<number> => {
  const { body } = await request(url, { headers });
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) bytes += chunk.length;
  } catch {
    return bytes;
  }
  throw new Error('The body ended properly');
};

test.each([0, 1, 300_000, MIB])('a body cut after %d bytes', async (cutAfterBytes) => {
  await withFile({ cutAfterBytes }, async (api) => {
    const [url] = await exportedUrls(api);
    const read = bytesUntilBroken(url!);
    if (cutAfterBytes < MIB) expect(await read).toBe(cutAfterBytes);
    // All declared bytes came: whether the client sees the end or the break is a race it may not depend on.
    else await read.catch(() => undefined);
    expect((await get(url!)).bytes.length).toBe(MIB);
  });
});

test('a fault for one byte leaves other ranges and other paths alone', async () => {
  await withFile({ path: 'file.bin', atByte: 600_000, status: 503, headers: { 'Retry-After': '2' } }, async (api) => {
    api.faults.file({ path: 'another.bin', always: true, status: 500 });
    const [url] = await exportedUrls(api);
    expect((await get(url!, { Range: 'bytes=0-599999' })).status).toBe(206);
    const hit = await get(url!, { Range: 'bytes=599999-600000' });
    expect([hit.status, hit.headers['retry-after']]).toEqual([503, '2']);
    expect((await get(url!, { Range: 'bytes=599999-600000' })).status).toBe(206);
  });
});

test('a stalled body goes on when the faults are cleared', async () => {
  await withFile({ stallAfterBytes: 1000 }, async (api) => {
    const [url] = await exportedUrls(api);
    const { body } = await request(url!);
    const first: unknown = (await once(body, 'data'))[0];
    let bytes = (first as Buffer).length;
    body.on('data', (chunk: Buffer) => (bytes += chunk.length));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(bytes).toBe(1000);
    api.faults.clear();
    await once(body, 'end');
    expect(bytes).toBe(MIB);
  });
});

test('a file that changes at a request, a redirect, a server without ranges', async () => {
  await withFile(undefined, async (api) => {
    const [url] = await exportedUrls(api);
    const before = (await get(url!, { Range: 'bytes=0-0' })).headers.etag;
    api.faults.file({ changeVersion: true });
    expect((await get(url!, { Range: 'bytes=0-0', 'If-Match': String(before) })).status).toBe(412);

    api.faults.file({ redirectTo: 'self' });
    const moved = await get(url!);
    expect([moved.status, moved.bytes.length]).toEqual([307, 0]);
    expect((await get(String(moved.headers.location))).status).toBe(200);

    api.faults.file({ ignoreRange: true });
    const whole = await get(url!, { Range: 'bytes=0-0' });
    expect([whole.status, whole.bytes.length]).toEqual([200, MIB]);
  });
});

test('headers that lie, a body that ends early, an HTML page', async () => {
  await withFile(undefined, async (api) => {
    const [url] = await exportedUrls(api);
    api.faults.file({ replaceHeaders: { ETag: 'W/"weak"', 'Last-Modified': null } });
    const weak = await get(url!);
    expect([weak.headers.etag, weak.headers['last-modified']]).toEqual(['W/"weak"', undefined]);

    api.faults.file({ truncateToBytes: 10 });
    const short = await get(url!, { Range: 'bytes=0-99' });
    expect([short.status, short.bytes.length]).toEqual([206, 10]);

    api.faults.file({ replaceHeaders: { 'Content-Length': null } });
    const chunked = await get(url!);
    expect([chunked.headers['transfer-encoding'], chunked.bytes.length]).toEqual(['chunked', MIB]);

    api.faults.file({ status: 200, headers: { 'Content-Type': 'text/html' }, body: '<html>' });
    expect((await get(url!)).text).toBe('<html>');

    api.faults.file({ reset: true });
    await expect(get(url!)).rejects.toThrow();
  });
});

test('a slowed body takes its time', async () => {
  await withFile({ bytesPerSec: 4 * MIB }, async (api) => {
    const [url] = await exportedUrls(api);
    const startedAt = performance.now();
    expect((await get(url!)).bytes.length).toBe(MIB);
    expect(performance.now() - startedAt).toBeGreaterThan(230);
  });
});

test('close ends bodies in the middle, and may be called twice', async () => {
  const api = await startExportApi({ files: { vulnerability: [FILE] }, statusDurationsMs: INSTANT });
  api.faults.file({ stallAfterBytes: 1000 });
  const [url] = await exportedUrls(api);
  const { body } = await request(url!);
  await once(body, 'data');
  const broken = once(body, 'error');
  await Promise.all([api.close(), api.close()]);
  await broken;
  await expect(get(url!)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
