/** Two runs of one project at once, and one run id used twice. */
import { generatedFile } from '../../src/dev/export-api';
import { RunHarness } from '../support/run-harness';
import { failureOf, untilProgress } from '../support/run-outcome';
import { uniqueName } from '../support/shared-stack';
import type { TestProject } from '../support/test-project';

const FILES = [1, 2, 3].map((seed) => generatedFile('asset', `part-${seed}.parquet`, 30_000 * seed, seed));
const [held] = FILES as [(typeof FILES)[0]];
let harness: RunHarness;
beforeAll(async () => {
  harness = await RunHarness.start();
}, 90_000);
afterAll(() => harness.stop());

const requestsAtFileHost = (project: TestProject): number =>
  Object.values(project.api.requests).reduce((sum, { requests }) => sum + requests, 0);

describe.each(['atomic', 'direct'])('publish: %s: a second run while the first is under way', (publish) => {
  it.each([
    ['of another run id', false],
    ['of the same run id', true],
  ])(
    '%s fails as TargetBusy that names the first, which goes on unharmed',
    async (_, same) => {
      // A page each: two are staged when the second run comes, which must leave them alone.
      const config = { aws: { publish }, transfer: { page_records: 1 } };
      const project = await harness.project({ files: FILES, config });
      const runId = uniqueName('nightly');
      project.api.faults.file({ path: held.path, stallAfterBytes: 10_000 });
      const first = await project.start({ runId });
      // Two are in; the third is held up in its middle.
      await untilProgress(first, 'two records', ({ totals }) => totals.records === 2);

      const second = await project.start({ runId: same ? runId : `${runId}-2` });
      const failure = await failureOf(second);
      expect(failure).toMatchObject({
        code: 'TargetBusy',
        message: expect.stringContaining(first.workflowId) as string,
      });
      expect(project.api.operations.create).toBe(1);

      project.api.faults.clear();
      expect(await first.result()).toMatchObject({ runId, transferred: 3, objects: 3 });
      await project.expectByteExact();
      expect(await project.report(runId)).toMatchObject({ outcome: 'succeeded' });
      expect((await project.snapshot()).uploads).toEqual([]);
    },
    60_000,
  );
});

describe('the same run id again', () => {
  it('after a success gives the same result and moves nothing', async () => {
    const project = await harness.project({ files: FILES });
    const runId = uniqueName('nightly');
    const result = await project.run({ runId });
    const before = await project.snapshot();
    const requests = requestsAtFileHost(project);
    const again = await project.run({ runId });
    expect({ ...again, seconds: 0 }).toEqual({ ...result, seconds: 0 });
    expect(await project.snapshot()).toEqual(before);
    expect({ requests: requestsAtFileHost(project), created: project.api.operations.create }).toEqual({
      requests,
      created: 1,
    });
  });

  it.each(['atomic', 'direct'])('after a failure runs again, publish: %s', async (publish) => {
    const project = await harness.project({ files: FILES, config: { aws: { publish } } });
    await project.plantForeign([project.keyOf(held)]);
    const before = await project.snapshot();
    const runId = uniqueName('nightly');
    project.api.faults.file({ path: held.path, status: 404, body: '<Error/>' });
    expect(await failureOf(await project.start({ runId }))).toMatchObject({ code: 'SourceNotFound' });
    await project.expectUnchanged(before);
    expect(await project.run({ runId })).toMatchObject({ runId, transferred: 3 });
    await project.expectByteExact();
    const outcomes = (await project.ledger(runId)).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['transferred', 'transferred', 'transferred']);
    expect((await project.snapshot()).uploads).toEqual(before.uploads);
  });
});
