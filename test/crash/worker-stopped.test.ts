/** SIGTERM: the worker hands its work over and is gone in a moment, and another one moves bytes almost at once. */
import { generatedFile } from '../../src/dev/export-api';
import { RunHarness } from '../support/run-harness';
import { until } from '../support/until';

const MIB = 2 ** 20;
const PART_BYTES = 5 * MIB;
const LANES = 4;
/** 12 parts at four times this: long enough for a worker to stop in the middle on a busy machine. */
const BYTES_PER_SEC = 2 * MIB;

let harness: RunHarness;
beforeAll(async () => {
  harness = await RunHarness.start({ worker: false });
}, 90_000);
afterAll(() => harness.stop());

describe('a worker that gets SIGTERM in the middle of a file', () => {
  it('drains and hands over: the other worker moves bytes within 3 s, and nothing is moved twice but parts in flight', async () => {
    const file = generatedFile('asset', 'large.parquet', 12 * PART_BYTES, 1);
    const project = await harness.project({ files: [file] });
    const path = project.api.urlPath('vulnerability', file);
    const served = () => project.api.requests[path] ?? { requests: 0, bytes: 0, statuses: {} };
    project.api.faults.file({ path, bytesPerSec: BYTES_PER_SEC, always: true });
    await project.plantForeign([project.keyOf(file)]);
    const before = await project.snapshot();

    // The other one takes workflows and calls from the start, but transfers only once the first is told to stop:
    // with both polling nobody could say which of them moves the file.
    const first = await harness.startWorker({ roles: ['transfer'] });
    await harness.startWorker({ roles: ['workflows', 'api'] });
    const handle = await project.start();
    await until(() => served().bytes > 4 * PART_BYTES, { what: 'a third of the file', timeoutMs: 60_000 });
    await harness.startWorker({ roles: ['transfer'] });
    const stoppedMs = performance.now();
    process.kill(first.pid, 'SIGTERM');
    const { code } = await first.exited;
    const goneMs = performance.now() - stoppedMs;
    const requestsThen = served().requests;
    await until(() => served().requests > requestsThen, { what: 'a new request', timeoutMs: 30_000, intervalMs: 5 });
    const bytesThen = served().bytes;
    await until(() => served().bytes > bytesThen, { what: 'new bytes', timeoutMs: 30_000, intervalMs: 5 });
    const resumedMs = performance.now() - stoppedMs;
    project.api.faults.clear();

    const result = await handle.result();
    expect(code).toBe(0);
    expect(goneMs).toBeLessThan(2_000);
    expect(resumedMs).toBeLessThan(3_000);
    expect(served().bytes - file.sizeBytes).toBeLessThanOrEqual(LANES * PART_BYTES);
    expect(result.resentBytes).toBeLessThanOrEqual(LANES * PART_BYTES);
    await project.expectByteExact();
    expect((await project.snapshot()).uploads).toEqual(before.uploads);
    expect(first.output()).toContain('"event":"worker_stopped"');
  }, 120_000);
});
