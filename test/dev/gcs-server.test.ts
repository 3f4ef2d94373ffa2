/** The JSON API of the double: objects, preconditions, lists, rewrites, versions, permissions. */
import { gzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { startGcsServer, type GcsEvent, type GcsServer } from '../../src/dev/gcs-server';
import { freshFolder } from '../support/shared-stack';
import { JSON_TYPE, MIB, insert, objectUrl, pattern, reasonOf, send, uploadUrl, withServer } from './gcs-support';

let server: GcsServer;
beforeAll(async () => {
  server = await startGcsServer({ buckets: ['box', { name: 'versioned', versioned: true }] });
});
afterAll(() => server.stop());

const CHECK = Buffer.from('123456789');
/** The check value of CRC-32C, 0xE3069283, in base64. */
const CHECK_CRC32C = '4waSgw==';
const CHECK_MD5 = createHash('md5').update(CHECK).digest('base64');

describe('one request', () => {
  it('stores media with its checksums and gives it back through every path', async () => {
    const stored = await insert(server, 'dir/a b.txt', CHECK);
    expect(stored.body).toMatchObject({
      kind: 'storage#object',
      name: 'dir/a b.txt',
      size: '9',
      crc32c: CHECK_CRC32C,
      md5Hash: CHECK_MD5,
      metageneration: '1',
    });
    const urls = [
      objectUrl(server, 'dir/a b.txt', '?alt=media'),
      objectUrl(server, 'dir/a b.txt').replace('/storage/', '/download/storage/'),
      `${server.endpoint}/box/dir/a%20b.txt`,
      String(stored.body['mediaLink']),
    ];
    for (const url of urls) {
      const read = await send('GET', url);
      expect([read.status, read.text]).toEqual([200, '123456789']);
      expect([read.headers['x-goog-hash']].flat().join(',')).toBe(`crc32c=${CHECK_CRC32C},md5=${CHECK_MD5}`);
      expect(read.headers['x-goog-generation']).toBe(stored.body['generation']);
      expect(read.headers['x-goog-stored-content-encoding']).toBe('identity');
    }
  });

  it.each(['\r\n', ''])('takes multipart/related with metadata (epilogue %j)', async (epilogue) => {
    const media = pattern(300_000);
    const head = `--x\r\nContent-Type: application/json\r\n\r\n${JSON.stringify({
      name: 'related',
      metadata: { who: 'me' },
      crc32c: undefined,
    })}\r\n--x\r\nContent-Type: text/csv\r\n\r\n`;
    const body = Buffer.concat([Buffer.from(head), media, Buffer.from(`\r\n--x--${epilogue}`)]);
    const reply = await send('POST', uploadUrl(server, 'uploadType=multipart'), body, {
      'Content-Type': 'multipart/related; boundary="x"',
    });
    expect(reply.body).toMatchObject({ name: 'related', contentType: 'text/csv', metadata: { who: 'me' } });
    expect((await server.readObject('box', 'related')).equals(media)).toBe(true);
  });

  it('refuses wrong checksums and shows nothing', async () => {
    const url = uploadUrl(server, 'uploadType=media&name=wrong');
    for (const headers of [{ 'X-Goog-Hash': 'crc32c=AAAAAA==' }, { 'Content-MD5': 'AAAAAAAAAAAAAAAAAAAAAA==' }]) {
      expect((await send('POST', url, CHECK, headers)).status).toBe(400);
    }
    expect(server.object('box', 'wrong')).toBeNull();
    expect((await send('POST', url, CHECK, { 'X-Goog-Hash': `crc32c=${CHECK_CRC32C},md5=${CHECK_MD5}` })).status).toBe(
      200,
    );
  });

  it('answers ranges, and 416 beyond the end', async () => {
    await insert(server, 'ranged', CHECK);
    const url = objectUrl(server, 'ranged', '?alt=media');
    const read = async (range: string) => {
      const { status, text, headers } = await send('GET', url, null, { Range: range });
      return [status, text, headers['content-range']];
    };
    expect(await read('bytes=2-4')).toEqual([206, '345', 'bytes 2-4/9']);
    expect(await read('bytes=7-100')).toEqual([206, '89', 'bytes 7-8/9']);
    expect(await read('bytes=-2')).toEqual([206, '89', 'bytes 7-8/9']);
    expect(await read('bytes=5-')).toEqual([206, '6789', 'bytes 5-8/9']);
    expect((await send('GET', url, null, { Range: 'bytes=9-' })).status).toBe(416);
  });

  it('decompresses gzip objects for clients that do not take gzip', async () => {
    const plain = Buffer.from('hello '.repeat(1000));
    const packed = gzipSync(plain);
    const stored = await insert(server, 'packed', packed, '&contentEncoding=gzip');
    expect(stored.body).toMatchObject({ contentEncoding: 'gzip', size: String(packed.length) });
    const url = objectUrl(server, 'packed', '?alt=media');
    const transcoded = await send('GET', url, null, { Range: 'bytes=0-9' });
    expect(transcoded.status).toBe(200);
    expect(transcoded.bytes.equals(plain)).toBe(true);
    expect(transcoded.headers['content-encoding']).toBeUndefined();
    expect(transcoded.headers['content-length']).toBeUndefined();
    expect(transcoded.headers['x-goog-stored-content-encoding']).toBe('gzip');
    const raw = await send('GET', url, null, { 'Accept-Encoding': 'gzip' });
    expect(raw.bytes.equals(packed)).toBe(true);
    expect(raw.headers['content-encoding']).toBe('gzip');
  });
});

describe('preconditions', () => {
  it('holds generation conditions for every verb', async () => {
    const first = await insert(server, 'guarded', '1', '&ifGenerationMatch=0');
    expect(first.status).toBe(200);
    const generation = String(first.body['generation']);
    const again = await insert(server, 'guarded', '2', '&ifGenerationMatch=0');
    expect([again.status, reasonOf(again)]).toEqual([412, 'conditionNotMet']);
    const right = `?ifGenerationMatch=${generation}`;
    const wrong = '?ifGenerationMatch=1';
    expect((await send('GET', objectUrl(server, 'guarded', wrong))).status).toBe(412);
    expect((await send('GET', objectUrl(server, 'guarded', `${right}&alt=media`))).status).toBe(200);
    expect((await send('GET', objectUrl(server, 'guarded', `?ifGenerationNotMatch=${generation}`))).status).toBe(304);
    expect((await send('DELETE', objectUrl(server, 'guarded', wrong))).status).toBe(412);
    const patch = '{"contentType":"text/csv"}';
    expect((await send('PATCH', objectUrl(server, 'guarded', '?ifMetagenerationMatch=7'), patch)).status).toBe(412);
    expect((await send('PATCH', objectUrl(server, 'guarded', '?ifMetagenerationMatch=1'), patch)).body).toMatchObject({
      metageneration: '2',
      contentType: 'text/csv',
    });
    const rewrite = (query: string) =>
      send('POST', `${objectUrl(server, 'guarded')}/rewriteTo/b/box/o/elsewhere${query}`, '{}', JSON_TYPE);
    expect((await rewrite('?ifSourceGenerationMatch=1')).status).toBe(412);
    expect((await rewrite('?ifGenerationMatch=0')).status).toBe(200);
    expect((await rewrite('?ifGenerationMatch=0')).status).toBe(412);
    expect((await send('DELETE', objectUrl(server, 'guarded', right))).status).toBe(204);
    expect((await send('GET', objectUrl(server, 'guarded'))).status).toBe(404);
  });

  it('gives a replaced object a greater generation', async () => {
    const generations = [];
    for (let n = 0; n < 3; n += 1) generations.push(Number((await insert(server, 'again', 'x')).body['generation']));
    expect(generations).toEqual([...new Set(generations)].sort((a, b) => a - b));
  });
});

describe('lists', () => {
  it('goes through prefixes, delimiters and pages in order', async () => {
    for (const name of ['l/a', 'l/b/1', 'l/b/2', 'l/c', 'l/ä']) await insert(server, name, 'x');
    const pages: unknown[][] = [];
    let token: string | undefined;
    do {
      const query = `prefix=l/&delimiter=/&maxResults=2${token === undefined ? '' : `&pageToken=${token}`}`;
      const { body } = await send('GET', `${server.endpoint}/storage/v1/b/box/o?${query}`);
      const items = (body['items'] ?? []) as { name: string }[];
      pages.push([...items.map(({ name }) => name), ...((body['prefixes'] ?? []) as string[])]);
      token = body['nextPageToken'] as string | undefined;
    } while (token !== undefined);
    expect(pages).toEqual([
      ['l/a', 'l/b/'],
      ['l/c', 'l/ä'],
    ]);
  });

  it('keeps versions in a versioned bucket, and removes one by its generation', async () => {
    const put = (text: string) =>
      send('POST', uploadUrl(server, 'uploadType=media&name=v', 'versioned'), text).then(({ body }) =>
        String(body['generation']),
      );
    const old = await put('old');
    await put('new');
    const url = (query: string) => objectUrl(server, 'v', query, 'versioned');
    expect((await send('GET', url(`?alt=media&generation=${old}`))).text).toBe('old');
    expect((await send('GET', url('?alt=media'))).text).toBe('new');
    const list = () => send('GET', `${server.endpoint}/storage/v1/b/versioned/o?versions=true`);
    expect((await list()).body['items']).toHaveLength(2);
    await send('DELETE', url(''));
    expect((await send('GET', url(''))).status).toBe(404);
    expect((await list()).body['items']).toHaveLength(2);
    await send('DELETE', url(`?generation=${old}`));
    expect((await list()).body['items']).toHaveLength(1);
  });
});

describe('objects made of objects', () => {
  it('rewrites over several calls and publishes at the last', async () => {
    const bytes = pattern(3 * MIB + 5);
    await insert(server, 'big', bytes);
    const url = `${objectUrl(server, 'big')}/rewriteTo/b/box/o/copy?maxBytesRewrittenPerCall=${MIB}`;
    expect((await send('POST', `${url}1`, '', JSON_TYPE)).status).toBe(400);
    let reply = await send('POST', url, '', JSON_TYPE);
    let calls = 1;
    while (reply.body['done'] === false) {
      expect(server.object('box', 'copy')).toBeNull();
      expect(reply.body['totalBytesRewritten']).toBe(String(calls * MIB));
      const token = encodeURIComponent(String(reply.body['rewriteToken']));
      reply = await send('POST', `${url}&rewriteToken=${token}`, '', JSON_TYPE);
      calls += 1;
    }
    expect(calls).toBe(4);
    expect(reply.body['resource']).toMatchObject({ name: 'copy', md5Hash: server.object('box', 'big')?.md5Hash });
    expect((await server.readObject('box', 'copy')).equals(bytes)).toBe(true);
    expect((await send('POST', `${url}&rewriteToken=gone`, '', JSON_TYPE)).status).toBe(410);
  });

  it('composes: CRC32C of all, no MD5, the number of components', async () => {
    await insert(server, 'c1', CHECK.subarray(0, 4));
    await insert(server, 'c2', CHECK.subarray(4));
    const body = JSON.stringify({ sourceObjects: [{ name: 'c1' }, { name: 'c2' }], destination: {} });
    const reply = await send('POST', `${objectUrl(server, 'c')}/compose`, body, JSON_TYPE);
    expect(reply.body).toMatchObject({ size: '9', crc32c: CHECK_CRC32C, componentCount: 2 });
    expect(reply.body['md5Hash']).toBeUndefined();
    await send('DELETE', objectUrl(server, 'c1'));
    expect((await server.readObject('box', 'c')).equals(CHECK)).toBe(true);
    const missing = JSON.stringify({ sourceObjects: [{ name: 'c1' }], destination: {} });
    expect((await send('POST', `${objectUrl(server, 'c')}/compose`, missing, JSON_TYPE)).status).toBe(404);
  });
});

describe('callers', () => {
  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

  it('asks for a token, and for each permission by its name', async () => {
    const tokens = {
      owner: 'all',
      writer: { box: ['storage.objects.create'] },
      reader: { box: ['storage.objects.get'] },
    } as const;
    await withServer({ tokens }, async (guarded) => {
      const url = uploadUrl(guarded, 'uploadType=media&name=o');
      expect((await send('POST', url, 'x')).status).toBe(401);
      expect((await send('POST', url, 'x', bearer('unknown'))).status).toBe(401);
      expect((await send('POST', url, 'x', bearer('reader'))).status).toBe(403);
      expect((await send('POST', url, 'x', bearer('writer'))).status).toBe(200);
      // Replacing needs storage.objects.delete too.
      expect((await send('POST', url, 'x', bearer('writer'))).status).toBe(403);
      expect((await send('GET', objectUrl(guarded, 'o'), null, bearer('writer'))).status).toBe(403);
      expect((await send('GET', objectUrl(guarded, 'o'), null, bearer('reader'))).status).toBe(200);
      // Without storage.objects.list nobody learns what is not there.
      expect((await send('GET', objectUrl(guarded, 'none'), null, bearer('reader'))).status).toBe(403);
      expect((await send('GET', objectUrl(guarded, 'none'), null, bearer('owner'))).status).toBe(404);
    });
  });

  it('refuses what is denied until it is allowed again', async () => {
    await withServer({}, async (open) => {
      const allow = open.deny({ permission: 'storage.objects.create', bucket: 'box' });
      const denied = await insert(open, 'o', 'x');
      expect([denied.status, reasonOf(denied)]).toEqual([403, 'forbidden']);
      allow();
      expect((await insert(open, 'o', 'x')).status).toBe(200);
    });
  });
});

it('tells of every change, once it is visible', async () => {
  const events: GcsEvent[] = [];
  await withServer({ onEvent: (event) => events.push(event) }, async (told) => {
    const first = await insert(told, 'o', '1');
    await insert(told, 'o', '2');
    await send('PATCH', objectUrl(told, 'o'), '{}');
    await send('DELETE', objectUrl(told, 'o'));
    expect(events.map(({ eventType }) => eventType)).toEqual([
      'OBJECT_FINALIZE',
      'OBJECT_DELETE',
      'OBJECT_FINALIZE',
      'OBJECT_METADATA_UPDATE',
      'OBJECT_DELETE',
    ]);
    expect(events[2]).toMatchObject({ object: 'o', overwroteGeneration: first.body['generation'] });
    expect(events[2]?.resource).toMatchObject({ name: 'o', size: '1' });
  });
});

it('finds objects again in its folder, and nothing of unfinished uploads', async () => {
  const folder = freshFolder('gcs');
  try {
    const bytes = pattern(2 * MIB + 1);
    await withServer({ dataDir: folder.path }, async (before) => {
      await insert(before, 'kept', bytes);
      await send('POST', `${objectUrl(before, 'kept')}/copyTo/b/box/o/copied`, '{}', JSON_TYPE);
      await send('DELETE', objectUrl(before, 'kept'));
    });
    await withServer({ dataDir: folder.path }, async (after) => {
      expect(after.names('box')).toEqual(['copied']);
      expect((await after.readObject('box', 'copied')).equals(bytes)).toBe(true);
    });
  } finally {
    folder.remove();
  }
});
