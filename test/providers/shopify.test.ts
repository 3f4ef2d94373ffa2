/** Shopify's bulk operations: states, conflicts, points and errors, against a sample that keeps their contract. */
import { generatedFile, type ApiFault } from '../../src/dev/export-api';
import { startShopifyServer, type ShopifyServer } from '../../src/dev/sample-vendors/shopify-server';
import type { ShopifySettings } from '../../src/config/provider-settings';
import type { ErrorCode } from '../../src/model/errors';
import { Secret } from '../../src/model/secret';
import { createShopifyProvider, type ShopifyOptions } from '../../src/providers/shopify';
import type { CreateReply, ExportProvider } from '../../src/providers/types';
import { UrlBook } from '../../src/providers/url-book';
import { failure } from './failure';
import { signal } from './support';

const QUERY = '{ products { edges { node { id title } } } }';
const FILE = generatedFile('outputs', 'l6lersgk4i81iqc3n6iisywwtipb-final', 100, 1);
const REQUEST = { type: 'vulnerability' } as const;
let server: ShopifyServer;
beforeAll(async () => {
  server = await startShopifyServer({ files: [FILE] });
});
afterEach(() => {
  server.faults.clear();
  server.points.set(2_000);
  server.limit = 1;
  for (const { id } of server.jobs.all) server.jobs.end(id, 'CANCELED');
});
afterAll(() => server.close());

const providerOf = (settings: Partial<ShopifySettings> = {}, options: Partial<ShopifyOptions> = {}): ExportProvider =>
  createShopifyProvider({
    endpoint: server.endpoint,
    apiKey: new Secret(server.apiKey),
    httpTimeoutMs: 5_000,
    settings: { query: QUERY, dataset: 'shop/products', groupObjects: null, ...settings },
    ...options,
  });

const create = (settings: Partial<ShopifySettings> = {}): Promise<CreateReply> =>
  providerOf(settings).createExport(REQUEST, signal);

const started = async (...words: string[]): Promise<string> => {
  if (words.length > 0) server.jobs.script(words);
  const { kind, exportId } = await create();
  expect(kind).toBe('created');
  return exportId;
};

test('an operation from its creation to its file, which is called after the data set', async () => {
  const provider = providerOf();
  await provider.checkAccess(signal);
  const id = await started();
  const states: unknown[] = [];
  for (let poll = 0; poll < 4; poll += 1) {
    const { status, state, recordCount } = await provider.pollExport(id, signal);
    states.push([status, state, recordCount]);
  }
  expect(states).toEqual([
    ['CREATED', 'running', 0],
    ['RUNNING', 'running', 0],
    ['COMPLETED', 'succeeded', 1],
    ['COMPLETED', 'succeeded', 1],
  ]);
  const named = { dataset: 'shop/products', fileName: 'products.jsonl', ref: 'products.jsonl' };
  expect(await provider.listRecords(id, signal)).toMatchObject([{ kind: 'url', ...named }]);
  expect([provider.exportName(REQUEST), provider.mayBeEmpty(REQUEST)]).toEqual([
    'Shopify bulk operation of shop/products',
    true,
  ]);
});

test.each(['FAILED', 'CANCELED', 'EXPIRED'])('%s is a failure', async (word) => {
  const id = await started('RUNNING', word);
  await providerOf().pollExport(id, signal);
  const status = word === 'FAILED' ? 'FAILED (TIMEOUT)' : word;
  expect(await providerOf().pollExport(id, signal)).toMatchObject({ state: 'failed', status, unknownStatus: false });
  expect((await failure(providerOf().listRecords(id, signal))).code).toBe('ExportFailed');
});

test('CANCELING runs on, and has no records yet', async () => {
  const id = await started('CANCELING');
  expect(await providerOf().pollExport(id, signal)).toMatchObject({ state: 'running', unknownStatus: false });
  expect((await failure(providerOf().listRecords(id, signal))).code).toBe('ExportInProgress');
});

test('nothing found is no record; objects without a file are waited for', async () => {
  const id = await started('COMPLETED');
  server.files = [];
  server.objectCount = 0;
  expect(await providerOf().pollExport(id, signal)).toMatchObject({ state: 'succeeded', recordCount: 0 });
  expect(await providerOf().listRecords(id, signal)).toEqual([]);
  server.files = [FILE];
  server.objectCount = 10;
  const node = { id, status: 'COMPLETED', errorCode: null, objectCount: '7', url: null };
  server.faults.api({ status: 200, body: JSON.stringify({ data: { node } }) });
  expect(await providerOf().pollExport(id, signal)).toMatchObject({ state: 'running', recordCount: 0 });
});

