/** Snyk's Export API: its states, limits and errors, against a sample that keeps its contract. */
import { generatedFile, type ApiFault } from '../../src/dev/export-api';
import { startSnykServer, type SnykServer } from '../../src/dev/sample-vendors/snyk-server';
import type { SnykSettings } from '../../src/config/provider-settings';
import type { ErrorCode } from '../../src/model/errors';
import { Secret } from '../../src/model/secret';
import { createSnykProvider, type SnykOptions } from '../../src/providers/snyk';
import type { ExportProvider } from '../../src/providers/types';
import { UrlBook } from '../../src/providers/url-book';
import { failure } from './failure';
import { signal } from './support';

const FILES = [0, 1].map((n) => generatedFile('issues', `part-${n}.csv`, 100, n));
const REQUEST = { type: 'vulnerability' } as const;
let server: SnykServer;
beforeAll(async () => {
  server = await startSnykServer({ files: FILES });
});
afterEach(() => {
  server.faults.clear();
  server.allowance = 20;
});
afterAll(() => server.close());

const providerOf = (settings: Partial<SnykSettings> = {}, options: Partial<SnykOptions> = {}): ExportProvider =>
  createSnykProvider({
    endpoint: server.endpoint,
    apiKey: new Secret(server.apiKey),
    httpTimeoutMs: 5_000,
    settings: {
      groupId: server.groupId,
      orgId: null,
      dataset: 'issues',
      columns: null,
      dateFilter: 'updated',
      from: null,
      to: null,
      windowDays: 1,
      filters: {},
      apiVersion: '2024-10-15',
      ...settings,
    },
    ...options,
  });

const created = async (words?: readonly string[], provider = providerOf()): Promise<string> => {
  if (words !== undefined) server.jobs.script(words);
  const { kind, exportId } = await provider.createExport(REQUEST, signal);
  expect(kind).toBe('created');
  return exportId;
};

test('an export from its creation to its files', async () => {
  const provider = providerOf();
  await provider.checkAccess(signal);
  const id = await created();
  const states: unknown[] = [];
  for (let poll = 0; poll < 4; poll += 1) {
    const { status, state, recordCount } = await provider.pollExport(id, signal);
    states.push([status, state, recordCount]);
  }
  expect(states).toEqual([
    ['PENDING', 'running', 0],
    ['STARTED', 'running', 0],
    ['FINISHED', 'succeeded', 2],
    ['FINISHED', 'succeeded', 2],
  ]);
  const records = await provider.listRecords(id, signal);
  expect(records).toMatchObject(FILES.map(() => ({ kind: 'url', dataset: 'issues' })));
  expect([provider.exportName(REQUEST), provider.mayBeEmpty(REQUEST)]).toEqual(['Snyk export of issues', true]);
});

test('what is asked for: data set, columns, dates, filters', async () => {
  const now = (): number => Date.parse('2026-11-21T10:20:30.456Z');
  await created(undefined, providerOf({}, { now }));
  const filters = { orgs: ['o-1'], environment: ['backend'] };
  const more = { dateFilter: 'introduced', from: '2026-11-01', to: '2026-11-02T03:04:05Z' } as const;
  await created(undefined, providerOf({ ...more, groupId: null, orgId: 'sample-org', columns: ['CVE'], filters }));
  expect(server.jobs.all.slice(-2).map(({ request }) => request)).toMatchObject([
    { dataset: 'issues', filters: { updated: { from: '2026-11-20T10:20:30Z', to: '2026-11-21T10:20:30Z' } } },
    {
      columns: ['CVE'],
      filters: { ...filters, introduced: { from: '2026-11-01T00:00:00Z', to: '2026-11-02T03:04:05Z' } },
    },
  ]);
});

test('ERROR is a failure with its reason, without queries of URLs', async () => {
  server.failure = 'cannot read https://files.test/x?X-Amz-Signature=0123abcd now';
  const id = await created(['ERROR']);
  expect(await providerOf().pollExport(id, signal)).toMatchObject({
    state: 'failed',
    status: 'ERROR: cannot read https://files.test/x now',
  });
});

test('an unknown word runs on and is told', async () => {
  const id = await created(['DEFROSTING']);
  expect(await providerOf().pollExport(id, signal)).toMatchObject({ state: 'running', unknownStatus: true });
});

test('no results, or none yet named, is no record', async () => {
  server.files = [];
  const id = await created(['FINISHED']);
  expect(await providerOf().pollExport(id, signal)).toMatchObject({ state: 'succeeded', recordCount: 0 });
  server.files = FILES;
});

