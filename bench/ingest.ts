/**
 * `ingestUrls` with its default settings against a Python script that does the same with aiohttp and boto3: processor time
 * per GiB, and resident memory above what the worker takes when idle. Rounds alternate; figures are medians. Then the
 * worker is killed in the middle of one large file: bytes read and sent again are held against the parts in flight.
 */
import { rmSync } from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { childEnv } from '../src/config/environment';
import { until } from '../src/dev/wait';
import type { IngestResult } from '../src/model/ingest-run';
import { TASK_QUEUES, WORKFLOWS } from '../src/model/names';
import { bench } from './lib/bench';
import { startCountingProxy } from './lib/counting-proxy';
import { startFileServer } from './lib/file-server';
import { median } from './lib/median';
import { withPython, type PythonPeer } from './lib/python-peer';
import { BUCKET, withRig, type Rig } from './lib/rig';
import { rssMib, watchUsage } from './lib/usage';

const MIB = 2 ** 20;
const FILES = 4;
/** The defaults of CONCURRENCY, S3_PART_MB and HTTP_CHUNK_KB, which the script is given too. */
const CONCURRENCY = 2;
const PART_MIB = 50;
const CHUNK_KIB = 1024;
/** Parts of one file at once. */
const LANES = 2;
const TIMEOUT_MS = 300_000;
/** Two parts of each file at once, and what the heap and the connections take beside. */
const MAX_GROWTH_MIB = CONCURRENCY * 2 * PART_MIB + 100;
/** A worker that has just become ready still gives memory back from its start. */
const SETTLE_MS = 3_000;

interface Cost {
  readonly cpuSec: number;
  readonly seconds: number;
  readonly growthMib: number;
}

interface Files {
  /** Of each. */
  readonly sizeBytes: number;
  readonly urls: readonly string[];
  readonly warmUp: string;
}

void bench('ingest', { mib: 1024, rounds: 3, killed: 4096 }, ({ options, say }) =>
  withPython(say, (python) =>
    withRig(say, async (rig) => {
      const sizeBytes = Math.floor((options.mib / FILES) * MIB);
      const server = await startFileServer(sizeBytes);
      const urls = Array.from({ length: FILES }, (_, n) => `${server.origin}/file-${n}.csv`);
      const files = { sizeBytes, urls, warmUp: `${server.origin}/small/warm.csv` };
      const ours: Cost[] = [];
      const theirs: Cost[] = [];
      try {
        for (let round = 1; round <= options.rounds; round += 1) {
          ours.push(await ingest(rig, files, round));
          theirs.push(await script(rig, python, files));
          const text = ({ cpuSec, seconds }: Cost): string =>
            `${cpuSec.toFixed(2)} s of CPU in ${seconds.toFixed(1)} s`;
          say(`Round ${round}: ingestUrls ${text(ours.at(-1) as Cost)}, aiohttp ${text(theirs.at(-1) as Cost)}`);
        }
      } finally {
        await server.close();
      }
      const killed = await kill(rig, options.killed, say);
      const gib = (sizeBytes * FILES) / 1024 ** 3;
      const of = (costs: readonly Cost[], value: (cost: Cost) => number): number => median(costs.map(value));
      const cpu = of(ours, ({ cpuSec }) => cpuSec);
      const peerCpu = of(theirs, ({ cpuSec }) => cpuSec);
      return {
        figures: {
          cpu_vs_aiohttp: cpu / peerCpu,
          rss_growth_mib: of(ours, ({ growthMib }) => growthMib),
          cpu_s_per_gib: cpu / gib,
          cpu_s_per_gib_aiohttp: peerCpu / gib,
          resent_vs_inflight: killed,
          mib_per_s: (gib * 1024) / of(ours, ({ seconds }) => seconds),
          mib_per_s_aiohttp: (gib * 1024) / of(theirs, ({ seconds }) => seconds),
        },
        goals: {
          cpu_vs_aiohttp: { max: 0.6 },
          rss_growth_mib: { max: MAX_GROWTH_MIB },
          resent_vs_inflight: { max: 1 },
        },
      };
    }),
  ),
);

