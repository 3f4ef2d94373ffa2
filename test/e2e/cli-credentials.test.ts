/** Credentials that expire in the middle of a run that waits for its operator: it parks, is mended, and goes on where it was. */
import { generatedFile } from '../../src/dev/export-api';
import { longhaul } from '../support/longhaul-command';
import { RunHarness } from '../support/run-harness';
import { untilProgress } from '../support/run-outcome';
import { errorXml, startS3Proxy, type S3Proxy } from '../support/s3-proxy';
import { textOfAll } from '../support/secret-search';
import { uniqueName } from '../support/shared-stack';

const MIB = 2 ** 20;
const SMALL = Array.from({ length: 36 }, (_, n) => generatedFile('asset', `small-${n}.parquet`, 20_000 + n, n));
const LARGE = [50, 51, 52, 53].map((seed) => generatedFile('asset', `large-${seed}.parquet`, 8 * MIB, seed));
/** A large one after every nine small ones. */
const FILES = LARGE.flatMap((large, n) => [...SMALL.slice(n * 9, n * 9 + 9), large]);
const GOOD_UNTIL = Math.round(FILES.length * 0.7);

let harness: RunHarness;
let proxy: S3Proxy;
beforeAll(async () => {
  harness = await RunHarness.start();
  proxy = await startS3Proxy(harness.servers.s3.endpoint);
}, 90_000);
afterAll(async () => {
  await harness.stop();
  await proxy.close();
});

it('expired at 70 %: nothing is given up; mended, it parks with what to do, ends after retry-failed, and moves nothing twice', async () => {
  const project = await harness.project({
    files: FILES,
    config: {
      aws: { endpoint: proxy.endpoint, publish: 'direct' },
      transfer: { on_error: 'wait', page_records: 4, lanes: 1 },
    },
  });
  const keys = new Set<string>();
  let isExpired = false;
  let isMended = false;
  proxy.script = ({ operation, url }) => {
    if (isMended) return 'pass';
    if (operation === 'put' || operation === 'complete') {
      const file = FILES.find((each) => url.pathname.endsWith(`/${project.keyOf(each)}`));
      if (file !== undefined && keys.size >= GOOD_UNTIL) isExpired = true;
      else if (file !== undefined) keys.add(file.path);
    }
    return isExpired ? { status: 400, body: errorXml('ExpiredToken') } : 'pass';
  };
  const id = uniqueName('expired');
  const started = await longhaul(harness, 'export', project.name, '--detach', '--workflow-id', id);
  expect(started).toMatchObject({ exitCode: 0 });
  const handle = harness.client.workflow.getHandle(id);
  // Nothing is given up, neither records nor pages that would be read or written just now; and the cause is said.
  const expired = await untilProgress(handle, 'records that fail', ({ failures }) => failures.length > 0);
  expect(expired.stage).toBe('transferring');
  expect(new Set(expired.failures.map(({ code }) => code))).toEqual(new Set(['CredentialsExpired']));
  expect((await longhaul(harness, 'status', id)).stdout).toContain('Renew or correct them for the worker');
  expect(keys.size).toBeGreaterThanOrEqual(GOOD_UNTIL);
  isMended = true;
  // What was begun is taken back, pages go on by themselves, and what has failed waits for an order.
  const parked = await untilProgress(handle, 'the run to park', ({ stage }) => stage === 'parked', 60_000);
  expect(parked.totals.transferred).toBe(FILES.length - parked.failures.length);

  // What to do is said, as it is typed: in the terminal and in the Web UI.
  const { stdout } = await longhaul(harness, 'status', id);
  const details = textOfAll(await handle.query<unknown>('__temporal_workflow_metadata'));
  for (const text of [stdout, details]) {
    expect(text).toContain('CredentialsExpired');
    expect(text).toContain(`longhaul retry-failed ${id}`);
    expect(text).toContain(`longhaul skip-record ${id} `);
  }

  const asked = (): Record<string, number> =>
    Object.fromEntries(
      FILES.map((file) => [file.path, project.api.requests[project.api.urlPath('vulnerability', file)]?.requests ?? 0]),
    );
  const before = asked();
  const [given] = parked.failures;
  expect(await longhaul(harness, 'skip-record', id, String(given?.n))).toMatchObject({ exitCode: 0 });
  expect(await longhaul(harness, 'retry-failed', id)).toMatchObject({ exitCode: 0 });
  const watched = await longhaul(harness, 'watch', id);
  expect(watched).toMatchObject({ exitCode: 0 });
  expect(watched.stdout).toContain('1 skipped');

  const skipped = FILES[given?.n ?? -1];
  await project.expectByteExact(FILES.filter((file) => file !== skipped));
  const after = asked();
  for (const name of keys) expect({ name, requests: after[name] }).toEqual({ name, requests: before[name] });
  expect(after[skipped?.path ?? '']).toBe(before[skipped?.path ?? '']);
  expect((await project.snapshot()).uploads).toEqual([]);
}, 120_000);
