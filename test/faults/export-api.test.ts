/** Jobs against an export API that behaves as the vendor does on its worse days. */
import { generatedFile } from '../../src/dev/export-api';
import { RunHarness } from '../support/run-harness';
import { failureOf, untilProgress } from '../support/run-outcome';
import type { TestProject } from '../support/test-project';

const FILES = [generatedFile('asset', 'part-0.parquet', 5_000, 1), generatedFile('asset', 'part-1.parquet', 6_000, 2)];
const REMEDIATION = { export: 'remediation', startDate: '2026-01-01', endDate: '2026-01-31' } as const;
let harness: RunHarness;
beforeAll(async () => {
  harness = await RunHarness.start();
}, 90_000);
afterAll(() => harness.stop());

const makeProject = (config: Record<string, Record<string, unknown>> = {}): Promise<TestProject> =>
  harness.project({
    files: FILES,
    api: { files: { vulnerability: FILES, remediation: FILES, policy: FILES } },
    config,
  });

/** Runs to a failure, and requires that the bucket is as it was. */
async function failing(project: TestProject, input = {}): ReturnType<typeof failureOf> {
  await project.plantForeign(FILES.map((file) => project.keyOf(file)));
  const before = await project.snapshot();
  const failure = await failureOf(await project.start(input));
  await project.expectUnchanged(before);
  return failure;
}

const runWith = async (words: readonly string[]): Promise<TestProject> => {
  const project = await makeProject();
  project.api.faults.statuses('vulnerability', words);
  return project;
};

