/** The same files through Temporal: one run of `ingestUrls` with its defaults, by a worker that has moved a file before. */
import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { IngestResult } from '../../src/model/ingest-run';
import { TASK_QUEUES, WORKFLOWS } from '../../src/model/names';
import type { CommandCost } from './relay-commands';
import type { RelayJob } from './relay-job';
import { BUCKET, type Rig } from './rig';
import { watchUsage } from './usage';

/** A worker that has just become ready still finishes its start. */
const SETTLE_MS = 3_000;
let runs = 0;

async function run(rig: Rig): Promise<IngestResult> {
  runs += 1;
  return (await rig.client.workflow.execute(WORKFLOWS.ingestUrls, {
    taskQueue: TASK_QUEUES.workflows,
    workflowId: `bench-relay-${runs}`,
    args: [{ bucket: BUCKET, s3PartMb: 16 }],
  })) as IngestResult;
}

const give = (rig: Rig, urls: readonly string[]): Promise<unknown> =>
  rig.s3.send(
    new PutObjectCommand({
      Bucket: BUCKET,
      Key: 'config/parameters.json',
      Body: JSON.stringify({ file_urls: urls }),
    }),
  );

/** From the client's start of the workflow to its result; the CPU is the worker's. */
export async function ingestOnce(rig: Rig, job: RelayJob, bytes: number): Promise<CommandCost> {
  const worker = await rig.stack.startWorker();
  try {
    await give(rig, job.warmUpUrls);
    await run(rig);
    await sleep(SETTLE_MS);
    await give(rig, job.urls);
    const watched = watchUsage(worker.pid);
    const startedMs = performance.now();
    const { summary } = await run(rig);
    const seconds = (performance.now() - startedMs) / 1000;
    const { cpuSec } = watched.stop();
    if (summary.total_bytes !== bytes) throw new Error(JSON.stringify(summary));
    return { cpuSec, seconds };
  } finally {
    await worker.stop();
  }
}
