/** A run is cancelled, or aborted by its operator, in each of its stages: it ends soon and leaves nothing. */
import { generatedFile } from '../../src/dev/export-api';
import type { JobProgress } from '../../src/model/run';
import { RunHarness } from '../support/run-harness';
import { failureOf, untilProgress, type RunHandle } from '../support/run-outcome';
import type { TestProject } from '../support/test-project';

const MIB = 2 ** 20;
const LARGE = generatedFile('asset', 'large.parquet', 16 * MIB, 1);
const SMALL = [2, 3, 4].map((seed) => generatedFile('asset', `small-${seed}.parquet`, 40_000, seed));
const [slow, gone] = SMALL as [(typeof SMALL)[0], (typeof SMALL)[0]];
const FOREVER_MS = 600_000;
/** From the request to the end of the run, cleanup and report included. */
const SOON_MS = 12_000;
let harness: RunHarness;
beforeAll(async () => {
  harness = await RunHarness.start();
}, 90_000);
afterAll(() => harness.stop());

interface StageCase {
  readonly name: string;
  /** Holds the run up in the stage. */
  readonly hold: (project: TestProject) => void;
  readonly isThere: (progress: JobProgress, project: TestProject) => boolean;
  readonly onError?: 'wait';
}

const bytesOf = (project: TestProject, file: typeof LARGE): number =>
  project.api.requests[project.api.urlPath('vulnerability', file)]?.bytes ?? 0;

const STAGES: StageCase[] = [
  {
    name: 'preparing',
    hold: ({ api }) => api.faults.api({ on: 'check', delayMs: FOREVER_MS }),
    isThere: ({ stage }, { api }) => stage === 'preparing' && api.operations.check === 1,
  },
  {
    name: 'exporting',
    hold: ({ api }) => api.faults.statuses('vulnerability', ['PENDING', 'IN_PROGRESS']),
    isThere: ({ stage, polls }) => stage === 'exporting' && polls >= 2,
  },
  {
    name: 'exporting, in the middle of a poll',
    hold: ({ api }) => api.faults.api({ on: 'poll', delayMs: FOREVER_MS }),
    isThere: ({ stage }, { api }) => stage === 'exporting' && api.operations.poll === 1,
  },
  {
    name: 'listing',
    hold: ({ api }) => {
      api.faults.statuses('vulnerability', ['SUCCEEDED']);
      api.faults.api({ on: 'poll', delayMs: 1 });
      api.faults.api({ on: 'poll', delayMs: FOREVER_MS });
    },
    isThere: ({ stage }, { api }) => stage === 'listing' && api.operations.poll === 2,
  },
  {
    name: 'transferring, in the middle of a large file',
    hold: ({ api }) => api.faults.file({ path: LARGE.path, atByte: 12 * MIB, stallAfterBytes: 2 * MIB }),
    isThere: ({ totals }, project) => totals.records === 3 && bytesOf(project, LARGE) > 10 * MIB,
  },
  {
    name: 'transferring, in the middle of a small file',
    hold: ({ api }) => api.faults.file({ path: slow.path, stallAfterBytes: 10_000 }),
    isThere: ({ totals }, project) => totals.records === 3 && bytesOf(project, slow) > 0,
  },
  {
    name: 'parked',
    hold: ({ api }) => api.faults.file({ path: gone.path, status: 404, body: '<Error/>', always: true }),
    isThere: ({ stage }) => stage === 'parked',
    onError: 'wait',
  },
];

interface HeldRun {
  readonly project: TestProject;
  readonly before: Awaited<ReturnType<TestProject['snapshot']>>;
  readonly handle: RunHandle;
}

async function holdUp(stage: StageCase, publish: string): Promise<HeldRun> {
  const files = [LARGE, ...SMALL];
  const transfer = stage.onError === undefined ? {} : { on_error: stage.onError };
  // The watchdog must not end what the test holds up.
  const config = { aws: { publish }, transfer: { ...transfer, stall_timeout_sec: 60 } };
  const project = await harness.project({ files, config });
  await project.plantForeign([LARGE, slow].map((file) => project.keyOf(file)));
  const before = await project.snapshot();
  stage.hold(project);
  const handle = await project.start();
  await untilProgress(handle, `the run to be ${stage.name}`, (progress) => stage.isThere(progress, project));
  return { project, before, handle };
}

/** Whoever asks, the end is the same: soon, with nothing left, and free for the next run. */
async function expectCleanEnd(
  stage: StageCase,
  publish: string,
  end: (handle: RunHandle) => Promise<unknown>,
  code: string,
): Promise<void> {
  const { project, before, handle } = await holdUp(stage, publish);
  const askedMs = Date.now();
  await end(handle);
  expect(await failureOf(handle)).toMatchObject({ code });
  expect(Date.now() - askedMs).toBeLessThan(SOON_MS);
  await project.expectUnchanged(before);
  const { status } = await handle.describe();
  expect(status.name).toBe(code === 'Cancelled' ? 'CANCELLED' : 'FAILED');
}

describe.each(['atomic', 'direct'])('publish: %s', (publish) => {
  it.each(STAGES)('cancelled while $name', async (stage) => {
    await expectCleanEnd(stage, publish, (handle) => handle.cancel(), 'Cancelled');
  });

  it('aborted in any stage, and the target is free for the next run', async () => {
    await Promise.all(
      STAGES.map((stage) =>
        expectCleanEnd(
          stage,
          publish,
          (handle) => handle.executeUpdate('abort', { args: [{ reason: 'test' }] }),
          'RunAborted',
        ),
      ),
    );
  });
});

it('a cancelled run is followed by one that succeeds', async () => {
  const { project, before, handle } = await holdUp(STAGES[4]!, 'atomic');
  await handle.cancel();
  expect(await failureOf(handle)).toMatchObject({ code: 'Cancelled' });
  project.api.faults.clear();
  await project.run();
  await project.expectByteExact();
  expect((await project.snapshot()).uploads).toEqual(before.uploads);
});
