/**
 * What a crash costs: the worker is killed in the middle of a large file while a second one runs, at several points of files
 * of several sizes. Bytes sent again are held against the parts that can be in flight; the time runs from the signal to the
 * first byte that the other moves.
 */
import { statfsSync } from 'node:fs';
import { generatedFile } from '../src/dev/export-api/samples';
import { until } from '../src/dev/wait';
import type { LoggedProcess } from '../src/dev/process';
import { LonghaulError } from '../src/model/errors';
import { bench, readSizes, type Goal } from './lib/bench';
import { startCountingProxy, type CountingProxy } from './lib/counting-proxy';
import { withRig, type Rig } from './lib/rig';

const MIB = 2 ** 20;
/** The defaults of aws.part_size_mb and transfer.max_lanes: so many parts can be in flight. */
const PART_MIB = 16;
const LANES = 8;
/** 16 GiB at 40 MiB/s. */
const TIMEOUT_MS = 420_000;
/** The S3 server writes an object's parts, and then the object of them. */
const DISK_PER_BYTE = 2.1;

interface Crash {
  readonly firstByteSec: number;
  readonly readAgainBytes: number;
  readonly sentAgainBytes: number;
}

/** Sizes in MiB; percentages of them at which the worker is killed. */
const DEFAULTS = { mib: '1024,4096,16384', at: '10,50,90', part: PART_MIB };

void bench('resume', DEFAULTS, ({ options, say }) =>
  withRig(say, async (rig) => {
    const proxy = await startCountingProxy(rig.stack.s3.endpoint);
    try {
      rig.configure({ aws: { endpoint: proxy.endpoint, part_size_mb: options.part } });
      const inFlightBytes = LANES * options.part * MIB;
      const resentRatio = (crashed: Crash): number =>
        Math.max(crashed.readAgainBytes, crashed.sentAgainBytes) / inFlightBytes;
      const figures: Record<string, number> = {};
      const killed: Crash[] = [];
      const sizesMib = readSizes('--mib', options.mib);
      for (const mib of sizesMib) {
        for (const percent of readSizes('--at', options.at)) {
          const crashed = await crash(rig, proxy, {
            signal: 'SIGKILL',
            sizeBytes: Math.floor(mib * MIB),
            percent,
            say,
          });
          killed.push(crashed);
          figures[`resent_vs_inflight_${mib}_mib_at_${percent}`] = resentRatio(crashed);
          figures[`first_byte_s_${mib}_mib_at_${percent}`] = crashed.firstByteSec;
        }
      }
      const sizeBytes = Math.floor(Math.min(...sizesMib) * MIB);
      const stopped = await crash(rig, proxy, { signal: 'SIGTERM', sizeBytes, percent: 50, say });
      return {
        figures: {
          resent_vs_inflight_max: Math.max(...killed.map(resentRatio)),
          first_byte_s_max: Math.max(...killed.map(({ firstByteSec }) => firstByteSec)),
          read_again_mib_max: Math.max(...killed.map(({ readAgainBytes }) => readAgainBytes)) / MIB,
          sent_again_mib_max: Math.max(...killed.map(({ sentAgainBytes }) => sentAgainBytes)) / MIB,
          sigterm_first_byte_s: stopped.firstByteSec,
          sigterm_resent_vs_inflight: resentRatio(stopped),
          ...figures,
        },
        goals: GOALS,
      };
    } finally {
      await proxy.close();
    }
  }),
);

const GOALS: Readonly<Record<string, Goal>> = {
  resent_vs_inflight_max: { max: 1 },
  first_byte_s_max: { max: 15 },
  sigterm_first_byte_s: { max: 3 },
  sigterm_resent_vs_inflight: { max: 1 },
};

interface Case {
  readonly signal: 'SIGKILL' | 'SIGTERM';
  readonly sizeBytes: number;
  /** Of the file that has been sent when the signal goes out. */
  readonly percent: number;
  readonly say: (line: string) => void;
}

async function crash(rig: Rig, proxy: CountingProxy, { signal, sizeBytes, percent, say }: Case): Promise<Crash> {
  const { stack } = rig;
  needDisk(rig, sizeBytes);
  const name = `${signal}-${sizeBytes / MIB}-mib-at-${percent}`;
  const file = generatedFile('asset', `large-${name}.bin`, sizeBytes, 7);
  const path = stack.exportApi.urlPath('vulnerability', file);
  const served = () => stack.exportApi.requests[path] ?? { requests: 0, bytes: 0 };
  const sent = (): number =>
    proxy.seen.filter((each) => each.kind === 'part' && each.path.endsWith(file.path)).reduce((n, r) => n + r.bytes, 0);

  // Both poll before the run starts, so that the second one is ready at the moment of the signal.
  const workers = [await stack.startWorker(), await stack.startWorker()];
  const run = await rig.start(`bench-${name}`, [file], { runId: `bench-${name}` });
  await until(() => sent() > (sizeBytes * percent) / 100, {
    what: `${percent} % of the file`,
    timeoutMs: TIMEOUT_MS,
    intervalMs: 5,
  });
  const victim = await workerOf(rig, `bench-${name}/record/0`, workers);
  const signalledMs = performance.now();
  process.kill(victim.pid, signal);
  await victim.exited;
  const atDeath = { ...served() };
  await until(() => served().requests > atDeath.requests, {
    what: 'a new request',
    timeoutMs: TIMEOUT_MS,
    intervalMs: 5,
  });
  const bytesThen = served().bytes;
  await until(() => served().bytes > bytesThen, { what: 'new bytes', timeoutMs: TIMEOUT_MS, intervalMs: 5 });
  const firstByteSec = (performance.now() - signalledMs) / 1000;
  await run.result();
  const crashed = {
    firstByteSec,
    readAgainBytes: served().bytes - sizeBytes,
    sentAgainBytes: Math.max(0, sent() - sizeBytes),
  };
  say(
    `${name}: ${firstByteSec.toFixed(1)} s to the first new byte, ${(crashed.readAgainBytes / MIB).toFixed(1)} MiB read again`,
  );
  await Promise.all(stack.workers.map((worker) => worker.stop()));
  rig.emptyBucket();
  return crashed;
}

/** Before anything is written: a full disk would break what else runs on the machine. */
function needDisk({ stack }: Rig, sizeBytes: number): void {
  const { bavail, bsize } = statfsSync(stack.dataDir);
  const needed = sizeBytes * DISK_PER_BYTE;
  if (bavail * bsize > needed) return;
  const gib = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);
  throw new LonghaulError(
    'InvalidInput',
    `${stack.dataDir} has ${gib(bavail * bsize)} GiB free, and ${gib(needed)} are needed: set TMPDIR, or --mib to less.`,
  );
}

/** The worker that has the record's running activity; an SDK worker's identity begins with its process id. */
async function workerOf(rig: Rig, recordId: string, workers: readonly LoggedProcess[]): Promise<LoggedProcess> {
  const { raw } = await rig.client.workflow.getHandle(recordId).describe();
  const identity = raw.pendingActivities?.[0]?.lastWorkerIdentity ?? '';
  const found = workers.find(({ pid }) => identity.startsWith(`${pid}@`));
  if (found === undefined) throw new LonghaulError('Internal', `No worker moves ${recordId} (identity "${identity}").`);
  return found;
}
