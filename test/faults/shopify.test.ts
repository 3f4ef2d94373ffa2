/** exportToS3 from Shopify's bulk operations, on a sample that keeps their contract. */
import { expectedContent, generatedFile } from '../../src/dev/export-api';
import { startShopifyServer, type ShopifyServer } from '../../src/dev/sample-vendors/shopify-server';
import { digestOf, listObjects, objectDigest } from '../support/bucket-view';
import { RunHarness } from '../support/run-harness';
import { failureOf, untilProgress } from '../support/run-outcome';
import { uniqueName } from '../support/shared-stack';
import type { TestProject } from '../support/test-project';
import { expectNoSecrets, expireDuring } from '../support/vendor-run';

const MIB = 2 ** 20;
const FILE = generatedFile('outputs', 'l6lersgk4i81iqc3n6iisywwtipb-final', 16 * MIB, 1);
let harness: RunHarness;
let server: ShopifyServer;

beforeAll(async () => {
  server = await startShopifyServer({ files: [FILE] });
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
      api_: { provider: 'shopify', endpoint: server.endpoint, api_key: server.apiKey },
      shopify: { query: '{ products { edges { node { id } } } }', dataset: 'products' },
      transfer: { lanes: 1, allowed_hosts: ['127.0.0.1'] },
      aws,
    },
  });

it.each(['atomic', 'direct'])(
  'waits for an operation that is not ours, and survives a URL that expires in the middle, publish: %s',
  async (publish) => {
    const project = await projectOf({ publish });
    const runId = uniqueName('run');
    server.jobs.script(['RUNNING']);
    const foreign = server.jobs.create(
      '{ orders { edges { node { id } } } }',
      `gid://shopify/BulkOperation/${publish}`,
    );
    const handle = await expireDuring(server, FILE, async () => {
      const started = await project.start({ runId });
      await untilProgress(started, 'waiting', ({ exportStatus }) => exportStatus?.includes(foreign.id) === true);
      server.points.set(-50);
      server.jobs.end(foreign.id, 'COMPLETED');
      return started;
    });
    expect(await handle.result()).toMatchObject({ records: 1, transferred: 1 });

    const key = `${project.targetPrefix}/products/products.jsonl`;
    expect(await objectDigest(harness.s3, project.bucket, key)).toEqual(await digestOf(expectedContent(FILE)));
    const { workflowId } = handle;
    const shown = ['Shopify bulk operation of products', server.urlPath(FILE)];
    await expectNoSecrets(server, project, { workflowId, runId, records: 1 }, shown);
  },
  120_000,
);

it('an operation that fails fails the run, and the bucket is as it was', async () => {
  const project = await projectOf();
  const before = await project.snapshot();
  server.jobs.script(['RUNNING', 'FAILED']);
  expect(await failureOf(await project.start())).toMatchObject({
    code: 'ExportFailed',
    message: expect.stringContaining('FAILED (TIMEOUT)') as string,
  });
  await project.expectUnchanged(before);
}, 60_000);

it('a query that finds nothing is a run without records', async () => {
  const project = await projectOf();
  server.files = [];
  try {
    expect(await project.run()).toMatchObject({ records: 0, objects: 0 });
    expect(Object.keys(await listObjects(harness.s3, project.bucket, `${project.targetPrefix}/products`))).toEqual([]);
  } finally {
    server.files = [FILE];
  }
}, 60_000);
