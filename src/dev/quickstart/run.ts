/** The quickstart's story, step by step. */
import { Client, Connection } from '@temporalio/client';
import { LonghaulError } from '../../model/errors';
import { type ExportResult } from '../../model/export-run';
import { MESSAGES, type JobProgress } from '../../model/run';
import { TASK_QUEUES, WORKFLOWS } from '../../model/names';
import { clientDataConverter } from '../../ops/data-converter';
import { SAMPLE_PROJECT } from '../sample-config';
import { SAMPLE_TARGET_BUCKET } from '../seed';
import { startStack, type Stack } from '../stack';
import { compareEverything } from './compare';
import { largeFileOf, partsInBucket, until } from './large-file';

export interface QuickstartOptions {
  readonly keep: boolean;
  readonly say: (line: string) => void;
}

/**
 * Per request of the large file: slow enough for the kill to hit its middle on any machine, and for a person to see it.
 * Four lanes make four times this.
 */
const LARGE_FILE_BYTES_PER_SEC = 24 * 2 ** 20;
const RUN_TIMEOUT_MS = 120_000;

/** Throws VerificationFailed where any byte differs, or whatever the run fails with. */
export async function runQuickstart({ keep, say }: QuickstartOptions): Promise<void> {
  const startedMs = Date.now();
  const step = (text: string): void => say(`[${((Date.now() - startedMs) / 1000).toFixed(1).padStart(5)} s] ${text}`);
  const stack = await startStack({ onProgress: step });
  const interrupted = new Promise<void>((resolve) => process.once('SIGINT', resolve));
  try {
    step('Starting a worker');
    const first = await stack.startWorker();
    const { address, namespace } = stack.temporal;
    const connection = await Connection.connect({ address });
    try {
      await tell(stack, new Client({ connection, namespace, dataConverter: clientDataConverter() }), first, step, say);
    } finally {
      await connection.close();
    }
    if (keep) {
      say('\nThe stack keeps running; Ctrl-C stops it.');
      await interrupted;
    }
  } finally {
    await stack.stop();
  }
}

async function tell(
  stack: Stack,
  client: Client,
  first: { readonly pid: number; kill(): Promise<void> },
  step: (text: string) => void,
  say: (line: string) => void,
): Promise<void> {
  const large = largeFileOf(stack);
  stack.exportApi.faults.file({ path: large.file.path, bytesPerSec: LARGE_FILE_BYTES_PER_SEC, always: true });
  const workflowId = `export-${SAMPLE_PROJECT}-quickstart`;
  const handle = await client.workflow.start(WORKFLOWS.exportToS3, {
    taskQueue: TASK_QUEUES.workflows,
    workflowId,
    args: [{ project: SAMPLE_PROJECT }],
    staticSummary: 'Quickstart: the sample export lands in S3',
  });
  const uiUrl = `${stack.temporal.uiUrl}/namespaces/${stack.temporal.namespace}/workflows/${workflowId}`;
  step(`Started exportToS3 for project "${SAMPLE_PROJECT}": ${uiUrl}`);

  const total = Math.ceil(large.file.sizeBytes / 2 ** 20);
  const partsBefore = await until(async () => {
    const parts = await partsInBucket(stack, large.key);
    return parts.bytes >= large.file.sizeBytes / 3 ? parts : null;
  }, RUN_TIMEOUT_MS);
  step(
    `${mib(partsBefore.bytes)} of ${total} MiB of ${large.key} are in S3: killing the worker (SIGKILL, pid ${first.pid})`,
  );
  await first.kill();
  const atKill = await partsInBucket(stack, large.key);
  const servedAtKill = stack.exportApi.requests[large.path]?.bytes ?? 0;
  const killedMs = Date.now();
  const second = await stack.startWorker();
  step(`Started another worker (pid ${second.pid}); it goes on when the heartbeat timeout (10 s) has passed`);

  await until(
    () => Promise.resolve((stack.exportApi.requests[large.path]?.bytes ?? 0) > servedAtKill ? true : null),
    RUN_TIMEOUT_MS,
  );
  step(
    `Bytes move again ${((Date.now() - killedMs) / 1000).toFixed(1)} s after the kill, from part ${atKill.count + 1} on`,
  );
  const result = (await handle.result()) as ExportResult;
  const progress = await handle.query<JobProgress>(MESSAGES.progress);
  step(`Run ${progress.stage}: ${result.objects} objects`);

  step('Comparing every object with its source, byte for byte');
  const compared = await compareEverything(stack, SAMPLE_TARGET_BUCKET, result.report);
  const readAgain = (stack.exportApi.requests[large.path]?.bytes ?? 0) - large.file.sizeBytes;
  const rows: [string, string][] = [
    ['records', String(result.records)],
    ['objects', `${result.objects} (${result.transferred} transferred, ${result.copied} copied server-side)`],
    ['bytes', `${result.bytes} (${mib(result.bytes)} MiB)`],
    ['seconds', result.seconds.toFixed(1)],
    ['sent again after SIGKILL', `${mib(readAgain)} MiB of ${total} MiB (parts that were in flight)`],
    ['verified', `${compared.objects} objects, ${mib(compared.bytes)} MiB, byte for byte`],
    ['left behind', `${compared.openUploads} open uploads`],
  ];
  say('');
  for (const [name, value] of rows) say(`  ${name.padEnd(26)}${value}`);
  if (compared.openUploads > 0)
    throw new LonghaulError('VerificationFailed', `${compared.openUploads} multipart uploads were left open`);
  say('');
  say(`  Web UI  ${stack.temporal.uiUrl}  (while the stack runs: npm run quickstart -- --keep)`);
  say('');
  say('Try next:');
  say('  npx longhaul dev                                    # the same stack, until Ctrl-C');
  say('  npx longhaul export sample --wait                   # in another shell, with the variables that dev prints');
  say(`  npx longhaul export sample --set aws.publish=direct # each object visible as soon as it is there`);
}

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
