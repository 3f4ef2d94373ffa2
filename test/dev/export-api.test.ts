/** The sample export API's GraphQL side, over plain HTTP. */
import { request } from 'undici';
import { adminClient, defaultSampleFiles, startExportApi } from '../../src/dev/export-api';
import { EXPORT_TYPES } from '../../src/model/export-run';
import { create, exportedUrls, INSTANT, poll, post, withApi } from './export-api-support';

test('a key is required', async () => {
  await withApi({ apiKey: 'right' }, async (api) => {
    for (const headers of [{}, { 'X-Api-Key': 'wrong' }] as Record<string, string>[]) {
      const answer = await post(api, 'query { __typename }', {}, headers);
      expect(answer).toEqual({ status: 401, message: 'Unauthorized' });
    }
    expect(await post(api, 'query { __typename }')).toEqual({ status: 200, data: { __typename: 'Query' } });
  });
});

test('one export of a type is in flight, others wait for it', async () => {
  await withApi({ statusDurationsMs: { pendingMs: 60_000, runningMs: 0 } }, async (api) => {
    for (const type of EXPORT_TYPES) {
      const id = (await create(api, type)).data?.created?.id ?? '';
      expect(id).toMatch(/^[A-Za-z0-9]{6}\+[A-Za-z0-9]{6}\/[A-Za-z0-9]{4}==$/);
      expect(await create(api, type)).toEqual({
        status: 200,
        errors: [{ message: `Export already in-progress exportId: ${id}` }],
      });
      api.finishExport(id);
      expect((await create(api, type)).data?.created?.id).not.toBe(id);
    }
    expect(api.stats().exportsCreated).toBe(8);
  });
});

test('the status moves on with time, and a result comes with success alone', async () => {
  await withApi({ statusDurationsMs: { pendingMs: 150, runningMs: 300 } }, async (api) => {
    const id = (await create(api, 'policy')).data?.created?.id ?? '';
    const seen: string[] = [];
    for (let status = ''; status !== 'SUCCEEDED';) {
      const found = await poll(api, id);
      status = found?.status ?? '';
      if (seen.at(-1) !== status) seen.push(status);
      expect(found?.result === null).toBe(status !== 'SUCCEEDED');
    }
    expect(seen[0]).toBe('PENDING');
    expect(['PENDING', 'IN_PROGRESS', 'PROCESSING', 'SUCCEEDED']).toEqual(expect.arrayContaining(seen));
  });
});

test('the default export has colliding base names, a slash and one large file; prefixes come without URLs', async () => {
  await withApi({ prefixes: { vulnerability: ['s3://vendor/export'] } }, async (api) => {
    const id = (await create(api, 'vulnerability')).data?.created?.id ?? '';
    const result = (await poll(api, id))?.result ?? [];
    expect(result.map(({ prefix }) => prefix)).toEqual([
      'asset',
      'asset_vulnerability',
      'vulnerability_remediation/ivm',
      's3://vendor/export',
    ]);
    expect(result.at(-1)?.urls).toBeNull();
    const names = result.flatMap(({ urls }) => urls ?? []).map((url) => new URL(url).pathname.split('/').at(-1));
    expect(new Set(names).size).toBeLessThan(names.length);
    expect(Math.max(...defaultSampleFiles().map(({ sizeBytes }) => sizeBytes))).toBe(256 * 1024 * 1024);
  });
});

test('every poll signs anew', async () => {
  await withApi({}, async (api) => {
    const id = (await create(api, 'software')).data?.created?.id ?? '';
    const [one, other] = [await poll(api, id), await poll(api, id)];
    expect(one?.result?.[0]?.urls?.[0]).not.toBe(other?.result?.[0]?.urls?.[0]);
  });
});

test.each([
  ['an unknown field', 'query { exports { id } }', 400, /Cannot query field "exports"/],
  ['no document', '{', 400, /Syntax Error/],
  ['a missing input', 'mutation { createPolicyExport { id } }', 400, /argument "input"/],
  ['a wrong enum', 'mutation { createAssetSoftwareExport(input: {source: NEXPOSE}) { id } }', 400, /NEXPOSE/],
  [
    'a window of 40 days',
    'mutation { createVulnerabilityRemediationExport(input: {startDate: "2026-01-01", endDate: "2026-02-10"}) { id } }',
    200,
    /31 days/,
  ],
])('%s is refused', async (_name, document, status, message) => {
  await withApi({}, async (api) => {
    const answer = await post(api, document);
    expect([answer.status, answer.data]).toEqual([status, undefined]);
    expect(answer.errors?.[0]?.message).toMatch(message);
    expect(api.stats().exportsCreated).toBe(0);
  });
});

test('a lost answer has created the export', async () => {
  await withApi({ statusDurationsMs: { pendingMs: 60_000, runningMs: 0 } }, async (api) => {
    api.faults.api({ on: 'create', lostAnswer: true });
    await expect(create(api, 'policy')).rejects.toThrow();
    expect((await create(api, 'policy')).errors?.[0]?.message).toMatch(/already in-progress/);
  });
});

test('a fault hits its operation as often as it says', async () => {
  await withApi({}, async (api) => {
    api.faults.api({ on: 'poll', errors: [{ message: 'no', code: 'UNAUTHENTICATED' }], times: 2 });
    const id = (await create(api, 'policy')).data?.created?.id ?? '';
    const ask = () => post(api, 'query G($id: String!) { export(id: $id) { id } }', { id });
    const refused = { status: 200, errors: [{ message: 'no', extensions: { code: 'UNAUTHENTICATED' } }] };
    expect([await ask(), await ask()]).toEqual([refused, refused]);
    expect((await ask()).data?.export?.id).toBe(id);
  });
});

test('another process scripts it by the admin endpoint', async () => {
  const api = await startExportApi({ admin: true, statusDurationsMs: INSTANT });
  try {
    const admin = adminClient(api.endpoint, api.apiKey);
    await admin.script({ action: 'statuses', type: 'policy', words: ['DREAMING', 'FAILED'] });
    const id = (await create(api, 'policy')).data?.created?.id ?? '';
    expect([(await poll(api, id))?.status, (await poll(api, id))?.status]).toEqual(['DREAMING', 'FAILED']);
    await admin.script({ action: 'generatedFiles', type: 'vulnerability', count: 1_500, sizeBytes: 10 });
    expect(await exportedUrls(api)).toHaveLength(1_500);
    await admin.script({ action: 'apiFault', fault: { on: 'check', status: 429, headers: { 'Retry-After': '1' } } });
    const { statusCode } = await request(api.endpoint, {
      method: 'POST',
      headers: { 'X-Api-Key': api.apiKey, 'Content-Type': 'application/json' },
      body: JSON.stringify({ query: '{ __typename }' }),
    });
    expect(statusCode).toBe(429);
    expect((await admin.stats()).operations).toEqual({ check: 1, create: 2, poll: 3, other: 0 });
    await expect(admin.script({ action: 'clear', more: 1 } as never)).rejects.toThrow(/HTTP 400.*more/s);
    await expect(adminClient(api.endpoint, 'wrong').stats()).rejects.toThrow(/HTTP 401/);
  } finally {
    await api.close();
  }
});

test('without the option there is no admin endpoint', async () => {
  await withApi({}, async (api) => {
    await expect(adminClient(api.endpoint, api.apiKey).stats()).rejects.toThrow(/HTTP 404/);
  });
});

test('a taken port is told and leaves nothing open', async () => {
  await withApi({}, async (api) => {
    const apiPort = Number(new URL(api.endpoint).port);
    await expect(startExportApi({ apiPort })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