test('a URL that has expired is asked for again', async () => {
  const provider = providerOf();
  const id = await created(['FINISHED']);
  await provider.pollExport(id, signal);
  const book = new UrlBook();
  const ref = { dataset: 'issues', pathname: server.urlPath(FILES[1]!) };
  const url = await book.resolve(provider, id, ref, signal);
  server.faults.expireUrls();
  expect((await fetch(url.reveal())).status).toBe(403);
  expect((await fetch((await book.refresh(provider, id, ref, url, signal)).reveal())).status).toBe(200);
  expect(server.stats.apiKeySeenAtFileHost).toBe(false);
});

test('more than 20 exports an hour are refused with the time to wait', async () => {
  server.allowance = 1;
  await created();
  const error = await failure(providerOf().createExport(REQUEST, signal));
  expect([error.code, error.context.retryAfterMs]).toEqual(['ApiThrottled', 3_600_000]);
});

test('a create whose answer was lost is created again', async () => {
  const before = server.jobs.all.length;
  server.faults.api({ on: 'create', lostAnswer: true });
  expect((await failure(providerOf().createExport(REQUEST, signal))).code).toBe('ApiUnreachable');
  await created();
  expect(server.jobs.all).toHaveLength(before + 2);
});

const detail = (text: string): string => JSON.stringify({ errors: [{ status: 'x', detail: text }] });

test.each<[string, ApiFault, ErrorCode]>([
  ['HTTP 401', { status: 401, body: detail('Not authorised') }, 'ApiUnauthorized'],
  ['HTTP 403', { status: 403 }, 'ApiUnauthorized'],
  ['HTTP 404', { status: 404, body: detail('Not found') }, 'ApiRejected'],
  ['HTTP 409, something else is under way', { status: 409, body: detail('Conflict') }, 'ExportInProgress'],
  ['HTTP 429 without a time', { status: 429 }, 'ApiThrottled'],
  ['HTTP 500', { status: 500, body: detail('oops') }, 'ApiUnavailable'],
  ['HTTP 502 with HTML', { status: 502, body: '<html></html>' }, 'ApiUnavailable'],
  ['HTML with status 200', { status: 200, body: '<html></html>' }, 'ApiUnavailable'],
  ['text', { status: 200, body: 'fine' }, 'ApiProtocol'],
  ['JSON of another shape', { status: 202, body: '{"data":[]}' }, 'ApiProtocol'],
  ['an empty id', { status: 202, body: '{"data":{"id":""}}' }, 'ApiProtocol'],
  ['a redirect', { status: 307, headers: { Location: 'http://127.0.0.1:1/' } }, 'ApiProtocol'],
  ['a broken connection', { reset: true }, 'ApiUnreachable'],
])('%s', async (_name, fault, code) => {
  server.faults.api(fault);
  const error = await failure(providerOf().createExport(REQUEST, signal));
  expect([error.code, error.message]).toEqual([code, expect.not.stringContaining(server.apiKey)]);
  if (fault.body?.includes('detail') === true) expect(error.message).toMatch(/: (Not|Conflict|oops)/);
});

test('a status or results of another shape are ApiProtocol, and no value is quoted', async () => {
  const provider = providerOf();
  const id = await created(['FINISHED']);
  server.faults.api({ status: 200, body: '{"data":{"attributes":{"status":7}}}' });
  expect((await failure(provider.pollExport(id, signal))).code).toBe('ApiProtocol');
  server.faults.api({ status: 200, body: '{"data":{"attributes":{"results":[{"link":"https://a/?sig=0123abcd"}]}}}' });
  const error = await failure(provider.listRecords(id, signal));
  expect([error.code, error.message]).toEqual(['ApiProtocol', expect.not.stringContaining('0123abcd')]);
});

test('a wrong key, a foreign group, an export that is not there, a data set that is none', async () => {
  const wrong = providerOf({}, { apiKey: new Secret('wrong-key') });
  expect(await failure(wrong.checkAccess(signal))).toMatchObject({
    code: 'ApiUnauthorized',
    message: expect.stringMatching(/Not authorised$/) as string,
  });
  const of = (settings: Partial<SnykSettings>): Promise<unknown> => providerOf(settings).createExport(REQUEST, signal);
  expect((await failure(of({ groupId: 'other' }))).code).toBe('ApiUnauthorized');
  expect((await failure(of({ dataset: 'nothing' }))).code).toBe('ApiRejected');
  expect((await failure(providerOf().pollExport('absent/../x', signal))).code).toBe('ApiRejected');
});

test('types and dates of the input are refused', async () => {
  expect((await failure(providerOf().createExport({ type: 'policy' }, signal))).code).toBe('InvalidInput');
});
