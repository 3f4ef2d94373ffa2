/** What is wrong with the list, the settings or the sources: told by name, and nothing is left behind or moved wrongly. */
import { gzipSync } from 'node:zlib';
import { snapshotOf } from '../support/bucket-view';
import { IngestRig } from '../support/ingest-rig';
import { failureOf } from '../support/run-outcome';
import { answer, cutAfter, validators, type Fault } from '../support/source-server';
import { until } from '../support/until';

const BODY = 'id,name\n'.repeat(9_000);

let rig: IngestRig;
beforeAll(async () => {
  rig = await IngestRig.start({ env: { LONGHAUL_INGEST_RETRY_FOR_SEC: '2' } });
}, 90_000);
afterAll(() => rig.stop());

describe('parameters.json that is', () => {
  it.each([
    ['missing', undefined, 'does not exist'],
    ['not JSON', '{"file_urls": [', 'Malformed'],
    ['of another shape', '{"file_urls": "https://host/a.csv"}', 'must be a list'],
    [
      'full of faults',
      '{"file_urls": [7, {"key": "raw/a"}, "ftp://host/a"]}',
      'file_urls[2] is not an http or https URL',
    ],
  ])(
    '%s fails the run before anything moves',
    async (_, list, words) => {
      const bucket = await rig.bucket(list);
      const { code, message, details } = await failureOf(await rig.start({ bucket }));
      expect({ code, message }).toEqual({ code: 'ParametersLoad', message: expect.stringContaining(words) as string });
      const run = details.run ?? '';
      await until(() => rig.events(run).includes('ingest_fatal'), { what: 'ingest_fatal', timeoutMs: 5_000 });
      expect(rig.events(run)).toContain('parameters_load_error');
      expect(await rig.keys(bucket)).toEqual([]);
    },
    30_000,
  );

  it('an empty list is a success without files', async () => {
    const result = await rig.run({ bucket: await rig.bucket([]) });
    expect(result).toMatchObject({ message: 'Streamed 0 ok, 0 failed', summary: { total_files: 0 }, results: [] });
    expect(rig.events(result.run_id)).toContain('no_file_urls');
  }, 30_000);
});

describe('input', () => {
  it.each([
    ['a part size of 4', { bucket: 'some-bucket', s3_part_mb: 4 }, 'from 5 to 5120, got the number 4'],
    ['an unknown field', { bucket: 'some-bucket', prefix: 'raw' }, 'nearest known field: "pathPrefix"'],
    ['a day that is none', { bucket: 'some-bucket', date: '2025-02-30' }, 'must be a day of the calendar'],
    ['no object', 'some-bucket', 'must be one JSON object'],
  ])(
    '%s is refused at once',
    async (_, input, words) => {
      const handle = await rig.start(input as never);
      const failure = await failureOf(handle);
      expect(failure).toMatchObject({ code: 'InvalidInput', message: expect.stringContaining(words) as string });
      const { events } = await handle.fetchHistory();
      expect((events ?? []).some((event) => event.activityTaskScheduledEventAttributes)).toBe(false);
    },
    30_000,
  );

  it('no bucket, neither in the input nor in the environment', async () => {
    const failure = await failureOf(await rig.start({}));
    expect(failure).toMatchObject({
      code: 'ParametersLoad',
      message: expect.stringContaining('BUCKET_NAME') as string,
    });
  }, 30_000);

  it('two URLs with one key: nothing is moved; numbered where that is asked for', async () => {
    const urls = ['/a/units.csv', '/b/UNITS.csv'].map((path) => rig.host.add(path, path));
    const bucket = await rig.bucket(urls);
    const failure = await failureOf(await rig.start({ bucket, date: '2025-01-02' }));
    expect(failure).toMatchObject({
      code: 'KeyCollision',
      message: expect.stringContaining('raw/2025/01/02/units.csv') as string,
    });
    expect(rig.host.of('/a/units.csv')).toEqual([]);
    expect(await rig.keys(bucket)).toEqual([]);
    await rig.run({ bucket, date: '2025-01-02', onCollision: 'number' });
    expect(await rig.keys(bucket)).toEqual(['units-2', 'units'].map((name) => `raw/2025/01/02/${name}.csv`));
  }, 30_000);
});

/** Every answer is this one, or only the first where `once` is set. */
const always = (fault: Fault): Fault => fault;
const once = (fault: Fault): Fault => {
  let left = 1;
  return (...args) => left-- > 0 && fault(...args);
};

