/** Resumable uploads of the double: the offset rules, what is kept after a break, and when the object appears. */
import { startGcsServer, type GcsServer } from '../../src/dev/gcs-server';
import { until } from '../../src/dev/wait';
import {
  QUANTUM,
  insert,
  objectUrl,
  pattern,
  putRange,
  send,
  startSession,
  uploadUrl,
  withServer,
} from './gcs-support';

let server: GcsServer;
beforeAll(async () => {
  server = await startGcsServer({ buckets: ['box'] });
});
afterAll(() => server.stop());

const query = (uri: string, total: number | '*' = '*') =>
  send('PUT', uri, null, { 'Content-Range': `bytes */${total}`, 'Content-Length': '0' });
const rangeOf = async (uri: string) => (await query(uri)).headers['range'];

describe('a session', () => {
  it('takes chunks in multiples of 256 KiB, is invisible until the last, and then tells its object', async () => {
    const bytes = pattern(2 * QUANTUM + 7);
    const uri = await startSession(server, 'chunked', { contentType: 'text/csv' });
    expect(await rangeOf(uri)).toBeUndefined();
    const first = await putRange(uri, bytes.subarray(0, QUANTUM), `0-${QUANTUM - 1}/*`);
    expect([first.status, first.headers['range']]).toEqual([308, `bytes=0-${QUANTUM - 1}`]);
    await putRange(uri, bytes.subarray(QUANTUM, 2 * QUANTUM), `${QUANTUM}-${2 * QUANTUM - 1}/${bytes.length}`);
    expect((await query(uri, bytes.length)).headers['range']).toBe(`bytes=0-${2 * QUANTUM - 1}`);
    expect((await send('GET', objectUrl(server, 'chunked'))).status).toBe(404);
    const last = await putRange(uri, bytes.subarray(2 * QUANTUM), `${2 * QUANTUM}-${bytes.length - 1}/${bytes.length}`);
    expect(last.body).toMatchObject({ name: 'chunked', size: String(bytes.length), contentType: 'text/csv' });
    expect((await server.readObject('box', 'chunked')).equals(bytes)).toBe(true);
    // The answer may have been lost: the session still knows, whatever is asked of it.
    expect((await query(uri)).body['generation']).toBe(last.body['generation']);
    expect((await putRange(uri, bytes.subarray(0, QUANTUM), `0-${QUANTUM - 1}/*`)).status).toBe(200);
    expect(server.openUploads()).toEqual([]);
  });

  it.each([
    ['everything without a Content-Range', undefined],
    ['an open end, as the Node client of Google sends it', 'bytes 0-*/*'],
    ['an open end with the total', 'bytes 0-*/1000'],
  ])('takes %s', async (_, range) => {
    const uri = await startSession(server, 'single');
    const headers: Record<string, string> = range === undefined ? {} : { 'Content-Range': range };
    expect((await send('PUT', uri, pattern(1000), headers)).body).toMatchObject({ name: 'single', size: '1000' });
  });

  it('ends at a query only where the total is what it has', async () => {
    const uri = await startSession(server, 'unknown-length');
    await putRange(uri, pattern(QUANTUM), `0-${QUANTUM - 1}/*`);
    expect((await query(uri)).status).toBe(308);
    expect((await query(uri, QUANTUM + 5)).status).toBe(308);
    expect((await query(uri, QUANTUM)).body).toMatchObject({ size: String(QUANTUM) });
    const empty = await startSession(server, 'empty');
    expect((await query(empty, 0)).body).toMatchObject({ size: '0', crc32c: 'AAAAAA==' });
  });

  it('answers 200 with the override for clients that cannot bear 308', async () => {
    const uri = await startSession(server, 'no-308');
    const reply = await putRange(uri, pattern(QUANTUM), `0-${QUANTUM - 1}/*`, { 'X-GUploader-No-308': 'yes' });
    expect([reply.status, reply.headers['x-http-status-code-override']]).toEqual([200, '308']);
  });
});

