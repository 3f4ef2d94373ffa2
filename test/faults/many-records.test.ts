/** A run of many records, a child workflow for each: it completes, and no history grows without bound. */
import { expectedCrc32, generatedRecords } from '../../src/dev/export-api';
import { RunHarness } from '../support/run-harness';
import { listObjects } from '../support/bucket-view';
import type { TestProject } from '../support/test-project';
import { freePort } from '../support/versitygw';

const RECORDS = 1_500;
const RECORD_BYTES = 2_000;
const PAGE_RECORDS = 300;
const MAX_WORKERS = 16;
/** At the source, so that a slot's use is seen beside the cost of Temporal's own tasks. */
const RECORD_DELAY_MS = 250;
/** Of the design: above it Temporal itself would warn (51,200 is its limit). */
const MAX_EVENTS = 10_000;
/** The bench measures this on a quiet machine; here other tests may share the cores. */
const LEAST_BUSY_SLOTS = 2;

let harness: RunHarness;
let metricsUrl = '';
beforeAll(async () => {
  const address = `127.0.0.1:${await freePort()}`;
  metricsUrl = `http://${address}/metrics`;
  harness = await RunHarness.start({ env: { LONGHAUL_HEALTH_ADDRESS: address } });
}, 90_000);
afterAll(() => harness.stop());

const metric = (text: string, name: string): number =>
  Number(new RegExp(`^longhaul_transfer_${name} (\\S+)$`, 'm').exec(text)?.[1] ?? NaN);

/** Mean of busy slots from the first record in flight to the last, sampled until `ended`. */
async function meanBusySlots(ended: Promise<unknown>): Promise<number> {
  const samples: { atMs: number; busySlotSeconds: number }[] = [];
  const over = new AbortController();
  ended.then(
    () => over.abort(),
    () => over.abort(),
  );
  while (!over.signal.aborted) {
    const text = await (await fetch(metricsUrl)).text();
    const inFlight = metric(text, 'transfers_in_flight');
    const busySlotSeconds = metric(text, 'busy_slot_seconds_total');
    if (inFlight > 0) samples.push({ atMs: performance.now(), busySlotSeconds });
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const [first, last] = [samples.at(0), samples.at(-1)];
  if (first === undefined || last === undefined || first === last) throw new Error('No transfer was seen in flight');
  return ((last.busySlotSeconds - first.busySlotSeconds) * 1000) / (last.atMs - first.atMs);
}

const historyLength = async (workflowId: string): Promise<number> =>
  (await harness.client.workflow.getHandle(workflowId).describe()).historyLength;

/** Every object by its size and checksum in the ledger, some of them byte for byte. */
async function expectAll(project: TestProject, runId: string): Promise<void> {
  const files = project.files();
  const ledger = await project.ledger(runId);
  const crcs = new Map(ledger.map(({ key, crc32 }) => [key, crc32]));
  for (const file of files) expect(crcs.get(project.keyOf(file))).toBe(await expectedCrc32(file));
  const objects = await listObjects(harness.s3, project.bucket, `${project.targetPrefix}/asset/`);
  expect(Object.keys(objects)).toHaveLength(RECORDS);
  await project.expectByteExact(files.filter((_, n) => n % 100 === 0));
}

it(`${RECORDS} records through batches`, async () => {
  const files = generatedRecords(RECORDS, RECORD_BYTES);
  const config = { aws: { max_workers: MAX_WORKERS }, transfer: { page_records: PAGE_RECORDS } };
  const project = await harness.project({ files, config });
  project.api.faults.file({ delayMs: RECORD_DELAY_MS, always: true });
  const handle = await project.start();
  const result = handle.result();
  const busySlots = await meanBusySlots(result);
  const { runId, seconds, ...totals } = await result;
  expect(totals).toMatchObject({ records: RECORDS, transferred: RECORDS, failed: 0, bytes: RECORDS * RECORD_BYTES });

  const pages = Array.from({ length: RECORDS / PAGE_RECORDS }, (_, page) => `${runId}/batch/${page}`);
  const lengths = await Promise.all([handle.workflowId, ...pages].map(historyLength));
  expect(Math.max(...lengths)).toBeLessThanOrEqual(MAX_EVENTS);
  // Small as they are, none needs a workflow of its own.
  await expect(historyLength(`${runId}/record/0`)).rejects.toThrow(/not found/i);

  const rate = (RECORDS / seconds).toFixed(1);
  const longest = Math.max(...lengths);
  process.stdout.write(
    `many-records: ${seconds.toFixed(1)} s, ${rate} records/s, mean busy slots ${busySlots.toFixed(1)} of ${MAX_WORKERS}, longest history ${longest} events\n`,
  );
  expect(busySlots).toBeGreaterThan(LEAST_BUSY_SLOTS);
  await expectAll(project, runId);
}, 300_000);
