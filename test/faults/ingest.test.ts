/** `ingestUrls` as its users run it: keys, objects, result, report, log events, repeated runs. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { REPOSITORY_ROOT } from '../../src/dev/tools';
import { snapshotOf } from '../support/bucket-view';
import { IngestRig } from '../support/ingest-rig';

import { failureOf, untilProgress } from '../support/run-outcome';
import { uniqueName } from '../support/shared-stack';
import { describeWhere } from '../support/skip';
import { until } from '../support/until';

const MIB = 2 ** 20;
const hasJq = spawnSync('jq', ['--version']).status === 0;
const LARGE = Buffer.alloc(12 * MIB, 'id,name\n');
const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

let rig: IngestRig;
beforeAll(async () => {
  rig = await IngestRig.start({ env: { INGEST_TEST_HEADERS: '{"X-Test-Header": "header-value-1234"}' } });
}, 90_000);
afterAll(() => rig.stop());

it('moves every kind of file to its dated key and says so in its result, its report and its log', async () => {
  const { host } = rig;
  const urls = [
    host.add('/v1/Transactions-2025.csv', LARGE),
    host.add('/empty.csv', ''),
    host.add('/plain/notes.txt', 'a note'),
  ];
  const own = {
    url: host.add('/own', 'own bytes', { contentType: 'application/x-own' }),
    key: 'raw/mine/own.bin',
    content_type: 'detect',
    sha256: sha256('own bytes'),
    headers_env: 'INGEST_TEST_HEADERS',
  };
  const bucket = await rig.bucket([...urls, own]);
  const result = await rig.run({ bucket, date: '2025-08-26' });

  const file = (url: string, s3_key: string, bytes: number, parts: number) => ({
    url,
    s3_key,
    bytes,
    parts,
    status: 'success',
  });
  expect(result).toMatchObject({
    message: 'Streamed 4 ok, 0 failed',
    summary: { total_files: 4, successful: 4, failed: 0, total_bytes: LARGE.length + 15 },
    results: [
      file(urls[0] ?? '', 'raw/2025/08/26/transactions.csv', LARGE.length, 3),
      file(urls[1] ?? '', 'raw/2025/08/26/empty.csv', 0, 1),
      file(urls[2] ?? '', 'raw/2025/08/26/notes.txt', 6, 1),
      file(own.url, 'raw/mine/own.bin', 9, 1),
    ],
  });
  expect(result.s3_request_counts).toMatchObject({ upload_part: 3, complete_multipart: 1 });
  expect(await rig.keys(bucket)).toEqual(result.results.map(({ s3_key }) => s3_key).sort());
  expect(sha256(await rig.text(bucket, 'raw/2025/08/26/transactions.csv'))).toBe(sha256(LARGE));
  expect(await rig.head(bucket, 'raw/2025/08/26/empty.csv')).toMatchObject({ bytes: 0, contentType: 'text/csv' });
  const mine = await rig.head(bucket, 'raw/mine/own.bin');
  expect(mine.contentType).toBe('application/x-own');
  expect(mine.metadata).toMatchObject({
    source_url: own.url,
    ingestion_time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
  });
  expect(host.of('/own').map(({ headers }) => headers['x-test-header'])).toEqual(['header-value-1234']);
  expect((await snapshotOf(rig.harness.s3, bucket, '_longhaul')).uploads).toEqual([]);
  const report = JSON.parse(await rig.runFile(bucket, result.run_id, 'report.json')) as {
    totals: { requests: object };
  };
  expect(report).toMatchObject({ outcome: 'succeeded', result: { summary: result.summary, results: result.results } });
  expect(report.totals.requests).toMatchObject({ upload_part: 3 });
  expect(await rig.runFile(bucket, result.run_id, 'report.txt')).toContain('Longhaul ingest report: succeeded');

  const lines = rig.logs(result.run_id);
  const of = (event: string) => lines.filter((line) => line.event === event);
  const key = 'raw/2025/08/26/transactions.csv';
  for (const event of [
    'ingest_start',
    'ingestion_plan',
    's3_request_counters',
    'ingest_complete',
    'file_complete_zero',
    'multipart_create_start',
    'multipart_create_complete',
    'multipart_create_done',
  ])
    expect({ event, times: of(event).length }).toEqual({ event, times: 1 });
  expect(of('part_upload_start')).toHaveLength(3);
  expect(
    of('part_upload_complete')
      .map(({ part }) => part)
      .sort(),
  ).toEqual([1, 2, 3]);
  expect(of('file_complete').find(({ s3_key }) => s3_key === key)).toMatchObject({
    level: 'INFO',
    bytes: LARGE.length,
    elapsed_ms: expect.any(Number) as number,
    avg_mbps: expect.any(Number) as number,
  });
  expect(
    of('file_progress')
      .filter(({ s3_key }) => s3_key === key)
      .at(-1),
  ).toMatchObject({ percent: 100 });
  expect(of('s3_request_counters')[0]).toMatchObject(result.s3_request_counts);
}, 60_000);

it('writes only lines of its level: LOG_LEVEL in the input', async () => {
  const bucket = await rig.bucket([rig.host.add('/quiet.csv', LARGE)]);
  const { run_id } = await rig.run({ bucket, logLevel: 'ERROR' });
  const own = rig.logs(run_id).filter(({ event }) => /^(ingest|file|multipart|part|s3_request)/.test(event));
  expect(own).toEqual([]);
}, 60_000);

it('a failed file does not stop the others, and is moved alone by a second run', async () => {
  const good = rig.host.add('/good.csv', 'good');
  const bad = `${rig.host.origin}/late.csv`;
  const bucket = await rig.bucket([good, bad]);
  const input = { bucket, date: '2025-01-02' };
  const first = await rig.run(input);
  expect(first).toMatchObject({
    message: 'Streamed 1 ok, 1 failed',
    summary: { total_files: 2, successful: 1, failed: 1, total_bytes: 4 },
    results: [{ status: 'success' }, { status: 'failed', url: bad, s3_key: 'raw/2025/01/02/late.csv', bytes: 0 }],
  });
  expect(first.results[1]?.error).toContain('404');
  expect(rig.logs(first.run_id).find(({ event }) => event === 'file_error')).toMatchObject({
    url: bad,
    code: 'SourceNotFound',
    error: expect.stringContaining('404') as string,
  });
  expect(await rig.keys(bucket)).toEqual(['raw/2025/01/02/good.csv']);
  rig.host.add('/late.csv', 'late');
  const second = await rig.run({ ...input, files: ['late.csv'] });
  expect(second.results).toMatchObject([{ s3_key: 'raw/2025/01/02/late.csv', status: 'success', bytes: 4 }]);
  expect(rig.host.of('/good.csv')).toHaveLength(1);
}, 60_000);

it('failOnError makes such a run fail at its end, with what was moved in place', async () => {
  const bucket = await rig.bucket([rig.host.add('/kept.csv', 'kept'), `${rig.host.origin}/none.csv`]);
  const handle = await rig.start({ bucket, date: '2025-01-02', fail_on_error: true });
  const { code, message, details } = await failureOf(handle);
  expect(code).toBe('RecordsFailed');
  expect(message).toContain('1 of 2 records failed');
  expect(details.report).toMatch(/report\.json$/);
  expect(await rig.keys(bucket)).toEqual(['raw/2025/01/02/kept.csv']);
  await until(() => rig.events(details.run ?? '').includes('ingest_fatal'), { what: 'the line', timeoutMs: 5_000 });
}, 60_000);

it('onError wait: the run parks, and retryFailed moves the failed file', async () => {
  const bucket = await rig.bucket([rig.host.add('/first.csv', 'first'), `${rig.host.origin}/second.csv`]);
  const handle = await rig.start({ bucket, date: '2025-01-02', onError: 'wait' });
  await untilProgress(handle, 'the park', ({ stage }) => stage === 'parked');
  rig.host.add('/second.csv', 'second');
  await handle.executeUpdate('retryFailed', { args: [{}] });
  expect((await handle.result()).message).toBe('Streamed 2 ok, 0 failed');
}, 60_000);

it('skipUnchanged: what has not changed is not moved, what has changed or was removed is', async () => {
  const urls = ['/same.csv', '/changes.csv', '/removed.csv'].map((path) => rig.host.add(path, `first ${path}`));
  const bucket = await rig.bucket(urls);
  const day = (date: string) => rig.run({ bucket, date, skipUnchanged: true });
  expect((await day('2025-03-01')).message).toBe('Streamed 3 ok, 0 failed');
  rig.host.add('/changes.csv', 'second', { etag: '"other"' });
  await rig.put(bucket, 'raw/2025/03/01/removed.csv', 'of another length');
  const second = await day('2025-03-02');
  expect(second).toMatchObject({ message: 'Streamed 2 ok, 0 failed, 1 skipped', summary: { skipped: 1 } });
  expect(second.results[0]).toEqual({
    url: urls[0],
    s3_key: 'raw/2025/03/01/same.csv',
    bytes: 0,
    parts: 0,
    status: 'skipped',
  });
  expect(await rig.keys(bucket)).toEqual([
    ...['changes', 'removed', 'same'].map((name) => `raw/2025/03/01/${name}.csv`),
    ...['changes', 'removed'].map((name) => `raw/2025/03/02/${name}.csv`),
  ]);
  expect(rig.events(second.run_id)).toContain('file_skipped');
}, 60_000);

it('a run id that has succeeded answers its result again and moves nothing', async () => {
  const bucket = await rig.bucket([rig.host.add('/once.csv', 'once')]);
  const input = { bucket, runId: uniqueName('once'), date: '2025-01-02' };
  const first = await rig.run(input);
  const { s3_request_counts: counts, ...again } = await rig.run(input);
  expect(again).toEqual({ ...again, results: first.results, run_id: input.runId });
  expect(counts.total).toBeGreaterThan(0);
  expect(rig.host.of('/once.csv')).toHaveLength(1);
}, 60_000);

it('a schedule with a backfill of three days writes three dates', async () => {
  const bucket = await rig.bucket([rig.host.add('/daily.csv', 'daily')]);
  const { client } = rig.harness;
  const scheduleId = uniqueName('daily');
  const schedule = await client.schedule.create({
    scheduleId,
    spec: { calendars: [{ hour: 0, minute: 30 }] },
    action: {
      type: 'startWorkflow',
      workflowType: 'ingestUrls',
      taskQueue: 'longhaul',
      workflowId: scheduleId,
      args: [{ bucket }],
    },
    state: { paused: true },
  });
  try {
    await schedule.backfill({
      start: new Date('2025-08-24T00:00:00Z'),
      end: new Date('2025-08-26T23:00:00Z'),
      overlap: 'ALLOW_ALL',
    });
    await untilAll(scheduleId, 3);
  } finally {
    await schedule.delete();
  }
  expect(await rig.keys(bucket)).toEqual(['24', '25', '26'].map((day) => `raw/2025/08/${day}/daily.csv`));
}, 60_000);

describeWhere(hasJq, 'jq')('the queries of the guide', () => {
  it('find throughput, failures and request totals in the log of runs', async () => {
    const bucket = await rig.bucket([rig.host.add('/seen.csv', 'seen'), `${rig.host.origin}/unseen.csv`]);
    const { run_id, s3_request_counts: counts } = await rig.run({ bucket, date: '2025-01-02' });
    await until(() => rig.events(run_id).includes('file_error'), { what: 'the line', timeoutMs: 5_000 });
    const log = rig.harness.logs();
    const guide = readFileSync(path.join(REPOSITORY_ROOT, 'docs/guide-ingest.md'), 'utf8');
    const queries = [...guide.matchAll(/^jq -Rrn '([^']+)' worker\.log$/gm)].map((match) => match[1] ?? '');
    const [files = '', failures = '', totals = ''] = queries.map((query) =>
      execFileSync('jq', ['-Rrn', query], { input: `not JSON\n${log}`, encoding: 'utf8' }),
    );
    expect(files).toMatch(/^[\d.]+\t4\t\d+\traw\/2025\/01\/02\/seen\.csv$/m);
    expect(failures).toContain(`1\t${rig.host.origin}/unseen.csv\tSourceNotFound\n`);
    const { total, put_object: put, upload_part: part, get_object: get } = counts;
    expect(totals).toContain(`${[run_id, total, put, part, get].join('\t')}\n`);
  }, 30_000);
});

async function untilAll(scheduleId: string, count: number): Promise<void> {
  const { client } = rig.harness;
  const day = (n: number): string => `${scheduleId}-2025-08-${24 + n}T00:30:00Z`;
  for (let n = 0; n < count; n += 1) {
    const handle = client.workflow.getHandle(day(n));
    await until(async () => ((await handle.describe().catch(() => null)) === null ? null : true), {
      what: day(n),
      timeoutMs: 20_000,
    });
    await handle.result();
  }
}
