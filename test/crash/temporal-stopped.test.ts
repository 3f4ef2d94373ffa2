/**
 * The Temporal server is killed in the middle of runs and comes back: runs go on, and what an activity did whose
 * completion nobody heard is found and not done again.
 */
import { generatedFile, type SampleFile } from '../../src/dev/export-api';
import type { Stack } from '../../src/dev/stack';
import { RunHarness } from '../support/run-harness';
import type { RunHandle } from '../support/run-outcome';
import { ownStack } from '../support/shared-stack';
import type { TestProject } from '../support/test-project';
import { until } from '../support/until';
import { enableVersioning, writesByKey } from './support/versions';

const MIB = 2 ** 20;
const PART_BYTES = 5 * MIB;
/** Of workers that are there just before the server goes. */
const ROUNDS = 3;

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

const large = generatedFile('asset', 'large.parquet', 6 * PART_BYTES, 1);
const small = generatedFile('asset', 'small.parquet', 10_000, 2);

interface Held {
  readonly project: TestProject;
  readonly handle: RunHandle;
  readonly file: SampleFile;
}

const servedOf = ({ project, file }: Pick<Held, 'project' | 'file'>): number =>
  project.api.requests[project.api.urlPath('vulnerability', file)]?.bytes ?? 0;

/** A run whose file stops `leftBytes` before its end, until the faults are cleared. */
async function hold(publish: 'atomic' | 'direct', file: SampleFile, leftBytes: number): Promise<Held> {
  const project = await harness.project({ files: [file], config: { aws: { publish } } });
  await enableVersioning(harness.s3, project.bucket);
  const atByte = file.sizeBytes - leftBytes;
  project.api.faults.file({ path: file.path, atByte, stallAfterBytes: atByte % PART_BYTES });
  const handle = await project.start();
  return { project, handle, file };
}

describe('a Temporal server that is killed', () => {
  it('just as activities finish, loses their completions, and nothing is moved or published twice', async () => {
    const held = [
      await hold('atomic', large, 1_000),
      await hold('direct', large, 1_000),
      await hold('atomic', small, 1_000),
      await hold('direct', small, 1_000),
    ];
    // One that is only halfway: it moves on while the server is away.
    const moving = await hold('atomic', large, 3 * PART_BYTES + 1_000);
    const isAtEnd = (each: Held): boolean => servedOf(each) >= each.file.sizeBytes - 1_000;
    await until(() => held.every(isAtEnd), { what: 'all but the last bytes of four files', timeoutMs: 60_000 });
    await until(() => servedOf(moving) > 2 * PART_BYTES, { what: 'half of a file', timeoutMs: 60_000 });

    await stack.temporal.kill();
    const lostBefore = lostCompletions();
    for (const { project } of [...held, moving]) project.api.faults.clear();
    // The worker tries to tell for about ten seconds and then drops it: only then is the completion lost.
    await until(() => lostCompletions() - lostBefore >= held.length + 1, {
      what: 'five completions to be given up',
      timeoutMs: 60_000,
    });
    await stack.temporal.restart();

    for (const each of [...held, moving]) {
      const { project, handle, file } = each;
      const result = await handle.result();
      expect(result).toMatchObject({ objects: 1, failed: 0 });
      await project.expectByteExact();
      // It was run again: the test would prove nothing where the completion had arrived after all.
      expect((await project.ledger(result.runId)).map((line) => line.attempts)).toEqual([2]);
      expect((await project.snapshot()).uploads).toEqual([]);
      const key = project.keyOf(file);
      const writes = await writesByKey(harness.s3, project.bucket, project.targetPrefix, project.controlPrefix);
      expect(writes).toEqual({ [key]: 1, [`${project.targetPrefix}/_SUCCESS`]: 1 });
    }
    // Parts are listed, not read again. A record of one part is read once more, to be compared with what was staged.
    for (const each of [held[0]!, held[1]!, moving]) expect(servedOf(each)).toBe(large.sizeBytes);
    expect(servedOf(held[3]!)).toBe(small.sizeBytes);
    expect(servedOf(held[2]!)).toBeLessThanOrEqual(2 * small.sizeBytes);
  }, 180_000);
});

describe('a worker that has only just begun to poll', () => {
  it('survives a Temporal server that is killed at that moment, and works on when it is back', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const worker = await harness.startWorker();
      const ended: unknown[] = [];
      void worker.exited.then((status) => ended.push(status, worker.recentOutput()));
      await stack.temporal.kill();
      // Its polls have failed, and it has said so: it is not merely slow to notice.
      await until(() => ended.length > 0 || /retried/.test(worker.output()), {
        what: 'polls that fail',
        timeoutMs: 60_000,
      });
      expect(ended).toEqual([]);
      await stack.temporal.restart();
      await Promise.all(harness.workers.filter((each) => each !== worker).map((each) => each.kill()));
      const project = await harness.project({ files: [small] });
      expect(await (await project.start()).result()).toMatchObject({ objects: 1, failed: 0 });
      expect(ended).toEqual([]);
    }
  }, 240_000);
});

/** How often the worker has said that it could not report the end of an activity. */
const lostCompletions = (): number =>
  harness
    .logs()
    .split('\n')
    .filter((line) => /completing activity/i.test(line)).length;
