/** What the provider makes of an API that refuses, stumbles or lies. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiFault } from '../../src/dev/export-api';
import type { ErrorCode } from '../../src/model/errors';
import { Secret } from '../../src/model/secret';
import { queryData } from '../../src/providers/graphql-client';
import { failure } from './failure';
import { providerFor, signal, useSample } from './support';

const sample = useSample();
const HTML = '<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>';

test.each<[string, ApiFault, ErrorCode]>([
  ['GraphQL UNAUTHENTICATED by code', { errors: [{ message: 'no', code: 'UNAUTHENTICATED' }] }, 'ApiUnauthorized'],
  ['GraphQL UNAUTHENTICATED by message', { errors: [{ message: 'UNAUTHENTICATED' }] }, 'ApiUnauthorized'],
  ['HTTP 403', { status: 403, body: '{"message":"Forbidden"}' }, 'ApiUnauthorized'],
  ['HTTP 502 with HTML', { status: 502, body: HTML }, 'ApiUnavailable'],
  ['HTTP 503 without a body', { status: 503 }, 'ApiUnavailable'],
  ['HTTP 504', { status: 504, body: HTML }, 'ApiUnavailable'],
  ['HTML with status 200', { status: 200, body: HTML }, 'ApiUnavailable'],
  ['text with status 200', { status: 200, body: 'fine' }, 'ApiProtocol'],
  ['JSON of another shape', { status: 200, body: '{"data":{"version":7}}' }, 'ApiProtocol'],
  ['a JSON list', { status: 200, body: '[]' }, 'ApiProtocol'],
  ['another GraphQL error', { errors: [{ message: 'Bulk export is not enabled' }] }, 'ApiRejected'],
  ['an error of the server', { errors: [{ message: 'oops', code: 'INTERNAL_SERVER_ERROR' }] }, 'ApiUnavailable'],
  ['HTTP 404', { status: 404, body: HTML }, 'ApiRejected'],
  ['a broken connection', { reset: true }, 'ApiUnreachable'],
])('%s', async (_name, fault, code) => {
  sample.api.faults.api(fault);
  const error = await failure(sample.provider.checkAccess(signal));
  expect(error.code).toBe(code);
  expect(error.message).not.toContain(sample.api.apiKey);
});

test('a wrong key and a missing one are ApiUnauthorized, in the words of the API', async () => {
  const provider = providerFor(sample.api, { apiKey: new Secret('wrong-key') });
  const error = await failure(provider.createExport({ type: 'vulnerability' }, signal));
  expect([error.code, error.context.httpStatus]).toEqual(['ApiUnauthorized', 401]);
  expect(error.message).toMatch(/Unauthorized$/);
  expect(JSON.stringify([error.message, error.context])).not.toContain('wrong-key');
});

test.each<[Record<string, string>, number | undefined]>([
  [{ 'Retry-After': '3' }, 3_000],
  [{ 'RateLimit-Reset': '2' }, 2_000],
  [{ 'X-RateLimit-Reset': '4' }, 4_000],
  [{}, undefined],
])('429 with %j', async (headers, retryAfterMs) => {
  sample.api.faults.api({ status: 429, headers, body: '{}' });
  const error = await failure(sample.provider.pollExport('x', signal));
  expect([error.code, error.context.retryAfterMs]).toEqual(['ApiThrottled', retryAfterMs]);
});

test('a slow answer is ApiUnreachable in time, and a create is waited for longer', async () => {
  const provider = providerFor(sample.api, { httpTimeoutMs: 100 });
  sample.api.faults.api({ delayMs: 400, times: 2 });
  const error = await failure(provider.checkAccess(signal));
  expect([error.code, error.message]).toEqual(['ApiUnreachable', expect.stringContaining('within 0.1 s')]);
  expect((await provider.createExport({ type: 'policy' }, signal)).kind).toBe('created');
});

test('the signal ends a request with its own reason', async () => {
  const controller = new AbortController();
  sample.api.faults.api({ delayMs: 2_000 });
  const call = sample.provider.checkAccess(controller.signal);
  setImmediate(() => controller.abort(new Error('the run was cancelled')));
  await expect(call).rejects.toThrow('the run was cancelled');
});

test('nobody at the endpoint, and a host that does not exist', async () => {
  for (const endpoint of ['http://127.0.0.1:1/export/graphql', 'http://no-such-host.invalid/export/graphql']) {
    const error = await failure(providerFor(sample.api, { endpoint }).checkAccess(signal));
    expect(error.code).toBe('ApiUnreachable');
    expect(error.message).toContain(new URL(endpoint).host);
  }
});

/** A server that remembers the headers it saw. */
const withListener = async (use: (origin: string, seen: IncomingHttpHeaders[]) => Promise<void>): Promise<void> => {
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers);
    response.end('{"data":{"__typename":"Query"}}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen);
  } finally {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }
};

