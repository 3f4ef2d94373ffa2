/** The list of URLs against its sample server: what it may look like, how it fails, and URLs that are signed anew. */
import type { ApiFault } from '../../src/dev/export-api';
import { generatedFile } from '../../src/dev/export-api';
import { startUrlListServer, type UrlListServer } from '../../src/dev/sample-vendors/url-list-server';
import type { ListedUrl } from '../../src/config/provider-settings';
import type { ErrorCode } from '../../src/model/errors';
import { Secret } from '../../src/model/secret';
import type { ExportProvider, UrlExportRecord } from '../../src/providers/types';
import { UrlBook } from '../../src/providers/url-book';
import { createUrlListProvider, type UrlListOptions } from '../../src/providers/url-list';
import { createS3Client } from '../../src/transfer';
import { failure } from './failure';
import { signal } from './support';

const FILES = [generatedFile('a', 'one.csv', 10, 1), generatedFile('b/c', 'one.csv', 10, 2)];
const REQUEST = { type: 'vulnerability' } as const;
const s3 = createS3Client({
  region: 'us-east-1',
  endpoint: 'http://127.0.0.1:1',
  forcePathStyle: true,
  credentials: { kind: 'keys', accessKeyId: 'x', secretAccessKey: new Secret('y') },
});
let server: UrlListServer;
beforeAll(async () => {
  server = await startUrlListServer({ files: FILES });
});
afterEach(() => server.faults.clear());
afterAll(async () => {
  s3.destroy();
  await server.close();
});

const providerOf = (options: Partial<UrlListOptions> = {}): ExportProvider =>
  createUrlListProvider({
    endpoint: server.endpoint,
    apiKey: new Secret(server.apiKey),
    settings: { urls: null, document: null, dataset: 'files' },
    s3,
    httpTimeoutMs: 5_000,
    ...options,
  });

const inConfig = (urls: readonly ListedUrl[], dataset = 'files'): ExportProvider =>
  providerOf({ endpoint: null, apiKey: null, settings: { urls, document: null, dataset } });

const listed = async (provider: ExportProvider): Promise<UrlExportRecord[]> =>
  (await provider.listRecords('x', signal)).flatMap((record) => (record.kind === 'url' ? [record] : []));

/** What a document of this text is read as. */
const reading = (body: string): Promise<UrlExportRecord[]> => {
  server.faults.api({ status: 200, body });
  return listed(providerOf());
};

test('a document is created, found ready and listed, in its order', async () => {
  const provider = providerOf();
  await provider.checkAccess(signal);
  const { kind, exportId } = await provider.createExport(REQUEST, signal);
  expect([kind, exportId]).toEqual(['created', expect.stringMatching(/^list-[0-9a-f]{12}$/)]);
  expect(await provider.pollExport(exportId, signal)).toMatchObject({ state: 'succeeded', recordCount: 2 });
  const records = await listed(provider);
  expect(records.map(({ dataset, ref }) => [dataset, ref])).toEqual(
    FILES.map((file) => [file.dataset, server.filesUrl + server.urlPath(file)]),
  );
  expect(provider.mayBeEmpty(REQUEST)).toBe(false);
});

test('the id of the export follows from the records alone, not from their signatures', async () => {
  const first = await providerOf().createExport(REQUEST, signal);
  expect(await providerOf().createExport(REQUEST, signal)).toEqual(first);
  server.files = FILES.slice(1);
  expect(await providerOf().createExport(REQUEST, signal)).not.toEqual(first);
  server.files = FILES;
});

test('a URL that the file host refuses is asked for again, and is another one', async () => {
  const book = new UrlBook();
  const provider = providerOf();
  const [record] = await listed(provider);
  const ref = { dataset: record!.dataset, ref: record!.ref! };
  const url = await book.resolve(provider, 'x', ref, signal);
  server.faults.expireUrls();
  expect((await fetch(url.reveal())).status).toBe(403);
  const fresh = await book.refresh(provider, 'x', ref, url, signal);
  expect((await fetch(fresh.reveal())).status).toBe(200);
  expect(server.stats.apiKeySeenAtFileHost).toBe(false);
});

test.each<[string, unknown, unknown[]]>([
  ['a list of texts', ['https://a.test/x.csv'], [['files', 'https://a.test/x.csv', undefined]]],
  ['a list of objects', [{ url: 'https://a.test/x.csv', dataset: 'd' }], [['d', 'https://a.test/x.csv', undefined]]],
  ['urls in an object', { urls: ['https://a.test/x'], next: null }, [['files', 'https://a.test/x', undefined]]],
  ['null for a name', [{ url: 'https://a.test/x', dataset: null }], [['files', 'https://a.test/x', undefined]]],
  [
    'names where queries differ',
    [1, 2].map((n) => ({ url: `https://a.test/get?file=${n}`, name: `${n}.csv` })),
    [1, 2].map((n) => ['files', `${n}.csv`, `${n}.csv`]),
  ],
  [
    'one path at two hosts',
    ['https://a.test/x', 'https://b.test/x'],
    ['a', 'b'].map((host) => ['files', `https://${host}.test/x`, undefined]),
  ],
])('a document may be %s', async (_name, document, expected) => {
  const records = await reading(JSON.stringify(document));
  expect(records.map(({ dataset, ref, fileName }) => [dataset, ref, fileName])).toEqual(expected);
});

