/** Traces over OTLP: one run is one trace, from the command line to each request; without a receiver nothing is different. */
import * as path from 'node:path';
import { Worker } from '@temporalio/worker';
import { childEnv } from '../../src/config/environment';
import { generatedFile } from '../../src/dev/export-api';
import { REPOSITORY_ROOT } from '../../src/dev/tools';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../support/otlp-receiver';
import { RunHarness } from '../support/run-harness';
import { runScript, type ScriptResult } from '../support/run-script';
import { uniqueName } from '../support/shared-stack';
import { until } from '../support/until';
import { freePort } from '../support/versitygw';

const MIB = 2 ** 20;
const LARGE = generatedFile('asset', 'large.parquet', 12 * MIB, 1);
const SMALL = generatedFile('asset', 'small.parquet', 30_000, 2);
const FILES = [LARGE, SMALL];
const QUICKLY = { OTEL_BSP_SCHEDULE_DELAY: '200' };
const CLI = path.join(REPOSITORY_ROOT, 'bin', 'longhaul.js');

let receiver: OtlpReceiver;
let env: Record<string, string>;
let harness: RunHarness;
beforeAll(async () => {
  receiver = await startOtlpReceiver();
  env = { ...QUICKLY, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_RESOURCE_ATTRIBUTES: 'team=data' };
  harness = await RunHarness.start({ env });
}, 90_000);
afterAll(async () => {
  await harness.stop();
  await receiver.close();
});

const longhaul = (own: Record<string, string>, ...argv: string[]): Promise<ScriptResult> =>
  runScript([CLI, ...argv], childEnv({ ...harness.cliEnv(), ...own }));

/** All spans of the run's trace, once its own has come: it ends last, but for what follows it in the queue. */
const traceOf = (workflowId: string): Promise<ReceivedSpan[]> =>
  until(
    () => {
      const { spans } = receiver;
      const root = spans.find(
        ({ name, attributes }) => name === 'RunWorkflow:exportToS3' && attributes['temporalWorkflowId'] === workflowId,
      );
      return root === undefined ? null : spans.filter(({ traceId }) => traceId === root.traceId);
    },
    { what: `the trace of ${workflowId}`, timeoutMs: 30_000 },
  );

/** Names from the span up to the root. */
const lineage = (trace: readonly ReceivedSpan[], span: ReceivedSpan): string[] => {
  const above = trace.find(({ spanId }) => spanId === span.parentSpanId);
  return [span.name, ...(above === undefined ? [] : lineage(trace, above))];
};

const one = (trace: readonly ReceivedSpan[], name: string, fits: (span: ReceivedSpan) => boolean = () => true) => {
  const found = trace.find((span) => span.name === name && fits(span));
  if (found === undefined) throw new Error(`no span ${name} among ${trace.map((span) => span.name).join(', ')}`);
  return found;
};

const OF_BATCH = [
  'RunWorkflow:transferBatch',
  'StartChildWorkflow:transferBatch',
  'RunWorkflow:exportToS3',
  'StartWorkflow:exportToS3',
];

