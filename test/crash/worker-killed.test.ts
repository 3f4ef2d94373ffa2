/** SIGKILL of the worker in each stage, at the worst points of it; another worker ends every run as if nothing had been. */
import type { ExportResult } from '../../src/model/export-run';
import { textOf } from '../support/bucket-view';
import { failureOf } from '../support/run-outcome';
import { RunHarness } from '../support/run-harness';
import { holdRun, LANES, LARGE, PART_BYTES, prefixKeys, STAGE_CASES, type HeldRun } from './support/stage-cases';
import { writesByKey } from './support/versions';

/** Heartbeat timeout 10 s, the other worker's start, and what is left to do, on a machine that does other things too. */
const RUN_TIMEOUT_MS = 90_000;

let harness: RunHarness;
const runs = new Map<string, HeldRun>();

const runOf = (name: string): HeldRun => {
  const run = runs.get(name);
  if (run === undefined) throw new Error(`${name} was not started`);
  return run;
};

beforeAll(async () => {
  harness = await RunHarness.start();
  const [worker] = harness.workers;
  const held = await Promise.all(STAGE_CASES.map(async (each) => [each.name, await holdRun(harness, each)] as const));
  for (const [name, run] of held) runs.set(name, run);
  await worker?.kill();
  for (const { proxy, project } of runs.values()) {
    proxy.release();
    project.api.faults.clear();
  }
  await harness.startWorker();
}, 120_000);

afterAll(async () => {
  await harness.stop();
  await Promise.all([...runs.values()].map(({ proxy }) => proxy.close()));
});

const succeeding = STAGE_CASES.filter((each) => each.fails === undefined);
const failing = STAGE_CASES.filter((each) => each.fails !== undefined);

describe('a worker killed while', () => {
  it.each(succeeding)(
    '$name',
    async ({ name, files, withPrefix }) => {
      const { project, handle, before } = runOf(name);
      const result: ExportResult = await handle.result();
      await project.expectByteExact(files);
      const prefixed = withPrefix === true ? prefixKeys(project) : [];
      for (const [n, key] of prefixed.entries()) {
        expect(await textOf(harness.s3, project.bucket, key)).toBe(`row ${n}\n`.repeat(99));
      }
      expect(result).toMatchObject({ objects: files.length + prefixed.length, failed: 0 });
      expect(await project.ledger(result.runId)).toHaveLength(result.objects);

      const keys = [...files.map((file) => project.keyOf(file)), ...prefixed, `${project.targetPrefix}/_SUCCESS`];
      const writes = await writesByKey(harness.s3, project.bucket, project.targetPrefix, project.controlPrefix);
      expect(writes).toEqual({
        [`${project.targetPrefix}/asset/foreign.csv`]: 1,
        ...Object.fromEntries(keys.map((key) => [key, 1])),
      });
      expect((await project.snapshot()).uploads).toEqual(before.uploads);
      expect(Object.keys(await project.controlFiles()).filter((key) => key.includes('/staged/'))).toEqual([]);
      expect(project.api.stats().exportsCreated).toBe(1);
    },
    RUN_TIMEOUT_MS,
  );

  it.each(failing)(
    '$name',
    async ({ name, fails }) => {
      const { project, handle, before } = runOf(name);
      const { code, details } = await failureOf(handle);
      expect(code).toBe(fails);
      expect(details.cleanup?.problems ?? []).toEqual([]);
      await project.expectUnchanged(before);
      const writes = await writesByKey(harness.s3, project.bucket, project.targetPrefix, project.controlPrefix);
      expect(writes).toEqual({ [`${project.targetPrefix}/asset/foreign.csv`]: 1 });
    },
    RUN_TIMEOUT_MS,
  );

  it('reads and sends again no more than the parts that were in flight', async () => {
    const { project, proxy, handle } = runOf('moving: four parts in flight');
    const result = await handle.result();
    const read = project.api.requests[project.api.urlPath('vulnerability', LARGE)]?.bytes ?? 0;
    const sent = proxy.seen
      .filter(({ operation, url }) => operation === 'part' && url.pathname.endsWith(LARGE.path))
      .reduce((sum, { body }) => sum + body.length, 0);
    expect(read - LARGE.sizeBytes).toBeGreaterThan(0);
    expect(read - LARGE.sizeBytes).toBeLessThanOrEqual(LANES * PART_BYTES);
    expect(sent - LARGE.sizeBytes).toBeLessThanOrEqual(LANES * PART_BYTES);
    expect(result.resentBytes).toBeLessThanOrEqual(LANES * PART_BYTES);
  });
});
