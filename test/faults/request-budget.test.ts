/** What one record costs: activities in its batch's history, requests at its source, requests at the store. */
import { generatedFile } from '../../src/dev/export-api';
import { RunHarness } from '../support/run-harness';
import { startS3Proxy, type S3Proxy } from '../support/s3-proxy';

let harness: RunHarness;
let proxy: S3Proxy;
beforeAll(async () => {
  harness = await RunHarness.start();
  proxy = await startS3Proxy(harness.servers.s3.endpoint);
}, 90_000);
afterAll(async () => {
  await proxy.close();
  await harness.stop();
});

const activitiesOf = async (workflowId: string): Promise<string[]> => {
  const { events } = await harness.client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
    scheduled?.activityType?.name === undefined ? [] : [scheduled.activityType.name ?? ''],
  );
};

describe.each([
  ['atomic', ['create', 'part', 'complete']],
  ['direct', ['put']],
])('publish: %s: a record of one part', (publish, operations) => {
  it(`costs one activity, one request at the source and ${operations.length} at the store`, async () => {
    const file = generatedFile('asset', 'part-0.parquet', 70_000, 1);
    const project = await harness.project({ files: [file], config: { aws: { publish, endpoint: proxy.endpoint } } });
    proxy.seen.length = 0;
    const { runId } = await project.run();
    await project.expectByteExact();

    expect(await activitiesOf(`${runId}/batch/0`)).toEqual(['openTransfer', 'stagePage']);
    await expect(activitiesOf(`${runId}/record/0`)).rejects.toThrow(/not found/i);
    const atSource = project.api.requests[project.api.urlPath('vulnerability', file)];
    expect(atSource).toMatchObject({ requests: 1, bytes: 70_000 });
    const atStore = proxy.seen.filter(({ url }) => decodeURIComponent(url.pathname).endsWith(project.keyOf(file)));
    expect(atStore.map(({ operation }) => operation)).toEqual(operations);
    // The promise in the issue: at most 2 activities, and 4 requests (atomic) or 2 (direct) in all.
    expect(1 + atStore.length).toBeLessThanOrEqual(publish === 'atomic' ? 4 : 2);
  });

  it('is published before _SUCCESS, which is the last thing that the run writes', async () => {
    const project = await harness.project({
      config: { aws: { publish, endpoint: proxy.endpoint } },
      files: [generatedFile('asset', 'a.csv', 10, 1)],
    });
    proxy.seen.length = 0;
    await project.run();
    const writes = proxy.seen.filter(({ operation }) => ['put', 'complete', 'delete', 'other'].includes(operation));
    expect(writes.at(-1)?.url.pathname).toBe(`/${project.bucket}/${project.targetPrefix}/_SUCCESS`);
  });
});

describe('a manifest page', () => {
  it.each([
    ['goes along with its batch', 10, 0],
    ['is read by its batch', 11, 1],
  ])('%s: %i records', async (_, records, reads) => {
    const files = Array.from({ length: records }, (_none, n) => generatedFile('asset', `part-${n}.csv`, 10, n));
    const project = await harness.project({ files });
    const { runId } = await project.run();
    await project.expectByteExact();
    const activities = await activitiesOf(`${runId}/batch/0`);
    expect(activities.filter((name) => name === 'readManifestPage')).toHaveLength(reads);
  });
});