test('the key and the organization travel as headers', async () => {
  await withListener(async (origin, seen) => {
    const endpoint = `${origin}/export/graphql`;
    await providerFor(sample.api, { endpoint, organizationId: 'org-1' }).checkAccess(signal);
    await providerFor(sample.api, { endpoint }).checkAccess(signal);
    expect(seen.map((headers) => headers['x-api-key'])).toEqual([sample.api.apiKey, sample.api.apiKey]);
    expect(seen.map((headers) => headers['r7-organization-id'])).toEqual(['org-1', undefined]);
  });
});

test('a redirect to another origin never sees the key', async () => {
  await withListener(async (origin, seen) => {
    for (const status of [301, 302, 303, 307, 308]) {
      sample.api.faults.api({ status, headers: { Location: `${origin}/export/graphql?token=abc` } });
      const error = await failure(sample.provider.checkAccess(signal));
      expect(error.code).toBe('ApiProtocol');
      expect(error.message).not.toContain('token=abc');
    }
    expect(seen).toEqual([]);
  });
});

test('a key that the API repeats is not in the message', async () => {
  const message = `The key ${sample.api.apiKey} is not valid`;
  for (const fault of [{ status: 401, body: JSON.stringify({ message }) }, { errors: [{ message }] }]) {
    sample.api.faults.api(fault);
    const error = await failure(sample.provider.checkAccess(signal));
    expect(error.message).toContain('The key [secret] is not valid');
  }
});

test('dates of a remediation export are judged before anything is sent', async () => {
  const before = sample.api.operations.create;
  const call = sample.provider.createExport({ type: 'remediation', startDate: '2026-08-24' }, signal);
  expect((await failure(call)).code).toBe('InvalidInput');
  expect(sample.api.operations.create).toBe(before);
});

test('an export in flight without its id is waited for', async () => {
  sample.api.faults.api({ errors: [{ message: 'Export already in-progress' }] });
  const error = await failure(sample.provider.createExport({ type: 'vulnerability' }, signal));
  expect([error.code, error.retryable]).toEqual(['ExportInProgress', true]);
});

test('a create without an id is ApiProtocol', async () => {
  sample.api.faults.api({ status: 200, body: '{"data":{"createPolicyExport":null}}' });
  const error = await failure(sample.provider.createExport({ type: 'policy' }, signal));
  expect(error.code).toBe('ApiProtocol');
});

test.each([
  ['an unknown field', 'query { exports { id } }'],
  ['a missing variable', 'query GetExport($id: String!) { export(id: $id) { id } }'],
  ['no GraphQL', 'query {'],
  ['an assets mutation, which the vendor lacks', 'mutation { createAssetExport(input: {}) { id } }'],
])('the API refuses %s, and that is ApiRejected', async (_name, document) => {
  const { endpoint, apiKey } = sample.api;
  const to = { endpoint, apiKey: new Secret(apiKey), keyHeaders: (key: string) => ({ 'X-Api-Key': key }) };
  const call = { operation: 'the test', document, timeoutMs: 5_000 };
  const error = await failure(queryData(to, call, signal));
  expect([error.code, error.retryable]).toEqual(['ApiRejected', false]);
});

test('what the API says is quoted without the queries of URLs', async () => {
  const message = 'cannot sign https://files.example.test/a.parquet?X-Amz-Signature=0123abcd for you';
  sample.api.faults.api({ errors: [{ message }] });
  const error = await failure(sample.provider.checkAccess(signal));
  expect(error.message).toContain('https://files.example.test/a.parquet for you');
  expect(error.message).not.toContain('0123abcd');
});
