/** The XML API of the double: single objects and multipart uploads. */
import { startGcsServer, type GcsServer } from '../../src/dev/gcs-server';
import { crc32c } from '@node-rs/crc32';
import { MIB, pattern, send, withServer } from './gcs-support';

let server: GcsServer;
beforeAll(async () => {
  server = await startGcsServer({ buckets: ['box'] });
});
afterAll(() => server.stop());

const url = (name: string, query = '') => `${server.endpoint}/box/${name}${query}`;
const element = (name: string, text: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
const elements = (name: string, text: string) =>
  [...text.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, value]) => value);

const initiate = async (name: string, headers: Record<string, string> = {}) =>
  element('UploadId', (await send('POST', url(name, '?uploads'), null, headers)).text)!;
const uploadPart = (
  name: string,
  id: string,
  number: number,
  bytes: Uint8Array,
  headers: Record<string, string> = {},
) => send('PUT', url(name, `?partNumber=${number}&uploadId=${id}`), bytes, headers);
const complete = (name: string, id: string, parts: [number, string][]) => {
  const list = parts.map(([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`);
  const body = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`;
  return send('POST', url(name, `?uploadId=${id}`), body);
};
const crcOf = (bytes: Buffer) => {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(crc32c(bytes));
  return value.toString('base64');
};

it('puts, reads, heads and deletes an object with metadata and conditions', async () => {
  const headers = { 'Content-Type': 'text/csv', 'x-goog-meta-who': 'me', 'x-goog-if-generation-match': '0' };
  const put = await send('PUT', url('dir/o'), 'hello', headers);
  expect(put.status).toBe(200);
  expect(put.headers['x-goog-hash']).toEqual([expect.stringMatching(/^crc32c=/), expect.stringMatching(/^md5=/)]);
  expect((await send('PUT', url('dir/o'), 'again', headers)).text).toContain('<Code>PreconditionFailed</Code>');
  const head = await send('HEAD', url('dir/o'));
  expect(head.headers).toMatchObject({
    'content-length': '5',
    'content-type': 'text/csv',
    'x-goog-meta-who': 'me',
    'x-goog-generation': put.headers['x-goog-generation'],
    etag: put.headers['etag'],
  });
  expect((await send('GET', url('dir/o'), null, { Range: 'bytes=1-2' })).text).toBe('el');
  expect((await send('DELETE', url('dir/o'))).status).toBe(204);
  expect((await send('GET', url('dir/o'))).text).toContain('<Code>NoSuchKey</Code>');
  expect((await send('GET', `${server.endpoint}/nothing/o`)).text).toContain('<Code>NoSuchBucket</Code>');
});

it('refuses a PUT whose checksum is another', async () => {
  const reply = await send('PUT', url('bad'), 'hello', { 'x-goog-hash': 'crc32c=AAAAAA==' });
  expect([reply.status, element('Code', reply.text)]).toEqual([400, 'BadDigest']);
  expect(server.object('box', 'bad')).toBeNull();
});

describe('multipart uploads', () => {
  const parts = [pattern(5 * MIB, 1), pattern(5 * MIB + 3, 2), pattern(7, 3)];

  it('makes one object of parts in any order: a CRC32C, no MD5', async () => {
    const id = await initiate('big', { 'Content-Type': 'text/csv', 'x-goog-meta-who': 'me' });
    const etags = new Map<number, string>();
    for (const number of [3, 1, 2, 1]) {
      const bytes = parts[number - 1]!;
      const reply = await uploadPart('big', id, number, bytes, { 'x-goog-hash': `crc32c=${crcOf(bytes)}` });
      expect([reply.headers['x-goog-hash']].flat()).toContain(`crc32c=${crcOf(bytes)}`);
      etags.set(number, String(reply.headers['etag']));
    }
    expect(server.object('box', 'big')).toBeNull();
    const done = await complete(
      'big',
      id,
      [1, 2, 3].map((number) => [number, etags.get(number)!]),
    );
    expect(done.status).toBe(200);
    const whole = Buffer.concat(parts);
    expect(done.headers['x-goog-hash']).toBe(`crc32c=${crcOf(whole)}`);
    expect((await server.readObject('box', 'big')).equals(whole)).toBe(true);
    expect(server.object('box', 'big')).toMatchObject({ componentCount: 3, fields: { metadata: { who: 'me' } } });
    expect((await send('HEAD', url('big'))).headers['x-goog-hash']).toBe(`crc32c=${crcOf(whole)}`);
    expect((await complete('big', id, [[1, etags.get(1)!]])).text).toContain('<Code>NoSuchUpload</Code>');
  });

  it('lists parts and uploads in pages', async () => {
    const id = await initiate('listed');
    for (const number of [1, 2, 3]) await uploadPart('listed', id, number, Buffer.from([number]));
    const first = (await send('GET', url('listed', `?uploadId=${id}&max-parts=2`))).text;
    expect([elements('PartNumber', first), element('IsTruncated', first)]).toEqual([['1', '2'], 'true']);
    const marker = element('NextPartNumberMarker', first);
    const rest = (await send('GET', url('listed', `?uploadId=${id}&part-number-marker=${marker}`))).text;
    expect([elements('PartNumber', rest), elements('Size', rest)]).toEqual([['3'], ['1']]);
    const other = await initiate('listed');
    const uploads = (await send('GET', `${server.endpoint}/box?uploads&prefix=listed`)).text;
    expect(elements('UploadId', uploads).sort()).toEqual([id, other].sort());
    for (const upload of [id, other])
      expect((await send('DELETE', url('listed', `?uploadId=${upload}`))).status).toBe(204);
    expect((await send('DELETE', url('listed', `?uploadId=${id}`))).status).toBe(404);
    expect(server.openUploads()).toEqual([]);
  });

  it('refuses what Google refuses', async () => {
    const id = await initiate('strict');
    const etag = String((await uploadPart('strict', id, 1, Buffer.from('short'))).headers['etag']);
    const second = String((await uploadPart('strict', id, 2, Buffer.from('x'))).headers['etag']);
    const codeOf = async (chosen: [number, string][]) => element('Code', (await complete('strict', id, chosen)).text);
    expect(
      await codeOf([
        [1, etag],
        [2, second],
      ]),
    ).toBe('EntityTooSmall');
    expect(
      await codeOf([
        [2, second],
        [1, etag],
      ]),
    ).toBe('InvalidPartOrder');
    expect(await codeOf([[1, '"another"']])).toBe('InvalidPart');
    expect(await codeOf([[9, etag]])).toBe('InvalidPart');
    expect(await codeOf([])).toBe('MalformedXML');
    const bad = await uploadPart('strict', id, 3, Buffer.from('x'), { 'Content-MD5': 'AAAAAAAAAAAAAAAAAAAAAA==' });
    expect(element('Code', bad.text)).toBe('BadDigest');
    expect((await uploadPart('strict', id, 10_001, Buffer.from('x'))).status).toBe(400);
    const conditional = await send('POST', url('strict', '?uploads'), null, { 'x-goog-if-generation-match': '0' });
    expect(element('Code', conditional.text)).toBe('InvalidArgument');
    expect(server.object('box', 'strict')).toBeNull();
    await send('DELETE', url('strict', `?uploadId=${id}`));
  });

  it('asks for the permissions of multipart uploads', async () => {
    const tokens = { half: { box: ['storage.objects.create'] } } as const;
    await withServer({ tokens }, async ({ endpoint }) => {
      const reply = await send('POST', `${endpoint}/box/o?uploads`, null, { Authorization: 'Bearer half' });
      expect([reply.status, element('Code', reply.text)]).toEqual([403, 'AccessDenied']);
    });
  });
});
