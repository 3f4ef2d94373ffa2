/** Request counts are those on the wire, whatever goes wrong; and no secret of a URL or a header is anywhere. */
import { WorkflowNotFoundError } from '@temporalio/client';
import type { IngestResult } from '../../src/model/ingest-run';
import { listObjects } from '../support/bucket-view';
import { IngestRig } from '../support/ingest-rig';
import { errorXml, startS3Proxy, type S3Proxy, type StoreRequest } from '../support/s3-proxy';
import { descriptions, findSecrets, histories, type Exhibit } from '../support/secret-search';
import { sharedStack, uniqueName } from '../support/shared-stack';
import { validators } from '../support/source-server';
import { until } from '../support/until';

const MIB = 2 ** 20;
const HEADER_SECRET = 'h3ader-s3cret-value';
const HEADERS = JSON.stringify({ 'x-own-header': HEADER_SECRET });
const UNAVAILABLE = { status: 503, body: errorXml('SlowDown') };

let proxy: S3Proxy;
let rig: IngestRig;
beforeAll(async () => {
  proxy = await startS3Proxy(sharedStack().s3.endpoint);
  rig = await IngestRig.start({
    endpoint: proxy.endpoint,
    env: { LONGHAUL_INGEST_RETRY_FOR_SEC: '30', INGEST_TEST_HEADERS: HEADERS },
  });
}, 90_000);
afterAll(async () => {
  await rig.stop();
  await proxy.close();
});

/** Our names for what was seen on the wire. */
function nameOf({ operation, url }: StoreRequest): string {
  const isBucket = url.pathname.split('/').filter((part) => part !== '').length === 1;
  if (operation === 'get' && isBucket) return 'list_objects';
  if (operation === 'head') return isBucket ? 'head_bucket' : 'head_object';
  const names: Partial<Record<StoreRequest['operation'], string>> = {
    create: 'create_multipart',
    part: 'upload_part',
    complete: 'complete_multipart',
    abort: 'abort_multipart',
    listParts: 'list_parts',
    listUploads: 'list_multipart_uploads',
    put: 'put_object',
    get: 'get_object',
    delete: 'delete_object',
    other: 'delete_objects',
  };
  return names[operation] ?? operation;
}