describe('what is refused', () => {
  it('a chunk that is no multiple of 256 KiB, unless it is the last', async () => {
    const uri = await startSession(server, 'odd');
    expect((await putRange(uri, pattern(1000), '0-999/*')).status).toBe(400);
    expect((await putRange(uri, pattern(1000), '0-999/2000')).status).toBe(400);
    expect(await rangeOf(uri)).toBeUndefined();
    expect((await putRange(uri, pattern(1000), '0-999/1000')).status).toBe(200);
  });

  it('a gap (503, in plain text), a length that is not the range (400), another total (400)', async () => {
    const uri = await startSession(server, 'gap');
    const gap = await putRange(uri, pattern(QUANTUM), `${QUANTUM}-${2 * QUANTUM - 1}/*`);
    expect([gap.status, gap.headers['content-type']]).toEqual([503, 'text/plain; charset=utf-8']);
    expect(gap.text).toContain(`the upload offset is ${QUANTUM} byte(s), which exceeds already uploaded size of 0`);
    expect((await putRange(uri, pattern(10), `0-${QUANTUM - 1}/*`)).status).toBe(400);
    await putRange(uri, pattern(QUANTUM), `0-${QUANTUM - 1}/${2 * QUANTUM}`);
    expect((await putRange(uri, pattern(1), `${QUANTUM}-${QUANTUM}/${QUANTUM + 1}`)).status).toBe(400);
  });

  it('wrong checksums: of the metadata at the start, or of the last request', async () => {
    const first = await startSession(server, 'checked', { crc32c: 'AAAAAA==' });
    expect((await putRange(first, pattern(10), '0-9/10')).status).toBe(400);
    const second = await startSession(server, 'checked');
    const wrong = await putRange(second, pattern(10), '0-9/10', { 'X-Goog-Hash': 'md5=AAAAAAAAAAAAAAAAAAAAAA==' });
    expect(wrong.status).toBe(400);
    expect(server.object('box', 'checked')).toBeNull();
    expect((await query(second)).status).toBe(410);
  });

  it('a precondition that does not hold at the start, or any more at the end', async () => {
    await insert(server, 'there', 'x');
    const url = uploadUrl(server, 'uploadType=resumable&name=there&ifGenerationMatch=0');
    expect((await send('POST', url)).status).toBe(412);
    const uri = await startSession(server, 'race', {}, '&ifGenerationMatch=0');
    await insert(server, 'race', 'the winner');
    expect((await putRange(uri, pattern(10), '0-9/10')).status).toBe(412);
    expect((await server.readObject('box', 'race')).toString()).toBe('the winner');
  });

  it('an unknown, a cancelled and a lost session', async () => {
    const uri = await startSession(server, 'cancelled');
    expect((await query(`${uri}x`)).status).toBe(404);
    expect((await send('DELETE', uri)).status).toBe(499);
    expect((await query(uri)).status).toBe(410);
    const lost = await startSession(server, 'lost');
    await server.loseSessions();
    expect((await query(lost)).status).toBe(410);
  });
});

it('keeps what came whole before the connection broke, and ignores bytes that come again', async () => {
  await withServer({}, async (own) => {
    const bytes = pattern(8 * QUANTUM + 100);
    const uri = await startSession(own, 'broken');
    own.failNext({ match: { operation: 'resumable.put' }, cutAfterBytes: 5 * QUANTUM + 1000 });
    await expect(putRange(uri, bytes, `0-${bytes.length - 1}/${bytes.length}`)).rejects.toThrow();
    await until(async () => (await rangeOf(uri)) === `bytes=0-${5 * QUANTUM - 1}`, {
      what: 'the kept bytes',
      timeoutMs: 5_000,
    });
    // Other bytes at a place that is kept change nothing.
    const again = Buffer.concat([Buffer.alloc(QUANTUM), bytes.subarray(5 * QUANTUM)]);
    const reply = await putRange(uri, again, `${4 * QUANTUM}-${bytes.length - 1}/${bytes.length}`);
    expect(reply.body).toMatchObject({ size: String(bytes.length) });
    expect((await own.readObject('box', 'broken')).equals(bytes)).toBe(true);
  });
});

it('may keep less than was sent, also of the last chunk', async () => {
  await withServer({}, async (own) => {
    const bytes = pattern(4 * QUANTUM);
    const uri = await startSession(own, 'behind');
    own.failNext({ match: { operation: 'resumable.put', object: 'behind' }, commitAtMostBytes: QUANTUM + 9 });
    const first = await putRange(uri, bytes, `0-${bytes.length - 1}/${bytes.length}`);
    expect([first.status, first.headers['range']]).toEqual([308, `bytes=0-${QUANTUM - 1}`]);
    expect(own.object('box', 'behind')).toBeNull();
    await putRange(uri, bytes.subarray(QUANTUM), `${QUANTUM}-${bytes.length - 1}/${bytes.length}`);
    expect((await own.readObject('box', 'behind')).equals(bytes)).toBe(true);
  });
});