it('each source that misbehaves fails alone and by name; what can be had is had whole', async () => {
  const { host } = rig;
  const faults: Record<string, Fault> = {
    '/flaky.csv': once((_, response) => (response.writeHead(500).end(), true)),
    '/cut.csv': once((seen, response, file) => (cutAfter(seen, response, file, 100), true)),
    '/always-cut.csv': always((seen, response, file) => (cutAfter(seen, response, file, 100), true)),
    '/longer.csv': always((_, response, file) => {
      const declared = { 'content-length': file.body.length, 'content-range': `bytes 0-9/${file.body.length}` };
      response.writeHead(206, { ...validators(file), ...declared }).end(file.body);
      return true;
    }),
    // More than Content-Length is no part of the message (RFC 9112 section 6.3): what is declared is moved, no more.
    '/trailing.csv': always((_, response, file) => {
      response.socket?.end(`HTTP/1.1 200 OK\r\ncontent-length: 10\r\netag: "l"\r\n\r\n${file.body.toString()}`);
      return true;
    }),
    '/no-length.csv': always((_, response, file) => {
      response.writeHead(200, { ...validators(file), 'transfer-encoding': 'chunked' }).end(file.body);
      return true;
    }),
    '/gzip.csv': always((seen, response, file) => {
      // Offered only to those who accept it, as servers do.
      const isAccepted = /gzip/.test(seen.headers['accept-encoding'] ?? '');
      if (!isAccepted) return false;
      response.writeHead(200, { ...validators(file), 'content-encoding': 'gzip' }).end(gzipSync(file.body));
      return true;
    }),
    '/private.csv': always((_, response) => (response.writeHead(302, { location: 'http://10.1.2.3/a' }).end(), true)),
  };
  const good = ['/flaky.csv', '/cut.csv', '/no-length.csv', '/gzip.csv', '/trailing.csv'];
  for (const [path, fault] of Object.entries(faults)) {
    host.add(path, BODY);
    host.faults.set(path, fault);
  }
  const wrongHash = { url: host.add('/hash.csv', BODY), sha256: 'ab'.repeat(32) };
  const list = [
    ...Object.keys(faults).map((path) => host.origin + path),
    `${host.origin}/404.csv`,
    'http://no-such-host.invalid/x.csv',
    wrongHash,
  ];
  const bucket = await rig.bucket(list);
  const result = await rig.run({ bucket, date: '2025-01-02', concurrency: 8 });

  const codes = Object.fromEntries(
    rig
      .logs(result.run_id)
      .filter(({ event }) => event === 'file_error')
      .map(({ url, code }) => [new URL(String(url)).pathname, code]),
  );
  expect(codes).toEqual({
    '/always-cut.csv': 'SourceTruncated',
    '/longer.csv': 'SourceProtocol',
    '/private.csv': 'AddressRefused',
    '/404.csv': 'SourceNotFound',
    '/x.csv': 'SourceUnreachable',
    '/hash.csv': 'ChecksumDiffers',
  });
  expect(result.message).toBe(`Streamed ${good.length} ok, 6 failed`);
  expect(await rig.keys(bucket)).toEqual(good.map((path) => `raw/2025/01/02${path}`).sort());
  for (const path of good) {
    const body = path === '/trailing.csv' ? BODY.slice(0, 10) : BODY;
    expect(await rig.text(bucket, `raw/2025/01/02${path}`)).toBe(body);
  }
  expect((await snapshotOf(rig.harness.s3, bucket, '_longhaul')).uploads).toEqual([]);
  expect(host.of('/gzip.csv').every(({ headers }) => headers['accept-encoding'] === 'identity')).toBe(true);
}, 60_000);

it('a signed URL is asked for with its own answer, whatever the list holds by then', async () => {
  const path = '/signed.csv';
  rig.host.add(path, BODY);
  const bucket = await rig.bucket([`${rig.host.origin}${path}?X-Amz-Signature=first`]);
  rig.host.faults.set(path, (seen, response, file) => {
    if (!seen.url.includes('X-Amz-Signature=first')) return (response.writeHead(403).end(), true);
    void rig.list(bucket, []).then(() => answer({ file, servedBytes: 0 } as never, seen, response));
    return true;
  });
  expect((await rig.run({ bucket, date: '2025-01-02' })).message).toBe('Streamed 1 ok, 0 failed');
}, 30_000);