describe('statuses', () => {
  it('each word for success ends in success, whatever came before', async () => {
    const before = [['PENDING'], ['PROCESSING'], ['IN_PROGRESS'], ['DEFROSTING', 'PENDING']];
    const words = ['SUCCEEDED', 'COMPLETE', 'COMPLETED', 'READY'].map((word, n) => [...(before[n] ?? []), word]);
    await Promise.all(
      words.map(async (script) => {
        const project = await runWith(script);
        expect(await project.run()).toMatchObject({ records: 2, transferred: 2 });
        // Once more than there are words: the records are asked for when the manifest is written.
        expect(project.api.operations).toMatchObject({ check: 1, create: 1 });
        expect(project.api.operations.poll).toBeGreaterThanOrEqual(script.length);
        await project.expectByteExact();
      }),
    );
  });

  it('each word for failure ends in ExportFailed that names it, and is not asked again', async () => {
    await Promise.all(
      ['FAILED', 'ERROR', 'CANCELED', 'CANCELLED'].map(async (word) => {
        const project = await runWith(['PENDING', word]);
        const failure = await failing(project);
        expect(failure).toMatchObject({ code: 'ExportFailed', message: expect.stringContaining(word) as string });
        expect(project.api.operations).toMatchObject({ create: 1, poll: 2 });
      }),
    );
  });

  it('never succeeding ends in ExportTimeout with the last status', async () => {
    const project = await makeProject({ api_: { export_timeout_sec: 1 } });
    project.api.faults.statuses('vulnerability', ['PENDING', 'PROCESSING']);
    const message = expect.stringMatching(/after 1 s .*: (PENDING|PROCESSING) \(report: s3:/) as string;
    expect(await failing(project)).toMatchObject({ code: 'ExportTimeout', message });
  });
});

describe('an export that another client has begun', () => {
  it.each(['vulnerability', 'policy'] as const)('is adopted for %s', async (type) => {
    const project = await makeProject();
    const foreign = project.api.startForeignExport(type);
    const handle = await project.start({ export: type });
    await untilProgress(handle, 'the adopted export', ({ exportId, polls }) => exportId === foreign && polls > 1);
    project.api.finishExport(foreign);
    expect(await handle.result()).toMatchObject({ exportId: foreign, records: 2 });
    expect(project.api.stats().exportsCreated).toBe(1);
  });

  it('is waited for and not adopted for remediation, because it may cover other dates', async () => {
    const project = await makeProject();
    const foreign = project.api.startForeignExport('remediation');
    const handle = await project.start(REMEDIATION);
    await untilProgress(handle, 'waiting', ({ exportStatus }) => exportStatus?.includes(foreign) === true);
    project.api.finishExport(foreign);
    const { exportId, records } = await handle.result();
    expect(records).toBe(2);
    expect(exportId).not.toBe(foreign);
    expect(project.api.stats().exportsCreated).toBe(2);
  });
});

describe('an export without files', () => {
  it.each(['empty', 'null'] as const)('is ExportEmpty after some more polls (%s)', async (shape) => {
    const project = await makeProject();
    project.api.faults.resultShape('vulnerability', shape);
    expect(await failing(project)).toMatchObject({ code: 'ExportEmpty' });
    expect(project.api.operations.poll).toBeGreaterThanOrEqual(3);
  });

  it('may only be late in naming them', async () => {
    const project = await makeProject();
    project.api.faults.resultShape('vulnerability', 'null');
    const handle = await project.start();
    await untilProgress(handle, 'an empty poll', ({ exportStatus }) => exportStatus === 'SUCCEEDED');
    project.api.faults.clear();
    expect(await handle.result()).toMatchObject({ records: 2 });
  });

  it('is a success with _SUCCESS for a remediation window in which nothing happened', async () => {
    const project = await makeProject();
    project.api.faults.resultShape('remediation', 'empty');
    const result = await project.run(REMEDIATION);
    expect(result).toMatchObject({ records: 0, objects: 0, bytes: 0 });
    const success: unknown = JSON.parse(await project.text(`${project.targetPrefix}/_SUCCESS`));
    expect(success).toMatchObject({ run: result.runId, records: 0 });
  });

  it('one object instead of a list is taken as a list of one', async () => {
    const project = await makeProject();
    project.api.faults.resultShape('vulnerability', 'object');
    expect(await project.run()).toMatchObject({ records: 2 });
  });
});

describe('bad days', () => {
  it('429 is waited out as long as Retry-After says', async () => {
    const project = await makeProject();
    const waitSec = 3;
    project.api.faults.api({
      on: 'create',
      status: 429,
      headers: { 'Retry-After': String(waitSec) },
      body: 'slow down',
    });
    const startedMs = Date.now();
    await project.run();
    expect(Date.now() - startedMs).toBeGreaterThanOrEqual(waitSec * 1000);
    expect(project.api.operations.create).toBe(2);
  });

  it('gateway errors with HTML pages and broken connections pass', async () => {
    const project = await makeProject();
    const page = { headers: { 'Content-Type': 'text/html' }, body: '<html><h1>Bad Gateway</h1></html>' };
    project.api.faults.api({ on: 'check', status: 502, ...page });
    project.api.faults.api({ on: 'create', status: 503, ...page });
    project.api.faults.api({ on: 'poll', status: 504, ...page });
    project.api.faults.api({ on: 'poll', reset: true });
    await project.run();
    await project.expectByteExact();
    expect(project.api.stats().exportsCreated).toBe(1);
  });

  it('a create whose answer is lost is not created twice: its export is found in progress', async () => {
    const project = await makeProject();
    project.api.faults.statuses('vulnerability', ['PENDING', 'SUCCEEDED']);
    project.api.faults.api({ on: 'create', lostAnswer: true });
    expect(await project.run()).toMatchObject({ records: 2 });
    expect(project.api.stats()).toMatchObject({ exportsCreated: 1, operations: { create: 2 } });
  });

  it('a key that is refused in the middle ends the run at once', async () => {
    const project = await makeProject();
    project.api.faults.api({ on: 'poll', status: 401, body: '{"message":"Unauthorized"}', always: true });
    expect(await failing(project)).toMatchObject({ code: 'ApiUnauthorized' });
    expect(project.api.operations.poll).toBe(1);
  });
});
