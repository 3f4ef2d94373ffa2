/** The S3 server is away for half a minute in the middle of a run: the run waits for it and ends right. */
import { setTimeout as sleep } from 'node:timers/promises';
import { generatedFile } from '../../src/dev/export-api';
import type { Stack } from '../../src/dev/stack';
import { RunHarness } from '../support/run-harness';
import { ownStack } from '../support/shared-stack';
import { until } from '../support/until';

const MIB = 2 ** 20;
const PART_BYTES = 5 * MIB;
const OUTAGE_MS = 30_000;

let stack: Stack;
let harness: RunHarness;
beforeAll(async () => {
  stack = await ownStack();
  harness = await RunHarness.start({ servers: stack.describe() });
}, 120_000);
afterAll(async () => {
  await harness.stop();
  await stack.stop();
});

describe('an S3 server that is killed in the middle of a run and comes back 30 s later', () => {
  it('costs the run that time and nothing else, in both modes', async () => {
    const files = [
      generatedFile('asset', 'large.parquet', 12 * PART_BYTES, 1),
      generatedFile('asset', 'small.parquet', 10_000, 2),
    ];
    const [large] = files as [(typeof files)[0]];
    const projects = await Promise.all(
      (['atomic', 'direct'] as const).map((publish) => harness.project({ files, config: { aws: { publish } } })),
    );
    const befores = await Promise.all(projects.map((project) => project.snapshot()));
    for (const { api } of projects) api.faults.file({ path: large.path, bytesPerSec: 3 * MIB, always: true });
    const handles = await Promise.all(projects.map((project) => project.start()));
    const path = '/vulnerability/asset/large.parquet';
    const isUnderWay = (): boolean => projects.every(({ api }) => (api.requests[path]?.bytes ?? 0) > 4 * PART_BYTES);
    await until(isUnderWay, { what: 'a third of both files', timeoutMs: 60_000 });

    await stack.s3.kill();
    // The length of the outage is the input of this test.
    await sleep(OUTAGE_MS);
    await stack.s3.restart();
    for (const { api } of projects) api.faults.clear();

    for (const [n, project] of projects.entries()) {
      const result = await handles[n]!.result();
      expect(result).toMatchObject({ objects: 2, failed: 0 });
      await project.expectByteExact();
      expect((await project.snapshot()).uploads).toEqual(befores[n]!.uploads);
      // What was read before the outage was kept in memory until the store took it.
      expect((project.api.requests[path]?.bytes ?? 0) - large.sizeBytes).toBeLessThanOrEqual(4 * PART_BYTES);
    }
  }, 180_000);
});