function countsOnTheWire(bucket: string): Record<string, number> {
  const counts: Record<string, number> = { total: 0 };
  for (const seen of proxy.seen.filter(({ url }) => url.pathname.split('/')[1] === bucket)) {
    for (const name of [nameOf(seen), 'total']) counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

const withoutZeros = (counts: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).filter(([name, count]) => count > 0 || name === 'total'));

const expectTrue = (bucket: string, result: IngestResult): void =>
  expect(withoutZeros(result.s3_request_counts)).toEqual(countsOnTheWire(bucket));

it('counts are those on the wire: 503s within and across attempts, a failing file, an empty one, many pages', async () => {
  const { host } = rig;
  const large = host.add('/large.csv', Buffer.alloc(12 * MIB, 1));
  const retried = host.add('/retried.csv', Buffer.alloc(6 * MIB, 2));
  const broken = host.add('/broken.csv', Buffer.alloc(12 * MIB, 3));
  host.faults.set('/broken.csv', (seen, response) => {
    // Its first part moves, then it is gone: an upload has to be aborted.
    if ((seen.range?.first ?? 0) === 0) return false;
    response.writeHead(404).end();
    return true;
  });
  const list = [large, retried, broken, host.add('/empty.csv', ''), `${host.origin}/none.csv`];
  const bucket = await rig.bucket(list);
  const isOf =
    (name: string) =>
    ({ url }: StoreRequest) =>
      url.pathname.endsWith(name);
  let refusedCreates = 0;
  proxy.script = (seen) => {
    if (seen.operation === 'create' && isOf('/large.csv')(seen) && (refusedCreates += 1) <= 2) return UNAVAILABLE;
    // All of the first attempt is refused; the second begins with looking for what that may have left.
    const again = proxy.seen.some(
      (each) => each.operation === 'listUploads' && each.url.searchParams.get('prefix')?.endsWith('retried.csv'),
    );
    return seen.operation === 'part' && isOf('/retried.csv')(seen) && !again ? UNAVAILABLE : 'pass';
  };
  const result = await rig.run({ bucket, date: '2025-01-02' });
  expect(result.message).toBe('Streamed 3 ok, 2 failed');
  expectTrue(bucket, result);
  expect(result.s3_request_counts.create_multipart).toBeGreaterThanOrEqual(5);
  expect(result.s3_request_counts['abort_multipart']).toBeGreaterThan(1);
  const log = rig.logs(result.run_id).find(({ event }) => event === 's3_request_counters');
  expect(
    withoutZeros(
      Object.fromEntries(Object.entries(log ?? {}).filter(([, value]) => typeof value === 'number')) as Record<
        string,
        number
      >,
    ),
  ).toEqual(countsOnTheWire(bucket));
  const report = JSON.parse(await rig.runFile(bucket, result.run_id, 'report.json')) as { result: IngestResult };
  expect(report.result.s3_request_counts['upload_part']).toBe(result.s3_request_counts['upload_part']);
}, 60_000);

it('two runs at once do not count each other', async () => {
  proxy.script = () => 'pass';
  const buckets = await Promise.all([1, 2].map((n) => rig.bucket([rig.host.add(`/own-${n}.csv`, `own ${n}`)])));
  const results = await Promise.all(buckets.map((bucket) => rig.run({ bucket, date: '2025-01-02' })));
  for (const [n, bucket] of buckets.entries()) expectTrue(bucket, results[n] as IngestResult);
}, 30_000);

it('credentials, queries and headers are nowhere: history, heartbeats, bucket, logs', async () => {
  proxy.script = () => 'pass';
  const { host } = rig;
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  host.add('/login.csv', Buffer.alloc(12 * MIB, 4));
  host.faults.set('/login.csv', (seen, response, file) => {
    if ((seen.range?.first ?? 0) < 5 * MIB) return false;
    const { first = 0, last = 0 } = seen.range ?? {};
    const body = file.body.subarray(first, last + 1);
    response.writeHead(206, {
      ...validators(file),
      'content-length': body.length,
      'content-range': `bytes ${first}-${first + body.length - 1}/${file.body.length}`,
    });
    response.write(body.subarray(0, MIB));
    void released.then(() => response.end(body.subarray(MIB)));
    return true;
  });
  const repeated = host.add('/repeats.csv', '');
  host.faults.set('/repeats.csv', (seen, response) => {
    const said = JSON.stringify([seen.url, seen.headers.authorization, seen.headers['x-own-header']]);
    response.writeHead(403, { 'content-type': 'text/plain' }).end(said);
    return true;
  });
  const signed = (url: string): string => `${url.replace('://', '://us3r:pa55-w0rd-s3cret@')}?sig=qu3ry-s3cret&part=1`;
  const list = [signed(`${host.origin}/login.csv`), signed(repeated)].map((url) => ({
    url,
    headers_env: 'INGEST_TEST_HEADERS',
  }));
  const bucket = await rig.bucket(list);
  const runId = uniqueName('secret');
  const handle = await rig.start({ bucket, date: '2025-01-02', runId });
  const ids = [
    handle.workflowId,
    `longhaul-target/${bucket}/raw/2025/01/02`,
    `${runId}/batch/0`,
    // The large one; the other is an activity of the batch.
    `${runId}/record/0`,
  ];
  const beating = async (): Promise<Exhibit | undefined> => {
    // Its workflow begins when its first part is in.
    const found = await descriptions(rig.harness.client, [`${runId}/record/0`]).catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError) return [];
      throw error;
    });
    return found.find(([, text]) => /heartbeatDetails[^]*"checkpoint"[^]*"uploadId"/.test(text));
  };
  const beat = await until(beating, { what: 'a heartbeat in the middle', timeoutMs: 20_000 });
  const running = [beat, ...(await histories(rig.harness.client, ids))];
  release();
  const result = await handle.result();
  expect(result.message).toBe('Streamed 1 ok, 1 failed');
  const login = host.of('/login.csv')[0];
  expect(login?.headers).toMatchObject({
    'x-own-header': HEADER_SECRET,
    authorization: expect.stringContaining('Basic ') as string,
  });
  expect(login?.url).toContain('sig=qu3ry-s3cret');

  const { s3, client } = rig.harness;
  const files = Object.keys(await listObjects(s3, bucket, '_longhaul/'));
  const kept = await Promise.all(files.map(async (key): Promise<Exhibit> => [key, await rig.text(bucket, key)]));
  const { metadata } = await rig.head(bucket, 'raw/2025/01/02/login.csv');
  expect(metadata['source_url']).toBe(`${host.origin}/login.csv`);
  const exhibits = [
    ...running,
    ...(await histories(client, ids)),
    ...kept,
    ['metadata', JSON.stringify(metadata)] as Exhibit,
    ['logs', rig.harness.logs()] as Exhibit,
  ];
  expect(kept.length).toBeGreaterThan(4);
  const secrets = [
    'pa55-w0rd-s3cret',
    'qu3ry-s3cret',
    HEADER_SECRET,
    login?.headers.authorization?.slice(6) ?? '',
    rig.harness.servers.s3.secretAccessKey,
  ];
  // The marker on our objects is a digest, shorter than a signature.
  expect(findSecrets(exhibits, secrets)).toEqual([]);
  for (const secret of secrets) expect(findSecrets([['planted', `x ${secret} x`]], [secret])).not.toEqual([]);
}, 60_000);
