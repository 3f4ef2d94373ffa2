/** No secret and no signed URL anywhere: history, heartbeats, files in the bucket, logs, the Web UI's details. */
import { generatedFile } from '../../src/dev/export-api';
import type { JobProgress } from '../../src/model/run';
import { expireInTheMiddle, slowDown } from '../support/expired-in-the-middle';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver';
import { RunHarness } from '../support/run-harness';
import { failureOf, untilProgress, type RunHandle } from '../support/run-outcome';
import { descriptions, findSecrets, histories, textOfAll, type Exhibit } from '../support/secret-search';
import { uniqueName } from '../support/shared-stack';
import type { TestProject } from '../support/test-project';
import { freePort } from '../support/versitygw';

const MIB = 2 ** 20;
const LARGE = generatedFile('asset', 'large.parquet', 16 * MIB, 1);
const FILES = [LARGE, ...[2, 3].map((seed) => generatedFile('asset', `small-${seed}.parquet`, 40_000, seed))];
let harness: RunHarness;
let receiver: OtlpReceiver;
beforeAll(async () => {
  receiver = await startOtlpReceiver();
  const traces = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_BSP_SCHEDULE_DELAY: '200' };
  harness = await RunHarness.start({ env: { LONGHAUL_LOG_LEVEL: 'DEBUG', ...traces } });
}, 90_000);
afterAll(async () => {
  await harness.stop();
  await receiver.close();
});

const config = {
  transfer: { lanes: 1, page_records: 1, stall_timeout_sec: 60 },
  logging: { level: 'DEBUG' },
};

const idsOf = (project: TestProject, handle: RunHandle, runId: string): string[] => [
  handle.workflowId,
  `longhaul-target/${project.bucket}/${project.targetPrefix}`,
  ...FILES.map((_, n) => `${runId}/batch/${n}`),
  // The large one; the others are activities of their batches.
  `${runId}/record/0`,
];

async function bucketFiles(project: TestProject): Promise<Exhibit[]> {
  const keys = [...Object.keys(await project.controlFiles()), `${project.targetPrefix}/_SUCCESS`];
  return Promise.all(keys.map(async (key): Promise<Exhibit> => [key, await project.text(key).catch(() => '')]));
}

/** All that can be seen of a run at this moment. */
async function exhibitsOf(project: TestProject, handle: RunHandle, runId: string): Promise<Exhibit[]> {
  const ids = idsOf(project, handle, runId);
  const metadata = await handle.query<unknown>('__temporal_workflow_metadata');
  const progress = await handle.query<JobProgress>('progress');
  return [
    ...(await histories(harness.client, ids)),
    ...(await descriptions(harness.client, ids)),
    ...(await bucketFiles(project)),
    ['current details', textOfAll(metadata)],
    ['progress', JSON.stringify(progress)],
    ['worker log', harness.logs()],
    ['traces', receiver.text()],
  ];
}

const SIGNATURE = 'a1'.repeat(32);

/** Faults whose own words hold a signature: a redirect to where nobody answers, an error page that repeats the request. */
async function breakSmallFiles({ api }: TestProject): Promise<void> {
  const nobody = `http://127.0.0.1:${await freePort()}/moved.parquet?X-Amz-Signature=${SIGNATURE}`;
  const page = `<Error><Code>InternalError</Code><Message>GET /?X-Amz-Signature=${SIGNATURE}</Message></Error>`;
  api.faults.file({ path: 'small-2.parquet', redirectTo: nobody });
  api.faults.file({ path: 'small-3.parquet', status: 500, body: page });
}

/** Up to the middle of the large file, after its URL has expired once and been refused. */
async function untilTheMiddle(project: TestProject, handle: RunHandle): Promise<void> {
  const { faults } = project.api;
  slowDown(faults, LARGE.path);
  const path = project.api.urlPath('vulnerability', LARGE);
  await expireInTheMiddle(faults, () => project.api.requests[path]?.bytes ?? 0);
  await untilProgress(handle, 'the other records', ({ totals }) => totals.records === 2);
}

describe.each(['atomic', 'direct'])('a run with expired URLs, publish: %s', (publish) => {
  it.each(['succeeds', 'fails'])(
    'that %s shows no secret',
    async (end) => {
      const project = await harness.project({ files: FILES, config: { ...config, aws: { publish } } });
      const runId = uniqueName('run');
      await breakSmallFiles(project);
      const handle = await project.start({ runId });
      await untilTheMiddle(project, handle);
      const running = await exhibitsOf(project, handle, runId);
      // The hard part of the test: that there is something to look at, and that a secret in it would be seen.
      const staged = running.filter(([place]) => place.includes('/staged/'));
      expect(staged).toHaveLength(2);
      const beats = running.find(([place]) => place === `description of ${runId}/record/0`)?.[1];
      expect(beats).toMatch(/heartbeatDetails[^]*"checkpoint"[^]*"uploadId"/);
      expect(running.find(([place]) => place === 'worker log')?.[1]).toContain(runId);
      const small = FILES.slice(1).map((file) => project.api.requests[project.api.urlPath('vulnerability', file)]);
      expect(small.map((seen) => seen?.statuses)).toMatchObject([{ 307: 1 }, { 500: 1 }]);

      if (end === 'fails') project.api.faults.changeVersion(LARGE.path);
      project.api.faults.clear();
      if (end === 'fails') expect(await failureOf(handle)).toMatchObject({ code: expect.any(String) as string });
      else await handle.result();
      const exhibits = [...running, ...(await exhibitsOf(project, handle, runId))];
      expect(exhibits.filter(([place]) => /report\.(json|txt|html)$|ledger\.ndjson$/.test(place))).toHaveLength(4);

      expect(receiver.text()).toMatch(/"aws\.s3\.upload_id"[^]*"url\.full"|"url\.full"[^]*"aws\.s3\.upload_id"/);
      const { secretAccessKey } = harness.servers.s3;
      const secrets = [project.api.apiKey, secretAccessKey];
      expect(findSecrets(exhibits, secrets)).toEqual([]);

      const signature = 'a1'.repeat(32);
      for (const planted of [...secrets, `?X-Amz-Signature=${signature}`, signature]) {
        const copies = exhibits.map(([place, text], n): Exhibit => [place, n === 3 ? `${text} ${planted} ` : text]);
        expect(findSecrets(copies, secrets)).toHaveLength(1);
      }
    },
    60_000,
  );
});

it('the search sees what is hidden in a payload', () => {
  const event = { attributes: { input: { payloads: [{ data: Buffer.from('{"apiKey":"s3cr3t"}') }] } } };
  expect(findSecrets([['history', textOfAll([event])]], ['s3cr3t'])).toEqual(['history: s3cr3t']);
});
