/**
 * What a crash costs: the worker is killed in the middle of a large file while a second one runs. Bytes sent again are
 * held against the parts that can be in flight; the time runs from the signal to the first byte that the other moves.
 */
import { generatedFile } from '../src/dev/export-api/samples';
import { until } from '../src/dev/wait';
import type { LoggedProcess } from '../src/dev/process';
import { LonghaulError } from '../src/model/errors';
import { bench } from './lib/bench';
import { startCountingProxy, type CountingProxy } from './lib/counting-proxy';
import { withRig, type Rig } from './lib/rig';

const MIB = 2 ** 20;
/** The defaults of aws.part_size_mb and transfer.lanes. */
const PART_MIB = 16;
const LANES = 4;
const TIMEOUT_MS = 300_000;

interface Crash {
  readonly firstByteSec: number;
  readonly readAgainBytes: number;
  readonly sentAgainBytes: number;
}

void bench('resume', { mib: 1024, part: PART_MIB }, ({ options, say }) =>
  withRig(say, async (rig) => {
    const proxy = await startCountingProxy(rig.stack.s3.endpoint);
    try {
      rig.configure({ aws: { endpoint: proxy.endpoint, part_size_mb: options.part } });
      const sizeBytes = Math.floor(options.mib * MIB);
      const killed = await crash(rig, proxy, { signal: 'SIGKILL', sizeBytes, say });
      rig.emptyBucket();
      const stopped = await crash(rig, proxy, { signal: 'SIGTERM', sizeBytes, say });
      const inFlightBytes = LANES * options.part * MIB;
      return {
        figures: {
          first_byte_s: killed.firstByteSec,
          read_again_mib: killed.readAgainBytes / MIB,
          sent_again_mib: killed.sentAgainBytes / MIB,
          resent_vs_inflight: Math.max(killed.readAgainBytes, killed.sentAgainBytes) / inFlightBytes,
          sigterm_first_byte_s: stopped.firstByteSec,
          sigterm_read_again_mib: stopped.readAgainBytes / MIB,
          sigterm_resent_vs_inflight: Math.max(stopped.readAgainBytes, stopped.sentAgainBytes) / inFlightBytes,
        },
        goals: {
          first_byte_s: { max: 15 },
          resent_vs_inflight: { max: 1 },
          sigterm_first_byte_s: { max: 3 },
          sigterm_resent_vs_inflight: { max: 1 },
        },
      };
    } finally {
      await proxy.close();
    }
  }),
);

interface Case {
  readonly signal: 'SIGKILL' | 'SIGTERM';
  readonly sizeBytes: number;
  readonly say: (line: string) => void;
}

async function crash(rig: Rig, proxy: CountingProxy, { signal, sizeBytes, say }: Case): Promise<Crash> {
  const { stack } = rig;
  const file = generatedFile('asset', `large-${signal}.bin`, sizeBytes, 7);
  const path = stack.exportApi.urlPath('vulnerability', file);
  const served = () => stack.exportApi.requests[path] ?? { requests: 0, bytes: 0 };
  const sent = (): number =>
    proxy.seen.filter((each) => each.kind === 'part' && each.path.endsWith(file.path)).reduce((n, r) => n + r.bytes, 0);

  // Both poll before the run starts, so that the second one is ready at the moment of the signal.
  const workers = [await stack.startWorker(), await stack.startWorker()];
  const run = await rig.start(`bench-${signal}`, [file], { runId: `bench-${signal}` });
  await until(() => sent() > sizeBytes / 2, { what: 'half of the file', timeoutMs: TIMEOUT_MS, intervalMs: 5 });
  const victim = await workerOf(rig, `bench-${signal}/record/0`, workers);
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
    `${signal}: ${firstByteSec.toFixed(1)} s to the first new byte, ${(crashed.readAgainBytes / MIB).toFixed(1)} MiB read again`,
  );
  await Promise.all(stack.workers.map((worker) => worker.stop()));
  return crashed;
}

/** The worker that has the record's running activity; an SDK worker's identity begins with its process id. */
async function workerOf(rig: Rig, recordId: string, workers: readonly LoggedProcess[]): Promise<LoggedProcess> {
  const { raw } = await rig.client.workflow.getHandle(recordId).describe();
  const identity = raw.pendingActivities?.[0]?.lastWorkerIdentity ?? '';
  const found = workers.find(({ pid }) => identity.startsWith(`${pid}@`));
  if (found === undefined) throw new LonghaulError('Internal', `No worker moves ${recordId} (identity "${identity}").`);
  return found;
}
