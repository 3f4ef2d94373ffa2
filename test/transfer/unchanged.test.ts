/** Whether a source has changed since last time, and what a transfer keeps for asking. */
import type { IncomingHttpHeaders } from 'node:http';
import {
  createHttpSource,
  createS3Source,
  isUnchanged,
  SourceUrl,
  type HttpClient,
  type SourceValidators,
} from '../../src/transfer';
import { startSourceServer, type SourceServer } from '../support/source-server';
import { bytesOf, makeSpec, MIB, moveAll, testHttp } from '../support/transfer-rig';
import { startTestS3, type TestS3 } from '../support/versitygw';

let s3: TestS3;
let source: SourceServer;
let elsewhere: SourceServer;
let http: HttpClient;
const bucket = 'unchanged';
const DATE = 'Mon, 01 Jan 2024 00:00:00 GMT';

beforeAll(async () => {
  s3 = await startTestS3();
  await s3.bucket(bucket);
  source = await startSourceServer({ body: bytesOf(1000) });
  elsewhere = await startSourceServer({ body: bytesOf(1000), etag: '"far"' });
  http = testHttp();
});
afterAll(async () => {
  await http.close();
  await elsewhere.close();
  await source.close();
  await s3.stop();
});
beforeEach(() => {
  source.file = { body: bytesOf(1000), etag: '"v1"', lastModified: DATE };
  source.fault = conditional;
  elsewhere.fault = conditional;
  for (const server of [source, elsewhere]) server.requests.length = 0;
});

/** As RFC 9110 section 13.2.2 has it. */
const conditional: SourceServer['fault'] = ({ headers }, response, file) => {
  const none = headers['if-none-match'];
  const isSame = none === undefined ? headers['if-modified-since'] === file.lastModified : none === file.etag;
  const isAsked = none !== undefined || headers['if-modified-since'] !== undefined;
  if (!isAsked || !isSame) return false;
  response.writeHead(304, file.etag === undefined ? {} : { etag: file.etag }).end();
  return true;
};

const ask = (validators: SourceValidators, headers: Record<string, string> = {}): Promise<boolean> =>
  isUnchanged(http, new SourceUrl(source.url), validators, {
    headers,
    signal: new AbortController().signal,
    stallTimeoutMs: 300,
  });

const seen = (): IncomingHttpHeaders => source.requests[0]!.headers;

test.each([
  ['a strong ETag', { etag: '"v1"', lastModified: DATE }, true],
  ['a weak ETag', { etag: 'W/"w"' }, true],
  ['another ETag', { etag: '"v0"', lastModified: DATE }, false],
  ['a date alone', { lastModified: DATE }, true],
  ['another date', { lastModified: 'Mon, 01 Jan 2023 00:00:00 GMT' }, false],
])('%s', async (_name, validators: SourceValidators, expected) => {
  if (validators.etag?.startsWith('W/') === true) source.file.etag = validators.etag;
  expect(await ask(validators)).toBe(expected);
  expect(source.requests).toHaveLength(1);
  expect(seen()['if-none-match']).toBe(validators.etag);
  expect(seen()['if-modified-since']).toBe(validators.etag === undefined ? validators.lastModified : undefined);
});

test('nothing to ask with: nothing is asked', async () => {
  expect(await ask({})).toBe(false);
  expect(source.requests).toHaveLength(0);
});

test('304 for another ETag is no answer', async () => {
  source.fault = (_request, response) => {
    response.writeHead(304, { etag: '"v9"' }).end();
    return true;
  };
  expect(await ask({ etag: '"v1"' })).toBe(false);
});

test.each([
  [404, 'SourceNotFound'],
  [403, 'SourceForbidden'],
  [503, 'SourceThrottled'],
  [500, 'SourceUnavailable'],
])('%d is %s', async (status, code) => {
  source.fault = (_request, response) => {
    response.writeHead(status).end();
    return true;
  };
  await expect(ask({ etag: '"v1"' })).rejects.toMatchObject({ code });
});

test('no answer is SourceStalled', async () => {
  source.fault = () => true;
  await expect(ask({ etag: '"v1"' })).rejects.toMatchObject({ code: 'SourceStalled' });
});

const redirect: SourceServer['fault'] = (_request, response) => {
  response.writeHead(302, { location: elsewhere.url }).end();
  return true;
};

test('a redirect to another origin keeps the question and loses the secret', async () => {
  source.fault = redirect;
  expect(await ask({ etag: '"far"' }, { 'x-api-key': 'secret-1', authorization: 'Bearer secret-2' })).toBe(true);
  expect(seen()).toMatchObject({ 'x-api-key': 'secret-1', authorization: 'Bearer secret-2' });
  expect(JSON.stringify(elsewhere.requests)).not.toContain('secret-');
});

test('a transfer sends its headers to the first origin alone', async () => {
  source.fault = redirect;
  const headers = { 'X-Api-Key': 'secret-1', cookie: 'secret-2', 'x-amz-security-token': 'secret-3' };
  const from = createHttpSource({ http, headers, resolve: () => Promise.resolve(new SourceUrl(source.url)) });
  elsewhere.file.body = bytesOf(6 * MIB);
  await moveAll(makeSpec({ source: from, client: s3.client, bucket }));
  expect(seen()).toMatchObject({ 'x-api-key': 'secret-1', cookie: 'secret-2' });
  expect(elsewhere.requests.length).toBeGreaterThan(1);
  expect(JSON.stringify(elsewhere.requests)).not.toContain('secret-');
});

test.each([
  ['small', 1000, '"v1"'],
  ['large', 6 * MIB, '"v1"'],
  ['weak', 6 * MIB, 'W/"v1"'],
])('%s: a transfer tells the validators as they were sent, and they answer next time', async (_name, size, etag) => {
  source.file = { body: bytesOf(size), etag, lastModified: DATE };
  const moved = await moveAll(makeSpec({ url: source.url, http, client: s3.client, bucket, publish: 'direct' }));
  expect(moved.sourceValidators).toEqual({ etag, lastModified: DATE });
  expect(await ask(moved.sourceValidators!)).toBe(true);
});

test('an S3 source tells its own', async () => {
  const first = makeSpec({ url: source.url, http, client: s3.client, bucket });
  const { etag } = await moveAll(first);
  const from = createS3Source({ client: s3.client, bucket, key: first.key });
  const { sourceValidators } = await moveAll(makeSpec({ source: from, client: s3.client, bucket }));
  expect(sourceValidators).toEqual({ etag, lastModified: expect.stringMatching(/ GMT$/) as string });
});