describe('one operation at a time', () => {
  test('the same query under way is adopted, also after a lost answer', async () => {
    server.faults.api({ on: 'create', lostAnswer: true });
    expect((await failure(create())).code).toBe('ApiUnreachable');
    const { kind, exportId } = await create({ query: QUERY.replaceAll(' ', '\n  ') });
    expect([kind, exportId]).toEqual(['adopted', server.jobs.all.at(-1)?.id]);
  });

  test('another query is waited for, and one that is being cancelled too', async () => {
    const id = await started('RUNNING');
    expect(await create({ query: '{ orders { edges { node { id } } } }' })).toEqual({ kind: 'busy', exportId: id });
    server.jobs.end(id, 'CANCELING');
    expect(await create()).toEqual({ kind: 'busy', exportId: id });
    server.jobs.end(id, 'COMPLETED');
    expect((await create()).kind).toBe('created');
  });

  test('five at a time, as newer versions of the API have it', async () => {
    server.limit = 5;
    for (let n = 0; n < 5; n += 1) await started('RUNNING');
    expect((await create()).kind).toBe('adopted');
    expect((await create({ query: '{ orders { edges { node { id } } } }' })).kind).toBe('busy');
  });

  test('one that has ended before it could be looked at is tried again', async () => {
    const id = await started('RUNNING');
    const userErrors = [{ field: null, message: 'already in progress', code: 'OPERATION_IN_PROGRESS' }];
    const body = { data: { bulkOperationRunQuery: { bulkOperation: null, userErrors } } };
    server.faults.api({ on: 'create', status: 200, body: JSON.stringify(body) });
    server.jobs.end(id, 'COMPLETED');
    const error = await failure(create());
    expect([error.code, error.retryable]).toEqual(['ExportInProgress', true]);
  });
});

test('points that are used up give the time to wait', async () => {
  server.points.set(-300);
  const error = await failure(providerOf().pollExport('x', signal));
  expect(error.code).toBe('ApiThrottled');
  expect(error.context.retryAfterMs).toBeGreaterThan(2_000);
  expect(error.context.retryAfterMs).toBeLessThanOrEqual(3_020);
});

test('groupObjects is sent where it is asked for', async () => {
  expect((await create({ groupObjects: true })).kind).toBe('created');
});

test('a URL that has expired is asked for again', async () => {
  const provider = providerOf();
  const id = await started('COMPLETED');
  await provider.pollExport(id, signal);
  const book = new UrlBook();
  const ref = { dataset: 'shop/products', ref: 'products.jsonl' };
  const url = await book.resolve(provider, id, ref, signal);
  server.faults.expireUrls();
  expect((await fetch(url.reveal())).status).toBe(403);
  expect((await fetch((await book.refresh(provider, id, ref, url, signal)).reveal())).status).toBe(200);
  expect(server.stats.apiKeySeenAtFileHost).toBe(false);
});

const graphqlErrors = (message: string, code?: string): ApiFault => ({
  status: 200,
  body: JSON.stringify({ errors: [{ message, ...(code === undefined ? {} : { extensions: { code } }) }] }),
});

test.each<[string, ApiFault, ErrorCode]>([
  ['ACCESS_DENIED', graphqlErrors('Access denied for products field.', 'ACCESS_DENIED'), 'ApiUnauthorized'],
  ['MAX_COST_EXCEEDED', graphqlErrors('Query cost is too high', 'MAX_COST_EXCEEDED'), 'ApiRejected'],
  ['THROTTLED without a cost', graphqlErrors('Throttled', 'THROTTLED'), 'ApiThrottled'],
  ['INTERNAL_SERVER_ERROR', graphqlErrors('Internal error', 'INTERNAL_SERVER_ERROR'), 'ApiUnavailable'],
  ['HTTP 402, a frozen shop', { status: 402, body: '{"errors":"Unavailable Shop"}' }, 'ApiRejected'],
  ['HTTP 403', { status: 403, body: '{"errors":"Forbidden"}' }, 'ApiUnauthorized'],
  ['HTTP 423, a locked shop', { status: 423 }, 'ApiRejected'],
  ['HTTP 429', { status: 429, headers: { 'Retry-After': '2.0' } }, 'ApiThrottled'],
  ['HTTP 503', { status: 503, body: '<html></html>' }, 'ApiUnavailable'],
  ['text', { status: 200, body: 'fine' }, 'ApiProtocol'],
  ['JSON of another shape', { status: 200, body: '{"data":{"bulkOperationRunQuery":null}}' }, 'ApiProtocol'],
  ['a redirect', { status: 301, headers: { Location: 'http://127.0.0.1:1/' } }, 'ApiProtocol'],
  ['a broken connection', { reset: true }, 'ApiUnreachable'],
])('%s', async (_name, fault, code) => {
  server.faults.api(fault);
  const error = await failure(create());
  expect([error.code, error.message]).toEqual([code, expect.not.stringContaining(server.apiKey)]);
});

test('a wrong key, a query that is none, an operation that is not there', async () => {
  const wrong = providerOf({}, { apiKey: new Secret('wrong-key') });
  expect(await failure(wrong.checkAccess(signal))).toMatchObject({
    code: 'ApiUnauthorized',
    message: expect.stringContaining('Invalid API key or access token') as string,
  });
  expect(await failure(create({ query: '{ shop { id } }' }))).toMatchObject({
    code: 'ApiRejected',
    message: expect.stringContaining('must contain a connection') as string,
  });
  expect((await failure(providerOf().pollExport('gid://shopify/BulkOperation/0', signal))).code).toBe('ApiRejected');
});

test('no message quotes a URL of an answer', async () => {
  const node = { id: 'x', status: 7, objectCount: 'many', url: 'https://a.test/?Signature=0123abcd' };
  server.faults.api({ status: 200, body: JSON.stringify({ data: { node } }) });
  const error = await failure(providerOf().pollExport('x', signal));
  expect([error.code, error.message]).toEqual(['ApiProtocol', expect.not.stringContaining('0123abcd')]);
});

test('types and dates of the input are refused', async () => {
  expect((await failure(providerOf().createExport({ type: 'policy' }, signal))).code).toBe('InvalidInput');
});
