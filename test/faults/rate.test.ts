/** A run's limit of bytes per second: over two worker processes, and changed in the middle of large files. */
import { generatedFile } from '../../src/dev/export-api';
import { longhaul } from '../support/longhaul-command';
import { RunHarness } from '../support/run-harness';
import { until } from '../support/until';

const MIB = 2 ** 20;
const LIMIT = 6 * MIB;
/** Of each file one part is asked for at a time, and may lie in the buffers of its connection. */
const PART = 5 * MIB;
const FILES = [1, 2].map((seed) => generatedFile('asset', `large-${seed}.parquet`, 48 * MIB, seed));
let harness: RunHarness;
beforeAll(async () => {
  harness = await RunHarness.start({ env: { LONGHAUL_TRANSFER_SLOTS: '1' } });
  await harness.startWorker({ env: { LONGHAUL_TRANSFER_SLOTS: '1' } });
}, 90_000);
afterAll(() => harness.stop());

it('holds for the run as a whole, and a transfer in the middle of its file hears that it is lifted', async () => {
  const project = await harness.project({
    files: FILES,
    config: { aws: { publish: 'direct' }, transfer: { lanes: 1 } },
  });
  const { api } = project;
  const served = (): number[] => FILES.map((file) => api.requests[api.urlPath('vulnerability', file)]?.bytes ?? 0);
  const sum = (): number => served().reduce((all, bytes) => all + bytes, 0);
  const reach = (bytes: number): Promise<true> =>
    until(() => sum() >= bytes || null, { what: `${bytes / MIB} MiB read`, timeoutMs: 30_000 });

  const handle = await project.start({ set: { 'transfer.max_bytes_per_sec': LIMIT } });
  await reach(1);
  const beganMs = performance.now();
  const began = sum();
  await reach(40 * MIB);
  const seconds = (performance.now() - beganMs) / 1000;
  const read = sum() - began - 2 * PART;
  // Each worker moves one of the files: by itself it would read at the whole limit.
  expect(Math.min(...served())).toBeGreaterThan(2 * PART);
  expect(read / seconds).toBeLessThan(1.1 * LIMIT);
  expect((sum() - began) / seconds).toBeGreaterThan(0.6 * LIMIT);

  const left = FILES.length * 48 * MIB - sum();
  const liftedMs = performance.now();
  const { exitCode, stdout } = await longhaul(harness, 'set-max-bytes-per-sec', handle.workflowId, 'none', '--json');
  expect({ exitCode, reply: JSON.parse(stdout) as unknown }).toMatchObject({
    exitCode: 0,
    reply: { update: 'setMaxBytesPerSec', maxBytesPerSec: null },
  });
  await expect(handle.result()).resolves.toMatchObject({ transferred: 2 });
  expect(performance.now() - liftedMs).toBeLessThan(0.85 * (left / LIMIT) * 1000);
});
