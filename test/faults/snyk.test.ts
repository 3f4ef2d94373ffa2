/** exportToS3 from Snyk's Export API, on a sample that keeps its contract. */
import { generatedFile } from '../../src/dev/export-api';
import { startSnykServer, type SnykServer } from '../../src/dev/sample-vendors/snyk-server';
import { RunHarness } from '../support/run-harness';
import { failureOf } from '../support/run-outcome';
import { uniqueName } from '../support/shared-stack';
import type { TestProject } from '../support/test-project';
import { expectNoSecrets, expireDuring } from '../support/vendor-run';

const MIB = 2 ** 20;
const LARGE = generatedFile('issues', 'part-0.csv', 16 * MIB, 1);
const FILES = [LARGE, generatedFile('issues', 'part-1.csv', 5_000, 2)];
let harness: RunHarness;
let server: SnykServer;

beforeAll(async () => {
  server = await startSnykServer({ files: FILES });
  harness = await RunHarness.start({ env: { LONGHAUL_LOG_LEVEL: 'DEBUG' } });
}, 120_000);
afterEach(() => server.faults.clear());
afterAll(async () => {
  await harness.stop();
  await server.close();
});

const projectOf = (aws: Record<string, unknown> = {}): Promise<TestProject> =>
  harness.project({
    config: {
      api_: { provider: 'snyk', endpoint: server.endpoint, api_key: server.apiKey },
      snyk: { group_id: server.groupId },
      transfer: { lanes: 1, allowed_hosts: ['127.0.0.1'] },
      aws,
    },
  });

it.each(['atomic', 'direct'])(
  'an export whose URLs expire in the middle of a file, publish: %s',
  async (publish) => {
    const project = await projectOf({ publish });
    const runId = uniqueName('run');
    server.faults.api({ on: 'create', status: 429, headers: { 'retry-after': '1' } });
    const handle = await expireDuring(server, LARGE, () => project.start({ runId }));
    expect(await handle.result()).toMatchObject({ records: 2, transferred: 2 });
    await project.expectByteExact(FILES);
    const { workflowId } = handle;
    const shown = ['Snyk export of issues', server.urlPath(LARGE)];
    await expectNoSecrets(server, project, { workflowId, runId, records: FILES.length }, shown);
  },
  120_000,
);

it('an export that ends in ERROR fails the run, and the bucket is as it was', async () => {
  const project = await projectOf();
  const before = await project.snapshot();
  server.jobs.script(['PENDING', 'ERROR']);
  expect(await failureOf(await project.start())).toMatchObject({
    code: 'ExportFailed',
    message: expect.stringContaining('ERROR: the query took too long') as string,
  });
  await project.expectUnchanged(before);
}, 60_000);

it('a window with nothing in it is a run without records', async () => {
  const project = await projectOf();
  server.files = [];
  try {
    expect(await project.run()).toMatchObject({ records: 0, objects: 0 });
  } finally {
    server.files = FILES;
  }
}, 60_000);
