/** One run of the fan-out: so many small records through `exportToS3`, and what they took. */
import { generatedRecords } from '../../src/dev/export-api/samples';
import { batchesSeconds, longestHistories, type LongestHistories } from './histories';
import type { Rig } from './rig';
import { cpuSeconds, watchUsage } from './usage';

const FILE_BYTES = 2_000;
/** Moved before by each worker: loading and compiling code are a part of its start, as they are of other sides'. */
const WARM_UP_RECORDS = 200;

export interface SizeResult {
  readonly records: number;
  readonly seconds: number;
  /** From the first batch's start to the last one's end. */
  readonly childrenSec: number;
  /** Of the run's worker, of processor time for each record. */
  readonly workerCpuMs: number;
  readonly temporalCpuMs: number;
  readonly s3CpuMs: number;
  readonly fileHostCpuMs: number;
  readonly workerRssMib: number;
  readonly longest: LongestHistories;
}

/** `1k` for 1,000. */
export const sizeLabel = (records: number): string => (records % 1_000 === 0 ? `${records / 1_000}k` : `${records}`);

/** With a worker of its own, so that memory is that of this size; it has moved some records before. */
export async function fanoutOf(rig: Rig, records: number): Promise<SizeResult> {
  const { stack, client } = rig;
  const runId = `bench-fanout-${sizeLabel(records)}`;
  const worker = await stack.startWorker();
  const warmUpId = `${runId}-warm-up`;
  const warmUp = await rig.start(warmUpId, generatedRecords(WARM_UP_RECORDS, FILE_BYTES, 'warm-up'), {
    runId: warmUpId,
  });
  await warmUp.result();
  const usage = watchUsage(worker.pid);
  const pids = [stack.temporal.pid, stack.s3.pid, process.pid];
  const before = pids.map(cpuSeconds);
  const startedMs = performance.now();
  const run = await rig.start(runId, generatedRecords(records, FILE_BYTES), { runId });
  await run.result();
  const seconds = (performance.now() - startedMs) / 1000;
  const [temporalCpuMs = 0, s3CpuMs = 0, fileHostCpuMs = 0] = pids.map(
    (pid, n) => ((cpuSeconds(pid) - (before[n] ?? 0)) / records) * 1000,
  );
  const { peakRssMib, cpuSec } = usage.stop();
  await worker.stop();
  return {
    records,
    seconds,
    childrenSec: await batchesSeconds(client, run.workflowId),
    workerCpuMs: (cpuSec / records) * 1000,
    temporalCpuMs,
    s3CpuMs,
    fileHostCpuMs,
    workerRssMib: peakRssMib,
    longest: await longestHistories(client, runId),
  };
}

/** What a record costs in processor time, without the servers that any tool would need. */
export const costMs = ({ workerCpuMs, temporalCpuMs }: SizeResult): number => workerCpuMs + temporalCpuMs;
