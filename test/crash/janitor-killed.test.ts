/** SIGKILL in the middle of a page of the janitor: another worker ends the page, and the count is right. */
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow';
import { snapshotOf } from '../support/bucket-view';
import { plantRun, startJanitor, uploadsUnder } from '../support/janitor-world';
import { RunHarness } from '../support/run-harness';
import { startS3Proxy, type S3Proxy } from '../support/s3-proxy';
import { sharedStack } from '../support/shared-stack';
import { until } from '../support/until';

const ORPHANS = 40;
const BEFORE_THE_KILL = 15;
let harness: RunHarness;
let proxy: S3Proxy;
beforeAll(async () => {
  proxy = await startS3Proxy(sharedStack().s3.endpoint);
  harness = await RunHarness.start();
}, 120_000);
afterAll(async () => {
  await harness.stop();
  await proxy.close();
});

it('counts what was deleted before and after', async () => {
  const project = await harness.project({ files: [], config: { aws: { endpoint: proxy.endpoint } } });
  const keys = Array.from({ length: ORPHANS }, (_, n) => `${project.targetPrefix}/many/${n}`);
  await plantRun(project, { days: 20, keys });
  await uploadsUnder(project, keys, 10);
  // For ever: what reached the store behind the back of the killed worker would be deleted and counted by nobody.
  const never = new Promise<void>(() => undefined);
  proxy.script = ({ operation, nth }) =>
    operation === 'abort' && nth > BEFORE_THE_KILL ? { holdUntil: never } : 'pass';

  const handle = await startJanitor(harness, { project: project.name, delete: true });
  const told = async (): Promise<boolean> => {
    const { raw } = await handle.describe();
    const payloads = raw.pendingActivities?.[0]?.heartbeatDetails?.payloads ?? [];
    const [beat] = await decodeArrayFromPayloads(harness.client.options.loadedDataConverter, payloads);
    return (beat as { checkpoint?: { parts?: number } } | undefined)?.checkpoint?.parts === BEFORE_THE_KILL;
  };
  await until(told, { what: 'a heartbeat that tells of them', timeoutMs: 60_000 });
  await harness.workers.at(-1)?.kill();
  proxy.script = () => 'pass';
  await harness.startWorker();

  const result = await handle.result();
  expect(result.kinds.upload).toEqual({ found: ORPHANS, deleted: ORPHANS, failed: 0 });
  expect((await snapshotOf(harness.s3, project.bucket, project.controlPrefix)).uploads).toEqual([]);
}, 180_000);
