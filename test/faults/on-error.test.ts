/** `transfer.on_error`: what becomes of a run when a record fails for good, and what an operator can do about it. */
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { generatedFile } from '../../src/dev/export-api';
import { RunHarness } from '../support/run-harness';
import { failureOf, untilProgress, type RunHandle } from '../support/run-outcome';
import type { TestProject } from '../support/test-project';

const FILES = [1, 2, 3, 4].map((seed) => generatedFile('asset', `part-${seed}.parquet`, 30_000 * seed, seed));
const [first, bad, alsoBad] = FILES as [(typeof FILES)[0], (typeof FILES)[0], (typeof FILES)[0]];
const good = FILES.filter((file) => file !== bad);
let harness: RunHarness;
beforeAll(async () => {
  harness = await RunHarness.start();
}, 90_000);
afterAll(() => harness.stop());

const makeProject = async (transfer: object, aws: object = {}): Promise<TestProject> => {
  const project = await harness.project({ files: FILES, config: { transfer: { ...transfer }, aws: { ...aws } } });
  await project.plantForeign([project.keyOf(first)]);
  return project;
};
const breakFile = (project: TestProject, file = bad): void =>
  project.api.faults.file({ path: file.path, status: 404, body: '<Error/>', always: true });

const keysAdded = async (project: TestProject, before: { objects: object }): Promise<string[]> =>
  Object.keys((await project.snapshot()).objects).filter((key) => !(key in before.objects));

describe('continue', () => {
  it.each([
    ['a number', 1],
    ['a percentage', '25%'],
  ])('publishes the others where %s tolerates the failure', async (_, tolerated) => {
    const project = await makeProject({ on_error: 'continue', tolerated_failures: tolerated });
    const before = await project.snapshot();
    breakFile(project);
    const result = await project.run();
    expect(result).toMatchObject({ records: 4, transferred: 3, failed: 1 });
    await project.expectByteExact(good);
    const added = [...good.map((file) => project.keyOf(file)), `${project.targetPrefix}/_SUCCESS`];
    expect((await keysAdded(project, before)).sort()).toEqual(added.sort());
    expect((await project.snapshot()).uploads).toEqual(before.uploads);
    const failed = (await project.ledger(result.runId)).filter(({ outcome }) => outcome === 'failed');
    expect(failed).toMatchObject([{ n: 1, bytes: 0, errorCode: 'SourceNotFound' }]);
  });

  it.each([
    ['a number', 1],
    ['a percentage', '40%'],
  ])('publishes nothing (atomic) where more fail than %s tolerates', async (_, tolerated) => {
    const project = await makeProject({ on_error: 'continue', tolerated_failures: tolerated });
    const before = await project.snapshot();
    breakFile(project);
    breakFile(project, alsoBad);
    const failure = await failureOf(await project.start());
    const message = expect.stringMatching(/^2 of 4 records failed; the first: record \d .*SourceNotFound/) as string;
    expect(failure).toMatchObject({ code: 'RecordsFailed', message });
    await project.expectUnchanged(before);
  });

  it('keeps what was moved (direct), says at the end that some failed, and writes no _SUCCESS', async () => {
    const project = await makeProject({ on_error: 'continue' }, { publish: 'direct' });
    const before = await project.snapshot();
    breakFile(project);
    expect(await failureOf(await project.start())).toMatchObject({ code: 'RecordsFailed' });
    await project.expectByteExact(good);
    expect((await keysAdded(project, before)).sort()).toEqual(good.map((file) => project.keyOf(file)).sort());
  });
});

describe.each(['atomic', 'direct'])('wait (publish: %s)', (publish) => {
  async function park(
    broken = [bad],
  ): Promise<{ project: TestProject; before: Awaited<ReturnType<TestProject['snapshot']>>; handle: RunHandle }> {
    const project = await makeProject({ on_error: 'wait' }, { publish });
    const before = await project.snapshot();
    for (const file of broken) breakFile(project, file);
    const handle = await project.start();
    const { failures, actions } = await untilProgress(handle, 'the run to park', ({ stage }) => stage === 'parked');
    expect(failures.map(({ code }) => code)).toEqual(broken.map(() => 'SourceNotFound'));
    expect(actions.join()).toMatch(/retryFailed.*skipRecord.*abort/s);
    return { project, before, handle };
  }

  it('retryFailed moves the failed record alone, once its cause is gone', async () => {
    const { project, before, handle } = await park();
    project.api.faults.clear();
    const reply = await handle.executeUpdate('retryFailed', { args: [{}] });
    expect(reply).toMatchObject({ affected: 1 });
    expect(await handle.result()).toMatchObject({ transferred: 4, failed: 0 });
    await project.expectByteExact();
    for (const file of good) expect(project.api.requests[project.api.urlPath('vulnerability', file)]?.requests).toBe(1);
    expect((await project.snapshot()).uploads).toEqual(before.uploads);
  });

  it('skipRecord gives one up and the run succeeds without it; an order that fits nothing is refused', async () => {
    const { project, before, handle } = await park([bad, alsoBad]);
    await expect(handle.executeUpdate('skipRecord', { args: [{ record: 0 }] })).rejects.toBeInstanceOf(
      WorkflowUpdateFailedError,
    );
    await handle.executeUpdate('skipRecord', { args: [{ record: 1 }] });
    project.api.faults.clear();
    await handle.executeUpdate('retryFailed', { args: [{ records: [2] }] });
    const result = await handle.result();
    expect(result).toMatchObject({ records: 4, transferred: 3, skipped: 1, failed: 0 });
    await project.expectByteExact(good);
    const added = [...good.map((file) => project.keyOf(file)), `${project.targetPrefix}/_SUCCESS`];
    expect((await keysAdded(project, before)).sort()).toEqual(added.sort());
    expect((await project.ledger(result.runId)).filter(({ outcome }) => outcome === 'skipped')).toMatchObject([
      { n: 1, errorCode: 'SourceNotFound' },
    ]);
  });

  it('abort takes back what was moved and says why', async () => {
    const { project, before, handle } = await park();
    await handle.executeUpdate('abort', { args: [{ reason: 'wrong dates' }] });
    const failure = await failureOf(handle);
    expect(failure).toMatchObject({ code: 'RunAborted', message: expect.stringContaining('wrong dates') as string });
    await project.expectUnchanged(before);
    expect(await project.report(failure.details.run ?? '')).toMatchObject({
      outcome: 'failed',
      failure: { code: 'RunAborted' },
    });
  });
});
