/** SIGSTOP: a worker that sleeps through its heartbeat timeout wakes up to find its work done, and leaves nothing of its own. */
import { generatedFile } from '../../src/dev/export-api';
import { RunHarness } from '../support/run-harness';
import { until } from '../support/until';
import { startStoppingProxy, type StoppingProxy } from './support/stop-at';

let harness: RunHarness;
let proxy: StoppingProxy;
beforeAll(async () => {
  harness = await RunHarness.start();
  proxy = await startStoppingProxy(harness.servers.s3.endpoint, {
    when: ({ operation, url }) => operation === 'put' && url.pathname.includes('staged/page-00000'),
    moment: 'before',
  });
}, 90_000);
afterAll(async () => {
  await harness.stop();
  await proxy.close();
});

it('takes back the list of uploads that it writes when the run is over', async () => {
  const file = generatedFile('asset', 'small.parquet', 10_000, 1);
  const project = await harness.project({ files: [file], config: { aws: { endpoint: proxy.endpoint } } });
  const [frozen] = harness.workers;
  const handle = await project.start();
  await proxy.reached;
  process.kill(frozen!.pid, 'SIGSTOP');
  await harness.startWorker();
  expect(await handle.result()).toMatchObject({ objects: 1, failed: 0 });
  const staged = async (): Promise<string[]> =>
    Object.keys(await project.controlFiles()).filter((key) => key.includes('/staged/'));
  expect(await staged()).toEqual([]);

  proxy.release();
  await until(async () => (await staged()).length === 1, { what: 'the late list', timeoutMs: 10_000, intervalMs: 2 });
  process.kill(frozen!.pid, 'SIGCONT');
  await until(async () => (await staged()).length === 0, { what: 'no list', timeoutMs: 30_000 });
  await project.expectByteExact();
  expect((await project.snapshot()).uploads).toEqual([]);
}, 180_000);
