/** SIGKILL of the worker in the middle of a large file of `ingestUrls`: another one goes on with what is in flight alone. */
import { createHash } from 'node:crypto';
import { objectDigest, snapshotOf } from '../support/bucket-view';
import { IngestRig } from '../support/ingest-rig';
import { cutAfter } from '../support/source-server';
import { until } from '../support/until';

const MIB = 2 ** 20;
const PART_BYTES = 16 * MIB;
const LANES = 2;
/** 16 parts. bench/ingest.ts moves larger ones. */
const BODY = Buffer.alloc(256 * MIB, 'some,csv,line\n');
/** Requests that are answered whole before the worker is killed. */
const WHOLE = 8;

let rig: IngestRig;
beforeAll(async () => {
  rig = await IngestRig.start({ env: { S3_PART_MB: '16', LONGHAUL_INGEST_STALL_TIMEOUT_SEC: '60' } });
}, 90_000);
afterAll(() => rig.stop());

it('reads and sends again no more than the parts that were in flight', async () => {
  const { host, harness } = rig;
  const url = host.add('/large.csv', BODY);
  let readBytes = 0;
  let held = 0;
  let isKilled = false;
  host.faults.set('/large.csv', (seen, response, file) => {
    const { first = 0, last = 0 } = seen.range ?? {};
    const lengthBytes = Math.min(last, file.body.length - 1) - first + 1;
    if (isKilled || host.of('/large.csv').length <= WHOLE) {
      readBytes += lengthBytes;
      return false;
    }
    // The middle of a part, for as long as this worker lives.
    readBytes += PART_BYTES / 2;
    held += 1;
    cutAfter(seen, response, file, PART_BYTES / 2, () => undefined);
    return true;
  });
  const bucket = await rig.bucket([url]);
  const handle = await rig.start({ bucket, date: '2025-01-02' });
  await until(() => held === LANES, { what: 'all lanes in the middle of a part', timeoutMs: 30_000 });
  const [worker] = harness.workers;
  await worker?.kill();
  isKilled = true;
  await harness.startWorker({ env: rig.env });
  const result = await handle.result();

  expect(result.results).toMatchObject([{ status: 'success', bytes: BODY.length, parts: BODY.length / PART_BYTES }]);
  const key = 'raw/2025/01/02/large.csv';
  expect(await objectDigest(harness.s3, bucket, key)).toEqual({
    sha256: createHash('sha256').update(BODY).digest('hex'),
    bytes: BODY.length,
  });
  expect(readBytes).toBeGreaterThan(BODY.length);
  expect(readBytes - BODY.length).toBeLessThanOrEqual(LANES * PART_BYTES);
  const report = JSON.parse(await rig.runFile(bucket, result.run_id, 'report.json')) as {
    totals: { resentBytes: number };
  };
  expect(report.totals.resentBytes).toBeLessThanOrEqual(LANES * PART_BYTES);
  expect((await snapshotOf(harness.s3, bucket, '_longhaul')).uploads).toEqual([]);
}, 90_000);
