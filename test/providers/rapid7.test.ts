/** The provider against the sample API over HTTP: what it creates, adopts, polls and lists. */
import { request } from 'undici';
import type { ExportRequest } from '../../src/model/export-run';
import { UrlBook } from '../../src/providers/url-book';
import { providerFor, signal, useSample } from './support';

const sample = useSample();

const REQUESTS: ExportRequest[] = [
  { type: 'vulnerability' },
  { type: 'policy' },
  { type: 'remediation', startDate: '2026-08-03', endDate: '2026-08-24' },
  { type: 'software' },
];

test('the access check asks for nothing but the type of the query', async () => {
  await sample.provider.checkAccess(signal);
  expect(sample.api.operations).toMatchObject({ check: 1, create: 0, poll: 0 });
});

test.each(REQUESTS)('$type is created, polled and listed', async (wanted) => {
  const { api, provider } = sample;
  const reply = await provider.createExport(wanted, signal);
  expect(reply.kind).toBe('created');
  expect(reply.exportId).toMatch(/\+.*\/.*==$/);
  const files = api.files(wanted.type);
  expect(await provider.pollExport(reply.exportId, signal)).toEqual({
    state: 'succeeded',
    status: 'SUCCEEDED',
    recordCount: files.length,
    unknownStatus: false,
  });
  const records = await provider.listRecords(reply.exportId, signal);
  expect(records.map((one) => one.kind === 'url' && [one.dataset, one.url.display])).toEqual(
    files.map((file) => [file.dataset, api.filesUrl + api.urlPath(wanted.type, file)]),
  );
});

test.each(REQUESTS)('$type in flight is adopted, except remediation', async (wanted) => {
  const { api, provider } = sample;
  const exportId = api.startForeignExport(wanted.type);
  const expected = { kind: wanted.type === 'remediation' ? 'busy' : 'adopted', exportId };
  expect(await provider.createExport(wanted, signal)).toEqual(expected);
  api.finishExport(exportId);
  expect((await provider.createExport(wanted, signal)).kind).toBe('created');
});

test.each(REQUESTS)('$type whose create lost its answer is found by creating again', async (wanted) => {
  const { api, provider } = sample;
  const before = api.stats().exportsCreated;
  api.faults.statuses(wanted.type, ['IN_PROGRESS', 'SUCCEEDED']);
  api.faults.api({ on: 'create', lostAnswer: true });
  await expect(provider.createExport(wanted, signal)).rejects.toMatchObject({ code: 'ApiUnreachable' });
  const again = await provider.createExport(wanted, signal);
  expect(again.kind).toBe(wanted.type === 'remediation' ? 'busy' : 'adopted');
  expect(api.stats().exportsCreated).toBe(before + 1);
  api.finishExport(again.exportId);
});

test('every status word of the vendor is told apart, unknown ones go on', async () => {
  const { api, provider } = sample;
  const words = ['PENDING', 'PROCESSING', 'IN_PROGRESS', 'DREAMING', 'COMPLETE'];
  api.faults.statuses('vulnerability', words);
  const { exportId } = await provider.createExport({ type: 'vulnerability' }, signal);
  const replies = [];
  while (replies.length < words.length) replies.push(await provider.pollExport(exportId, signal));
  expect(replies.map(({ status }) => status)).toEqual(words);
  expect(replies.map(({ state }) => state)).toEqual(['running', 'running', 'running', 'running', 'succeeded']);
  expect(replies.map(({ unknownStatus }) => unknownStatus)).toEqual([false, false, false, true, false]);
  expect(replies[0]?.recordCount).toBe(0);
  expect(replies[4]?.recordCount).toBe(api.files('vulnerability').length);
});

test('records of an export that runs or failed are not listed', async () => {
  const { api, provider } = sample;
  api.faults.statuses('policy', ['IN_PROGRESS', 'FAILED']);
  const { exportId } = await provider.createExport({ type: 'policy' }, signal);
  await expect(provider.listRecords(exportId, signal)).rejects.toMatchObject({ code: 'ExportInProgress' });
  await expect(provider.listRecords(exportId, signal)).rejects.toMatchObject({ code: 'ExportFailed' });
  expect((await provider.pollExport(exportId, signal)).state).toBe('failed');
});

test('prefix records, one object for a list, and no result', async () => {
  const { api, provider } = sample;
  const { exportId } = await provider.createExport({ type: 'software' }, signal);
  api.setPrefixes('software', ['s3://vendor-bucket/export/2026']);
  const records = await provider.listRecords(exportId, signal);
  expect(records.at(-1)).toEqual({ kind: 'prefix', dataset: null, prefix: 's3://vendor-bucket/export/2026' });
  api.setPrefixes('software', []);
  api.faults.resultShape('software', 'object');
  expect(await provider.listRecords(exportId, signal)).toHaveLength(1);
  for (const shape of ['empty', 'null'] as const) {
    api.faults.resultShape('software', shape);
    expect(await provider.pollExport(exportId, signal)).toMatchObject({ state: 'succeeded', recordCount: 0 });
    expect(await provider.listRecords(exportId, signal)).toEqual([]);
  }
});

test('an export id of another account is refused', async () => {
  await expect(sample.provider.pollExport('no+such/id==', signal)).rejects.toMatchObject({ code: 'ApiRejected' });
});

test('an id that looks like GraphQL stays a value', async () => {
  const id = '") { id } } mutation { createPolicyExport(input: {}) { id } } #';
  const before = sample.api.stats().exportsCreated;
  await expect(sample.provider.pollExport(id, signal)).rejects.toMatchObject({ code: 'ApiRejected' });
  expect(sample.api.stats().exportsCreated).toBe(before);
});

test('an expired URL is renewed by the book, and the file host never sees the key', async () => {
  const { api } = sample;
  const provider = providerFor(api, { organizationId: 'org-1' });
  const { exportId } = await provider.createExport({ type: 'remediation', ...REQUESTS[2] }, signal);
  const book = new UrlBook();
  const ref = { position: 0 };
  const old = await book.resolve(provider, exportId, ref, signal);
  api.faults.expireUrls();
  const refused = await request(old.reveal());
  expect([refused.statusCode, await refused.body.text()]).toEqual([
    403,
    expect.stringContaining('Request has expired'),
  ]);
  const polls = api.operations.poll;
  const fresh = await Promise.all([1, 2, 3].map(() => book.refresh(provider, exportId, ref, old, signal)));
  expect(api.operations.poll).toBe(polls + 1);
  const answer = await request(fresh[0]!.reveal());
  expect(answer.statusCode).toBe(200);
  expect((await answer.body.arrayBuffer()).byteLength).toBe(api.files('remediation')[0]?.sizeBytes);
  expect(api.apiKeySeenAtFileHost).toBe(false);
});
