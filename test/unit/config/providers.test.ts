/** What each provider wants of config.json, and what it refuses. */
import { ConfigDir, errorOf, SMALLEST } from './support';

let dir: ConfigDir;
beforeEach(() => {
  dir = new ConfigDir();
});
afterEach(() => {
  dir.remove();
});

const file = (api: Record<string, unknown>, sections: Record<string, unknown> = {}): Record<string, unknown> => ({
  api_: api,
  ...sections,
  aws: SMALLEST.aws,
});
const messageOf = (content: unknown): string => {
  const error = errorOf(() => dir.load(content));
  expect(error.code).toBe('ConfigInvalid');
  return error.message;
};
const LIST = { provider: 'url-list' };
const PREFIX = { provider: 's3-prefix' };

test('a file without a provider is one of rapid7, and has no settings of others', () => {
  const { api, providers } = dir.load(SMALLEST);
  expect(api).toMatchObject({ provider: 'rapid7', apiKeyNamed: true });
  expect(Object.values(providers).every((settings) => settings === null)).toBe(true);
});

test('url-list: the list in the file, in a bucket, or at an address', () => {
  const urls = ['https://a.test/x?v=1', { url: 'https://a.test/y', dataset: 'd', name: 'n' }];
  expect(dir.load(file(LIST, { url_list: { urls } })).providers.urlList).toEqual({
    urls: [{ url: urls[0] }, urls[1]],
    document: null,
    dataset: 'files',
  });
  const inBucket = dir.load(file(LIST, { url_list: { document: 's3://b/list.json', dataset: 'd' } }));
  expect(inBucket.providers.urlList).toEqual({ urls: null, document: 's3://b/list.json', dataset: 'd' });
  expect(dir.load(file({ ...LIST, endpoint: 'https://a.test/list.json' })).api).toMatchObject({
    endpoint: 'https://a.test/list.json',
    apiKey: null,
    apiKeyNamed: false,
  });
});

const SNYK = { provider: 'snyk', endpoint: 'https://api.snyk.io/rest' };

test('snyk: a group or an organization, and dates that a run may override', () => {
  const content = file(SNYK, { snyk: { group_id: 'g-1' } });
  expect(dir.load(content, { 'snyk.from': '2026-11-01', 'snyk.dataset': 'usage' }).providers.snyk).toEqual({
    groupId: 'g-1',
    orgId: null,
    dataset: 'usage',
    columns: null,
    dateFilter: 'updated',
    from: '2026-11-01',
    to: null,
    windowDays: 1,
    filters: {},
    apiVersion: '2024-10-15',
  });
});

const SHOPIFY = { provider: 'shopify', endpoint: 'https://a.myshopify.com/admin/api/2026-07/graphql.json' };

test('shopify: its query, which a run may override', () => {
  const content = file(SHOPIFY, { shopify: { query: '{ orders }', group_objects: true } });
  expect(
    dir.load(content, { 'shopify.query': '{ products }', 'shopify.dataset': 'products' }).providers.shopify,
  ).toEqual({
    query: '{ products }',
    dataset: 'products',
    groupObjects: true,
  });
});

test('s3-prefix: its prefix, which a run may override', () => {
  const content = file(PREFIX, { s3_prefix: { prefix: 's3://b/2026-11-20' } });
  expect(dir.load(content).providers.s3Prefix).toEqual({ prefix: 's3://b/2026-11-20', dataset: null });
  expect(dir.load(content, { 's3_prefix.prefix': 's3://b/2026-11-21' }).providers.s3Prefix?.prefix).toBe(
    's3://b/2026-11-21',
  );
});

test.each<[string, Record<string, unknown>, RegExp]>([
  ['no endpoint', file({}), /api_\.endpoint is missing: provider "rapid7" needs it \(line 2/],
  ['null for one', file({ endpoint: null }), /api_\.endpoint is missing/],
  [
    'an unknown provider',
    file({ provider: 'rapid8' }),
    /api_\.provider: expected one of "rapid7".*got string "rapid8"/,
  ],
  ['a list of nothing', file(LIST), /give exactly one of/],
  [
    'two lists',
    file({ ...LIST, endpoint: 'https://a.test/l' }, { url_list: { document: 's3://b/k' } }),
    /give exactly one of api_\.endpoint, url_list\.urls and url_list\.document/,
  ],
  ['a section of another provider', { ...SMALLEST, url_list: {} }, /url_list is not of provider "rapid7"/],
  [
    'a group and an organization',
    file(SNYK, { snyk: { group_id: 'g', org_id: 'o' } }),
    /give either snyk\.group_id or/,
  ],
  ['neither', file(SNYK, { snyk: {} }), /give either snyk\.group_id or snyk\.org_id/],
  ['no day', file(SNYK, { snyk: { org_id: 'o', from: '2026-11-31x' } }), /snyk\.from: must be YYYY-MM-DD/],
  [
    'an end before the beginning',
    file(SNYK, { snyk: { org_id: 'o', from: '2026-11-02', to: '2026-11-01' } }),
    /snyk\.to/,
  ],
  ['no query', file(SHOPIFY, { shopify: {} }), /shopify\.query is missing/],
  ['no endpoint of the shop', file({ provider: 'shopify' }), /shopify is missing.*api_\.endpoint is missing/],
  ['no prefix', file(PREFIX), /s3_prefix is missing/],
  ['an empty section', file(PREFIX, { s3_prefix: {} }), /s3_prefix\.prefix is missing/],
  [
    'an endpoint for nothing',
    file({ ...PREFIX, endpoint: 'https://a.test/' }, { s3_prefix: { prefix: 's3://b/p' } }),
    /api_\.endpoint is not used/,
  ],
  ['a prefix that is a key', file(PREFIX, { s3_prefix: { prefix: 'b/p' } }), /s3_prefix\.prefix: must be s3:\/\//],
  ['a bucket for a document', file(LIST, { url_list: { document: 's3://b' } }), /url_list\.document: must be s3:/],
  ['no URL', file(LIST, { url_list: { urls: ['https://a.test/x', 'x'] } }), /url_list\.urls: the URL at 1 must be an/],
  [
    'a typing error',
    file(LIST, { url_list: { documents: 's3://b/k' } }),
    /unknown key "url_list\.documents".*"url_list\.document"/,
  ],
])('%s', (_name, content, expected) => {
  expect(messageOf(content)).toMatch(expected);
});

test('all problems are told at once', () => {
  const message = messageOf({ api_: { poll_interval_sec: 'x' }, s3_prefix: {}, aws: SMALLEST.aws });
  expect(message).toMatch(/api_\.endpoint is missing.*s3_prefix/);
  expect(message).toContain('api_.poll_interval_sec: expected number');
});

test('no message repeats a URL, which may hold a password', () => {
  const urls = ['https://user:hunter2@a.test/x', 'ftp://user:hunter2@a.test/x'];
  expect(messageOf(file(LIST, { url_list: { urls } }))).not.toContain('hunter2');
});
