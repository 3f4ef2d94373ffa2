/** Scripted faults and the request log of the double. */
import { startGcsServer, type GcsServer } from '../../src/dev/gcs-server';
import { until } from '../../src/dev/wait';
import { QUANTUM, insert, objectUrl, pattern, putRange, send, startSession } from './gcs-support';

let server: GcsServer;
beforeEach(async () => {
  server = await startGcsServer({ buckets: ['box'] });
});
afterEach(() => server.stop());

const bytes = pattern(100_000);
const media = (headers: Record<string, string> = {}) =>
  send('GET', objectUrl(server, 'o', '?alt=media'), null, headers);

it('answers a status with Retry-After for as many requests as asked, then the truth', async () => {
  await insert(server, 'o', bytes);
  server.failNext({ match: { operation: 'objects.media' }, skip: 1, times: 2, status: 503, retryAfterSeconds: 7 });
  const statuses = [];
  for (let n = 0; n < 4; n += 1) statuses.push((await media()).status);
  expect(statuses).toEqual([200, 503, 503, 200]);
  server.failNext({ status: 429, body: 'slow down', headers: { 'Retry-After': 'Wed, 21 Oct 2026 07:28:00 GMT' } });
  const reply = await media();
  expect([reply.status, reply.text]).toEqual([429, 'slow down']);
});

it('does the work and loses the answer, or answers an error all the same', async () => {
  server.failNext({ match: { operation: 'objects.insert' }, loseAnswer: true });
  await expect(insert(server, 'lost', bytes)).rejects.toThrow();
  expect(server.object('box', 'lost')).not.toBeNull();
  server.failNext({ status: 500, afterEffect: true });
  expect((await insert(server, 'told', bytes)).status).toBe(500);
  expect(server.object('box', 'told')).not.toBeNull();
});

it('does nothing where the connection goes first', async () => {
  server.failNext({ destroyBefore: true });
  await expect(insert(server, 'never', bytes)).rejects.toThrow();
  expect(server.object('box', 'never')).toBeNull();
});

it('cuts, shortens, corrupts and stalls bodies', async () => {
  await insert(server, 'o', bytes);
  server.failNext({ cutAfterBytes: 50_000 });
  await expect(media()).rejects.toThrow();
  server.failNext({ truncateToBytes: 10 });
  expect((await media()).bytes.equals(bytes.subarray(0, 10))).toBe(true);
  server.failNext({ corruptAtByte: 99_999 });
  const corrupt = (await media()).bytes;
  expect(corrupt.subarray(0, 99_999).equals(bytes.subarray(0, 99_999))).toBe(true);
  expect(corrupt[99_999]).not.toBe(bytes[99_999]);
  server.failNext({ ignoreRange: true });
  expect((await media({ Range: 'bytes=0-9' })).status).toBe(200);
  const release = server.failNext({ stallAfterBytes: 1_000 });
  const stalled = media();
  await expect(Promise.race([stalled, new Promise((resolve) => setTimeout(resolve, 200, 'stalled'))])).resolves.toBe(
    'stalled',
  );
  release();
  expect((await stalled).bytes.equals(bytes)).toBe(true);
});

it('stores what it received, wrong bytes too, with the checksum of what it has', async () => {
  server.failNext({ match: { operation: 'objects.insert' }, corruptAtByte: 0 });
  const wrong = await insert(server, 'o', bytes);
  const right = await insert(server, 'p', bytes);
  expect(wrong.body['crc32c']).not.toBe(right.body['crc32c']);
});

it('shows nothing of an upload that was cut', async () => {
  server.failNext({ match: { operation: 'objects.insert' }, cutAfterBytes: 50_000 });
  await expect(insert(server, 'cut', bytes)).rejects.toThrow();
  await until(() => server.log.requests.length === 1, { what: 'the request to end', timeoutMs: 5_000 });
  expect(server.object('box', 'cut')).toBeNull();
});

it('loses sessions, and answers that are on their way', async () => {
  const uri = await startSession(server, 'lost');
  server.failNext({ match: { operation: 'resumable.put' }, loseSession: 404 });
  expect((await putRange(uri, pattern(QUANTUM), `0-${QUANTUM - 1}/*`)).status).toBe(404);
  expect(server.openUploads()).toEqual([]);
  const other = await startSession(server, 'final');
  server.failNext({ match: { operation: 'resumable.put', object: 'final' }, loseAnswer: true });
  await expect(putRange(other, bytes, `0-99999/100000`)).rejects.toThrow();
  expect((await server.readObject('box', 'final')).equals(bytes)).toBe(true);
  expect((await send('PUT', other, null, { 'Content-Range': 'bytes */100000' })).body['name']).toBe('final');
});

it('writes down what was asked, without the secrets of sessions', async () => {
  const uri = await startSession(server, 'logged');
  await putRange(uri, bytes, '0-99999/100000');
  await media({ Range: 'bytes=0-9' });
  await send('GET', objectUrl(server, 'logged', '?alt=media'), null, { Range: 'bytes=0-9' });
  expect(server.log.counts()).toEqual({ 'resumable.start': 1, 'resumable.put': 1, 'objects.media': 2 });
  expect(server.log.requests.map(({ object, status }) => [object, status])).toEqual([
    ['logged', 200],
    ['logged', 200],
    ['o', 404],
    ['logged', 206],
  ]);
  expect(server.log.requests.at(-1)).toMatchObject({ range: 'bytes=0-9', sentBytes: 10 });
  expect(server.log.requests[1]).toMatchObject({ receivedBytes: 100_000, contentRange: 'bytes 0-99999/100000' });
  expect(JSON.stringify(server.log.requests)).not.toContain('upload_id');
  server.log.clear();
  expect(server.log.count()).toBe(0);
});