test.each<[string, string, string]>([
  ['text', 'http://a.test/x', 'ApiProtocol'],
  ['a number', '7', 'RecordInvalid'],
  ['null', 'null', 'RecordInvalid'],
  ['an entry without a URL', '["https://a.test/x",{"dataset":"d"}]', 'RecordInvalid'],
  ['another scheme', '["ftp://a.test/x"]', 'RecordInvalid'],
  ['an empty dataset', '[{"url":"https://a.test/x","dataset":""}]', 'RecordInvalid'],
  ['the same URL twice', '["https://a.test/x","https://a.test/x"]', 'RecordInvalid'],
  ['URLs that differ by their query alone', '["https://a.test/x?n=1","https://a.test/x?n=2"]', 'RecordInvalid'],
])('%s is refused', async (_name, body, code) => {
  expect((await failure(reading(body))).code).toBe(code);
});

test('the message names the entry that is wrong, and never a signature', async () => {
  const error = await failure(reading('["https://a.test/x?X-Amz-Signature=0123abcd",7]'));
  expect(error.message).toMatch(/^Entry 1 of http:/);
  const twice = 'https://a.test/x?X-Amz-Signature=0123abcd';
  expect((await failure(reading(JSON.stringify([twice, twice])))).message).not.toContain('0123abcd');
});

test.each<[string, ApiFault, ErrorCode]>([
  ['HTTP 403', { status: 403 }, 'ApiUnauthorized'],
  ['HTTP 404', { status: 404 }, 'ApiRejected'],
  ['HTTP 429', { status: 429, headers: { 'Retry-After': '3' } }, 'ApiThrottled'],
  ['HTTP 503', { status: 503, body: '<html></html>' }, 'ApiUnavailable'],
  ['HTML with status 200', { status: 200, body: '<html></html>' }, 'ApiUnavailable'],
  ['a redirect, which the key does not follow', { status: 302, headers: { Location: '/' } }, 'ApiProtocol'],
  ['a broken connection', { reset: true }, 'ApiUnreachable'],
])('%s', async (_name, fault, code) => {
  server.faults.api(fault);
  const error = await failure(providerOf().checkAccess(signal));
  expect(error.code).toBe(code);
  if (code === 'ApiThrottled') expect(error.context.retryAfterMs).toBe(3_000);
  expect(error.message).not.toContain(server.apiKey);
});

test('a wrong key, and none', async () => {
  for (const apiKey of [new Secret('wrong-key'), null]) {
    const error = await failure(providerOf({ apiKey }).checkAccess(signal));
    expect([error.code, error.message]).toEqual(['ApiUnauthorized', expect.not.stringContaining('wrong-key')]);
  }
});

test('a document for everybody needs no key', async () => {
  const open = await startUrlListServer({ files: FILES, needsKey: false });
  try {
    expect(await listed(providerOf({ endpoint: open.endpoint, apiKey: null }))).toHaveLength(2);
  } finally {
    await open.close();
  }
});

test('a list in config.json, and what it must not hold', async () => {
  const records = await listed(
    inConfig([{ url: 'https://a.test/x.csv?v=1' }, { url: 'https://a.test/y', name: 'z' }], 'd'),
  );
  expect(records.map(({ dataset, url, fileName }) => [dataset, url.reveal().href, fileName])).toEqual([
    ['d', 'https://a.test/x.csv?v=1', undefined],
    ['d', 'https://a.test/y', 'z'],
  ]);
  const error = await failure(inConfig([{ url: 'https://a.test/x?X-Amz-Signature=0123abcd' }]).checkAccess(signal));
  expect([error.code, error.message]).toEqual(['ConfigInvalid', expect.not.stringContaining('0123abcd')]);
});

test('an empty list is no record', async () => {
  expect(await inConfig([]).pollExport('x', signal)).toMatchObject({ state: 'succeeded', recordCount: 0 });
});

test('types and dates of exports are refused', async () => {
  for (const request of [{ type: 'policy' }, { type: 'vulnerability', startDate: '2026-01-01' }] as const) {
    expect((await failure(providerOf().createExport(request, signal))).code).toBe('InvalidInput');
  }
});