it('a run is one trace: command line, run, batch, record, activities, and each request to S3 and the source', async () => {
  const project = await harness.project({ files: FILES });
  const id = uniqueName('traced');
  const { exitCode } = await longhaul(env, 'export', project.name, '--wait', '--workflow-id', id);
  expect(exitCode).toBe(0);
  await project.expectByteExact();
  const trace = await traceOf(id);

  const puts = trace.filter(
    ({ name, attributes }) => name === 'S3.UploadPart' && attributes['aws.s3.key'] === project.keyOf(LARGE),
  );
  expect(puts.map(({ attributes }) => attributes['aws.s3.part_number']).sort()).toEqual([1, 2, 3]);
  const last = one(trace, 'S3.UploadPart', ({ attributes }) => attributes['aws.s3.part_number'] === 3);
  expect(lineage(trace, last)).toEqual([
    'S3.UploadPart',
    'RunActivity:transferParts',
    'StartActivity:transferParts',
    'RunWorkflow:transferRecord',
    'StartChildWorkflow:transferRecord',
    ...OF_BATCH,
  ]);
  expect(last).toMatchObject({
    kind: 3,
    attributes: {
      'rpc.system': 'aws-api',
      'rpc.method': 'UploadPart',
      'http.request.method': 'PUT',
      'http.response.status_code': 200,
      'server.address': '127.0.0.1',
      'aws.s3.bucket': project.bucket,
      'aws.s3.key': project.keyOf(LARGE),
      'aws.s3.upload_id': expect.any(String) as string,
    },
    resource: { 'service.name': 'longhaul', team: 'data' },
  });
  const url = `${project.api.filesUrl}${project.api.urlPath('vulnerability', SMALL)}`;
  const read = one(trace, 'GET', ({ attributes }) => attributes['url.full'] === url);
  expect(lineage(trace, read)).toEqual(['GET', 'RunActivity:openTransfer', 'StartActivity:openTransfer', ...OF_BATCH]);
  expect(read.attributes).toMatchObject({ 'http.request.method': 'GET', 'http.response.status_code': 206 });
  for (const { startTimeUnixNano, endTimeUnixNano } of trace)
    expect(BigInt(endTimeUnixNano) >= BigInt(startTimeUnixNano)).toBe(true);
  // Nothing hangs in the air: every span but the first has its parent here.
  const roots = trace.filter(({ parentSpanId }) => !trace.some(({ spanId }) => spanId === parentSpanId));
  expect(roots.map(({ name }) => name)).toEqual(['StartWorkflow:exportToS3']);

  // Commands are those of a run without traces: such a worker goes on with it.
  const history = await harness.client.workflow.getHandle(id).fetchHistory();
  const codePath = path.join(REPOSITORY_ROOT, 'dist', 'workflow-bundle.js');
  await Worker.runReplayHistory({ workflowBundle: { codePath } }, history, id);
}, 90_000);

it('a run that a schedule or another program starts is a trace too, and log lines carry its ids', async () => {
  const project = await harness.project({ files: FILES });
  const missing = { path: SMALL.path, status: 404, body: '<Error/>', always: true };
  project.api.faults.file(missing);
  const handle = await project.start();
  await expect(handle.result()).rejects.toThrow();
  const trace = await traceOf(handle.workflowId);
  const root = one(trace, 'RunWorkflow:exportToS3');
  expect(root).toMatchObject({ status: { code: 2 } });
  expect(root.parentSpanId ?? '').toBe('');
  const refused = one(trace, 'GET', ({ attributes }) => attributes['http.response.status_code'] === 404);
  expect(refused).toMatchObject({ status: { code: 2 }, attributes: { 'error.type': '404' } });

  const lines = harness
    .logs()
    .split('\n')
    .filter((line) => line.includes(root.traceId));
  const failed = lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .find(({ event }) => event === 'activity_error');
  expect(failed).toMatchObject({ code: 'SourceNotFound', trace_id: root.traceId });
  expect(trace.map(({ spanId }) => spanId)).toContain(failed?.['span_id']);
}, 60_000);

it('with a receiver that is away the run goes on, a command ends as soon, and it is said once', async () => {
  const nobody = { ...QUICKLY, OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}` };
  const other = await RunHarness.start({ env: nobody });
  try {
    const project = await other.project({ files: FILES });
    const argv = [CLI, 'export', project.name, '--wait'];
    expect(await runScript(argv, childEnv({ ...other.cliEnv(), ...nobody }))).toMatchObject({ exitCode: 0 });
    await project.expectByteExact();
    const told = (): number => other.logs().split('"traces_not_sent"').length - 1;
    await until(() => told() > 0, { what: 'a word about the receiver', timeoutMs: 30_000 });
    await project.run();
    expect(told()).toBe(1);
  } finally {
    await other.stop();
  }
}, 90_000);

it('a wrong setting is said at once, and without its value', async () => {
  const wrong = await longhaul({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector-secret' }, 'runs', '--json');
  expect(wrong.exitCode).toBe(3);
  expect(wrong.stderr).toContain('OTEL_EXPORTER_OTLP_ENDPOINT');
  expect(wrong.stderr).not.toContain('collector-secret');
});
