/** Records whose source misbehaves while they are moved. */
import { generatedFile } from '../../src/dev/export-api';
import { RunHarness, type ProjectOptions } from '../support/run-harness';
import { failureOf, untilProgress } from '../support/run-outcome';
import type { TestProject } from '../support/test-project';
import { until } from '../support/until';

const MIB = 2 ** 20;
const LARGE = generatedFile('asset', 'large.parquet', 18 * MIB, 1);
const SMALL = [2, 3, 4, 5].map((seed) => generatedFile('asset', `small-${seed}.parquet`, 40_000, seed));
const FILES = [LARGE, ...SMALL];
let harness: RunHarness;
beforeAll(async () => {
  harness = await RunHarness.start();
}, 90_000);
afterAll(() => harness.stop());

const makeProject = (options: ProjectOptions = {}): Promise<TestProject> =>
  harness.project({ files: FILES, ...options });

/** Slow enough that something can happen in the middle of it, once its first part is there. */
const MIDDLE_BYTES_PER_SEC = 12 * MIB;
/** One part after the other, so that there are parts to come. */
const ONE_LANE = { lanes: 1 };

async function inTheMiddle(project: TestProject): Promise<void> {
  const path = project.api.urlPath('vulnerability', LARGE);
  const reached = (): boolean => (project.api.requests[path]?.bytes ?? 0) > 6 * MIB;
  await until(reached, { what: 'the middle of the large file', timeoutMs: 30_000 });
}

describe('what passes gives the same bytes', () => {
  it('URLs that expire in the middle are asked for again', async () => {
    const project = await makeProject({ config: { transfer: ONE_LANE } });
    project.api.faults.file({ path: LARGE.path, bytesPerSec: MIDDLE_BYTES_PER_SEC, always: true });
    const handle = await project.start();
    await inTheMiddle(project);
    const pollsBefore = project.api.operations.poll;
    project.api.faults.expireUrls();
    await handle.result();
    await project.expectByteExact();
    const path = project.api.urlPath('vulnerability', LARGE);
    expect(project.api.requests[path]?.statuses).toMatchObject({ 403: expect.any(Number) as number });
    expect(project.api.operations.poll).toBeGreaterThan(pollsBefore);
    expect(project.api.apiKeySeenAtFileHost).toBe(false);
  });

  it('URLs that live shorter than a transfer takes', async () => {
    const project = await makeProject({ api: { urlLifetimeMs: 700 }, config: { transfer: ONE_LANE } });
    project.api.faults.file({ path: LARGE.path, bytesPerSec: MIDDLE_BYTES_PER_SEC, always: true });
    await project.run();
    await project.expectByteExact();
    const seen = project.api.requests[project.api.urlPath('vulnerability', LARGE)];
    expect(seen?.statuses).toMatchObject({ 403: expect.any(Number) as number });
  });

  it('redirects, cut bodies, short bodies, resets and server errors', async () => {
    const project = await makeProject();
    const { faults } = project.api;
    const [redirected, cut, short, reset] = SMALL;
    faults.file({ path: redirected!.path, redirectTo: 'self' });
    faults.file({ path: cut!.path, cutAfterBytes: 20_000, times: 2 });
    faults.file({ path: short!.path, cutAfterBytes: 0 });
    faults.file({ path: reset!.path, reset: true });
    faults.file({ path: LARGE.path, atByte: 7 * MIB, cutAfterBytes: 1_000_000 });
    faults.file({ path: LARGE.path, atByte: 12 * MIB, status: 503, headers: { 'Retry-After': '0' } });
    await project.run();
    await project.expectByteExact();
    const seen = project.api.requests[project.api.urlPath('vulnerability', redirected!)];
    expect(seen?.statuses).toMatchObject({ 307: 1 });
  });
});

describe.each(['atomic', 'direct'] as const)('publish: %s: what does not pass', (publish) => {
  const start = async (): Promise<TestProject> => makeProject({ config: { aws: { publish }, transfer: ONE_LANE } });

  /** Foreign uploads under the very keys; yesterday's objects too, where the run promises to leave them (atomic). */
  async function plant(project: TestProject): Promise<Awaited<ReturnType<TestProject['snapshot']>>> {
    const keys = FILES.map((file) => project.keyOf(file));
    await project.plantForeign(keys.slice(0, 2), publish === 'atomic' ? keys : []);
    return project.snapshot();
  }

  it('one file of many is gone: nothing is published, the rest is taken back', async () => {
    const project = await start();
    const before = await plant(project);
    project.api.faults.file({
      path: SMALL[3]!.path,
      status: 404,
      body: '<Error><Code>NoSuchKey</Code></Error>',
      delayMs: 700,
    });
    project.api.faults.file({ path: LARGE.path, bytesPerSec: 20 * MIB, always: true });
    const failure = await failureOf(await project.start());
    expect(failure).toMatchObject({
      code: 'SourceNotFound',
      message: expect.stringContaining(SMALL[3]!.path) as string,
      details: { cleanup: { problems: [], moreProblems: 0 } },
    });
    await project.expectUnchanged(before);
    const { run = '' } = failure.details;
    const report = await project.report(run);
    expect(report).toMatchObject({
      outcome: 'failed',
      failure: { code: 'SourceNotFound' },
      cleanup: failure.details.cleanup,
    });
    const outcomes = (await project.ledger(run)).map(({ outcome }) => outcome).sort();
    expect(outcomes).toEqual(['aborted', 'aborted', 'aborted', 'aborted', 'failed']);
  });

  it('the source changes in the middle: SourceChanged, and no byte of the mix is published', async () => {
    const project = await start();
    const before = await plant(project);
    project.api.faults.file({ path: LARGE.path, bytesPerSec: MIDDLE_BYTES_PER_SEC, always: true });
    const handle = await project.start();
    await inTheMiddle(project);
    project.api.faults.changeVersion(LARGE.path);
    const failure = await failureOf(handle);
    expect(failure).toMatchObject({ code: 'SourceChanged', message: expect.stringContaining(LARGE.path) as string });
    await project.expectUnchanged(before);
  });
});

it('a source at a private address is refused unless the project names it', async () => {
  const project = await makeProject({ config: { transfer: { allowed_hosts: ['files.example.com'] } } });
  const before = await project.snapshot();
  const failure = await failureOf(await project.start());
  expect(failure).toMatchObject({ code: 'AddressRefused', message: expect.stringContaining('127.0.0.1') as string });
  await project.expectUnchanged(before);
  expect(Object.keys(project.api.requests)).toEqual([]);
});

it('a changed source is moved whole, in its new version, when the operator retries it', async () => {
  const project = await makeProject({ config: { transfer: { ...ONE_LANE, on_error: 'wait' } } });
  project.api.faults.file({ path: LARGE.path, bytesPerSec: MIDDLE_BYTES_PER_SEC, always: true });
  const handle = await project.start();
  await inTheMiddle(project);
  project.api.faults.changeVersion(LARGE.path);
  const { failures } = await untilProgress(handle, 'the run to park', ({ stage }) => stage === 'parked');
  expect(failures).toMatchObject([{ code: 'SourceChanged' }]);
  project.api.faults.clear();
  await handle.executeUpdate('retryFailed', { args: [{}] });
  expect(await handle.result()).toMatchObject({ transferred: 5, failed: 0 });
  await project.expectByteExact(FILES, (file) => (file === LARGE ? 2 : 1));
});