const empty = (rig: Rig): void => {
  for (const name of ['raw', 'peer', '.sgwtmp'])
    rmSync(path.join(rig.stack.s3.dataDir, BUCKET, name), { recursive: true, force: true });
};

async function run(rig: Rig, urls: readonly string[], workflowId: string): Promise<IngestResult> {
  const Body = JSON.stringify({ file_urls: urls });
  await rig.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'config/parameters.json', Body }));
  return (await rig.client.workflow.execute(WORKFLOWS.ingestUrls, {
    taskQueue: TASK_QUEUES.workflows,
    workflowId,
    args: [{ bucket: BUCKET }],
  })) as IngestResult;
}

/** One run by a worker of its own, so that no round starts from another one's peak. */
async function ingest(rig: Rig, files: Files, round: number): Promise<Cost> {
  const worker = await rig.stack.startWorker();
  // Compiling code on its first use is of the process, not of a GiB: each side moves a small file before.
  await run(rig, [files.warmUp], `bench-ingest-${round}-warm`);
  await sleep(SETTLE_MS);
  const idleMib = rssMib(worker.pid);
  const watched = watchUsage(worker.pid);
  const startedMs = performance.now();
  const result = await run(rig, files.urls, `bench-ingest-${round}`);
  const seconds = (performance.now() - startedMs) / 1000;
  const usage = watched.stop();
  await worker.stop();
  empty(rig);
  const { successful, total_bytes: bytes } = result.summary;
  if (successful !== FILES || bytes !== files.sizeBytes * FILES) throw new Error(JSON.stringify(result));
  return { cpuSec: usage.cpuSec, seconds, growthMib: usage.peakRssMib - idleMib };
}

async function script(rig: Rig, python: PythonPeer, files: Files): Promise<Cost> {
  const { endpoint, region, accessKeyId, secretAccessKey } = rig.stack.s3;
  const job = {
    urls: files.urls,
    warmUpUrls: [files.warmUp],
    bucket: BUCKET,
    prefix: 'peer/',
    endpoint,
    concurrency: CONCURRENCY,
    partBytes: PART_MIB * MIB,
    chunkBytes: CHUNK_KIB * 1024,
  };
  const env = childEnv({
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_DEFAULT_REGION: region,
    AWS_PROFILE: undefined,
    AWS_SESSION_TOKEN: undefined,
  });
  const usage = await python.measure('ingest_aiohttp.py', job, env);
  empty(rig);
  return { cpuSec: usage.cpuSec, seconds: usage.seconds, growthMib: usage.peakRssMib };
}

/** SIGKILL in the middle of one large file; answers what was read or sent again as a share of the parts in flight. */
async function kill(rig: Rig, sizeMib: number, say: (line: string) => void): Promise<number> {
  const sizeBytes = Math.floor(sizeMib * MIB);
  const server = await startFileServer(sizeBytes);
  const proxy = await startCountingProxy(rig.stack.s3.endpoint);
  try {
    const env = { AWS_ENDPOINT_URL_S3: proxy.endpoint };
    const sent = (): number => proxy.seen.reduce((sum, { kind, bytes }) => sum + (kind === 'part' ? bytes : 0), 0);
    const worker = await rig.stack.startWorker({ env });
    const result = run(rig, [`${server.origin}/killed.csv`], 'bench-ingest-killed');
    await until(() => sent() > sizeBytes / 2, { what: 'half of the file', timeoutMs: TIMEOUT_MS, intervalMs: 5 });
    await worker.kill();
    const next = await rig.stack.startWorker({ env });
    const { summary } = await result;
    if (summary.total_bytes !== sizeBytes) throw new Error(JSON.stringify(summary));
    await next.stop();
    const againBytes = Math.max(server.servedBytes() - sizeBytes, sent() - sizeBytes);
    say(`Killed in the middle of ${sizeMib} MiB: ${(againBytes / MIB).toFixed(1)} MiB read or sent again`);
    return againBytes / (LANES * PART_MIB * MIB);
  } finally {
    await server.close();
    await proxy.close();
    empty(rig);
  }
}
