/** `restoreFiles` under way: waiting, cancel, time limit, retries, archived objects, disks that fill up, notification. */
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { failureOf, untilProgress } from '../support/run-outcome';
import { md5, md5Of, MIB, RestoreWorld, type RestoreHandle } from '../support/restore-world';
import { errorXml, startS3Proxy, type S3Proxy, type StoreRequest, type Verdict } from '../support/s3-proxy';
import { sharedStack } from '../support/shared-stack';
import { describeWhere } from '../support/skip';
import { bytesOf } from '../support/transfer-rig';
import { until } from '../support/until';

let world: RestoreWorld;
let proxy: S3Proxy;
const rules = new Map<string, (request: StoreRequest) => Verdict>();
const told: { path: string; body: Record<string, unknown> }[] = [];
let hookStatus = 200;
const hook = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    told.push({
      path: request.url ?? '',
      body: JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>,
    });
    response.writeHead(hookStatus).end();
  });
});

beforeAll(async () => {
  proxy = await startS3Proxy(sharedStack().s3.endpoint);
  proxy.script = (request) => {
    const id = decodeURIComponent(request.url.pathname).split('/')[2] ?? '';
    return rules.get(id)?.(request) ?? 'pass';
  };
  hook.listen(0, '127.0.0.1');
  await once(hook, 'listening');
  world = await RestoreWorld.start({
    config: { s3: { endpoint: proxy.endpoint }, notify: { webhook_url_env: 'TEST_WEBHOOK' } },
    env: { TEST_WEBHOOK: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/secret-token` },
  });
}, 120_000);
afterAll(async () => {
  await world.stop();
  await proxy.close();
  hook.close();
});
beforeEach(() => {
  hookStatus = 200;
});

/** Holds what the raw file reads of objects, until it is opened. */
function gate(id: string, holds: (request: StoreRequest) => boolean = () => true): { open: () => void } {
  let open = (): void => undefined;
  const holdUntil = new Promise<void>((resolve) => (open = resolve));
  rules.set(id, (request) => (request.operation === 'get' && holds(request) ? { holdUntil } : 'pass'));
  return {
    open: () => {
      rules.delete(id);
      open();
    },
  };
}

const stageIs = (handle: RestoreHandle, stage: string): Promise<unknown> =>
  untilProgress(handle, stage, (progress) => progress.stage === stage);

test('cancelled in the middle: the report says so, a bad file stays as it was, nothing is left beside it', async () => {
  const files = { 'old.raw': bytesOf(12 * MIB, 1), 'new.raw': bytesOf(12 * MIB, 2), 'done.bin': bytesOf(10, 3) };
  const id = await world.backup(files, { project_id: 'PRID001' });
  mkdirSync(world.path(), { recursive: true });
  writeFileSync(world.path('old.raw'), 'bad');
  const held = gate(
    id,
    ({ headers, url }) => url.pathname.endsWith('.raw') && headers['range']?.startsWith('bytes=0-') !== true,
  );
  const handle = await world.start({ raw_file_id: id });
  await until(() => world.names().some((name) => name.endsWith('.partial')), { what: 'a partial', timeoutMs: 30_000 });
  await untilProgress(handle, 'one file done', ({ totals }) => totals.records === 1);
  await handle.cancel();
  expect((await failureOf(handle)).code).toBe('Cancelled');
  held.open();
  expect(world.names()).toEqual(['done.bin', 'old.raw']);
  expect(readFileSync(world.path('old.raw'), 'utf8')).toBe('bad');
  const [report = ''] = world.reports(id);
  expect(report).toMatch(/^done\.bin: OK - Downloaded and verified/m);
  expect(report).toMatch(/^new\.raw: FAILURE - Cancelled$/m);
  expect(report).toMatch(/^old\.raw: FAILURE - Cancelled$/m);
  expect(report).toMatch(/^Status: PARTIAL FAILURE$/m);
  expect(told.at(-1)).toMatchObject({
    path: '/secret-token',
    body: { outcome: 'cancelled', raw_file_id: id, successful: 1, failed: 2, status: 'PARTIAL FAILURE' },
  });
  expect(world.harness.logs()).not.toContain('secret-token');
}, 60_000);

test('two at once on a host: the third waits, is listed as waiting, and the same raw file twice is TargetBusy', async () => {
  const ids = await Promise.all([1, 2, 3, 4].map((n) => world.backup({ [`wait-${n}.bin`]: bytesOf(100, n) })));
  const gates = ids.map((id) => gate(id));
  const [first, second] = [await world.start({ raw_file_id: ids[0] }), await world.start({ raw_file_id: ids[1] })];
  await Promise.all([first, second].map((run) => stageIs(run, 'transferring')));
  const [third, fourth] = [await world.start({ raw_file_id: ids[2] }), await world.start({ raw_file_id: ids[3] })];
  await Promise.all([third, fourth].map((run) => stageIs(run, 'waiting')));
  expect(await failureOf(await world.start({ raw_file_id: ids[0] }))).toMatchObject({
    code: 'TargetBusy',
    message: expect.stringContaining(first.workflowId) as string,
  });
  await fourth.cancel();
  expect((await failureOf(fourth)).code).toBe('Cancelled');
  expect(world.reports(ids[3]!)[0]).toMatch(/^wait-4\.bin: FAILURE - Cancelled$/m);
  expect(existsSync(world.path('wait-3.bin'))).toBe(false);
  for (const held of gates) held.open();
  for (const run of [first, second, third]) expect((await run.result()).status).toBe('SUCCESS');
  expect(md5Of(world.path('wait-3.bin'))).toBe(md5(bytesOf(100, 3)));
}, 60_000);

test('at its time limit the run ends with RunTimeout, and what is not done says so', async () => {
  const id = await world.backup({ 'late.bin': bytesOf(100, 1) });
  const held = gate(id);
  const failure = await failureOf(await world.start({ raw_file_id: id, set: { max_run_hours: 0.001 } }));
  held.open();
  expect(failure).toMatchObject({ code: 'RunTimeout' });
  expect(failure.message).toMatch(/max_run_hours.*\(report: .*\.txt\)/);
  expect(world.reports(id)[0]).toMatch(/^late\.bin: FAILURE - RunTimeout: /m);
}, 60_000);

test('what may pass is tried again after a pause, what is final is not', async () => {
  const id = await world.backup({ 'flaky.bin': bytesOf(100, 1), 'gone.bin': bytesOf(100, 2) });
  const gets: string[] = [];
  let isDown = true;
  rules.set(id, ({ operation, url }) => {
    if (operation !== 'get') return 'pass';
    gets.push(path.basename(url.pathname));
    if (url.pathname.endsWith('gone.bin')) return { status: 404, body: errorXml('NoSuchKey') };
    return isDown ? { status: 503, body: errorXml('ServiceUnavailable') } : 'pass';
  });
  const set = { retry_for_sec: 0.1, retries: 2, retry_interval_sec: 1 };
  const handle = await world.start({ raw_file_id: id, set });
  const record = world.harness.client.workflow.getHandle(
    `${(await handle.query<{ run: string }>('progress')).run}/record/0`,
  );
  await until(
    async () => {
      // There is a workflow of the record only once its batch's own try has failed.
      const { events = [] } = await record.fetchHistory().catch(() => ({ events: [] }));
      return events?.some((event) => event.timerStartedEventAttributes != null) === true;
    },
    { what: 'the pause', timeoutMs: 30_000 },
  );
  isDown = false;
  expect((await failureOf(handle)).message).toMatch(/1 of 2 records failed.*gone\.bin.*SourceNotFound/);
  expect(md5Of(world.path('flaky.bin'))).toBe(md5(bytesOf(100, 1)));
  expect(gets.filter((name) => name === 'gone.bin')).toHaveLength(1);
}, 60_000);

test('archived objects are thawed, all of them at once, and fetched when they can be read', async () => {
  const id = await world.backup({
    'cold-1.bin': bytesOf(100, 1),
    'cold-2.bin': bytesOf(100, 2),
    'warm.bin': bytesOf(9, 3),
  });
  const thawed = new Set<string>();
  const asked: string[] = [];
  let heads = 0;
  rules.set(id, ({ operation, url, body }) => {
    const name = path.basename(url.pathname);
    if (name === 'warm.bin')
      return url.searchParams.has('restore') ? { status: 403, body: errorXml('InvalidObjectState') } : 'pass';
    if (url.searchParams.has('restore')) {
      expect(body.toString()).toContain('<Tier>Bulk</Tier>');
      if (asked.includes(name)) return { status: 409, body: errorXml('RestoreAlreadyInProgress') };
      asked.push(name);
      return { status: 202 };
    }
    if (operation === 'head') {
      heads += 1;
      if (heads > 3) thawed.add('cold-1.bin').add('cold-2.bin');
      const ongoing = !thawed.has(name);
      return { status: 200, headers: { 'x-amz-restore': `ongoing-request="${ongoing}"`, 'content-length': '100' } };
    }
    return thawed.has(name) ? 'pass' : { status: 403, body: errorXml('InvalidObjectState') };
  });
  const set = { 'thaw.poll_interval_sec': 0.2, 'thaw.tier': 'Bulk', files_in_parallel: 1 };
  expect(await world.run(id, { set })).toMatchObject({ status: 'SUCCESS', restores: [{ downloaded: 3 }] });
  expect(asked.sort()).toEqual(['cold-1.bin', 'cold-2.bin']);
  thawed.clear();
  heads = -100;
  rmSync(world.path('cold-1.bin'));
  const { details } = await failureOf(await world.start({ raw_file_id: id, set: { 'thaw.enabled': false } }));
  expect(readFileSync(details.report!, 'utf8')).toMatch(/^cold-1\.bin: FAILURE - SourceArchived: /m);
}, 60_000);

test('a webhook that fails is logged and nothing else', async () => {
  hookStatus = 400;
  const id = await world.backup({ 'hook.bin': bytesOf(10, 1) });
  expect((await world.run(id)).status).toBe('SUCCESS');
  expect(world.harness.logs()).toMatch(new RegExp(`"event":"notify_failed".*${id}.*WebhookFailed`));
}, 60_000);

const canMount =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'none', '/mnt']).status === 0;

describeWhere(canMount, 'root that may mount a tmpfs')('a small disk', () => {
  let root: string;
  beforeEach(() => {
    root = path.join(world.output, '..', 'mounted');
    mkdirSync(root);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'longhaul-test', root]);
    world.configure({
      locations: { output: root },
      s3: { endpoint: proxy.endpoint },
    });
  });
  afterEach(() => {
    execFileSync('umount', [root]);
    rmSync(root, { recursive: true });
    world.configure({ s3: { endpoint: proxy.endpoint } });
  });

  test('that fills up in the middle: that file fails with DiskFull, the others and the report are there', async () => {
    const id = await world.backup({ 'big.raw': bytesOf(17 * MIB, 1), 'small.bin': bytesOf(10, 2) });
    const held = gate(
      id,
      ({ url, headers }) =>
        url.pathname.endsWith('big.raw') && headers['range'] === `bytes=${10 * MIB}-${15 * MIB - 1}`,
    );
    // Overrides that differ make the worker read the file of the new folder at once.
    const set = { lanes: 1, stall_timeout_sec: 31 };
    const handle = await world.start({ raw_file_id: id, set });
    await until(() => proxy.seen.some(({ headers }) => headers['range'] === `bytes=${10 * MIB}-${15 * MIB - 1}`), {
      what: 'two parts',
      timeoutMs: 30_000,
    });
    writeFileSync(path.join(root, 'filler'), Buffer.alloc(13 * MIB));
    held.open();
    const { details } = await failureOf(handle);
    const report = readFileSync(details.report!, 'utf8');
    expect(report).toMatch(/^big\.raw: FAILURE - DiskFull: /m);
    expect(report).toMatch(/^small\.bin: OK - Downloaded/m);
    expect(world.names(path.join(root, 'PRID001'))).toEqual(['small.bin']);
    // Too little from the start is said before anything is tried.
    expect(await failureOf(await world.start({ raw_file_id: id, set }))).toMatchObject({ code: 'DiskSpace' });
  }, 60_000);

  test('that is read-only: OutputNotWritable', async () => {
    const id = await world.backup({ 'a.bin': bytesOf(10, 2) });
    execFileSync('mount', ['-o', 'remount,ro', root]);
    const set = { stall_timeout_sec: 32 };
    expect(await failureOf(await world.start({ raw_file_id: id, set }))).toMatchObject({ code: 'OutputNotWritable' });
  }, 60_000);
});
