/**
 * What a crash costs: the worker is killed in the middle of a large file while a second one runs, at several points of files
 * of several sizes. Bytes sent again are held against the parts that can be in flight; the time runs from the signal to the
 * first byte that the other moves. What is in the store at the end must be the file.
 */
import { statfsSync } from 'node:fs';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { expectedCrc32 } from '../src/dev/export-api/content';
import { generatedFile } from '../src/dev/export-api/samples';
import type { SampleFile } from '../src/dev/export-api/types';
import { until } from '../src/dev/wait';
import type { LoggedProcess } from '../src/dev/process';
import { LonghaulError } from '../src/model/errors';
import { bench, readSizes, type Goal } from './lib/bench';
import { readStore, storeFor, withStore, type CountedStore, type StoreChoice } from './lib/resume-store';
import { BUCKET, withRig, type Rig } from './lib/rig';

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
const DEFAULTS = { mib: '1024,4096,16384', at: '10,50,90', part: PART_MIB, store: 'auto' };

void bench('resume', DEFAULTS, ({ options, say }) => {
  const shared = { store: readStore(options.store), partMib: options.part, say };
  const sizesMib = readSizes('--mib', options.mib);
  const percents = readSizes('--at', options.at);
  return withRig(say, async (rig) => {
    const inFlightBytes = LANES * options.part * MIB;
    const resentRatio = (crashed: Crash): number =>
      Math.max(crashed.readAgainBytes, crashed.sentAgainBytes) / inFlightBytes;
    const figures: Record<string, number> = {};
    const killed: Crash[] = [];
    for (const mib of sizesMib) {
      for (const percent of percents) {
        const crashed = await crash(rig, { ...shared, signal: 'SIGKILL', mib, percent });
        killed.push(crashed);
        figures[`resent_vs_inflight_${mib}_mib_at_${percent}`] = resentRatio(crashed);
        figures[`first_byte_s_${mib}_mib_at_${percent}`] = crashed.firstByteSec;
      }
    }
    const stopped = await crash(rig, { ...shared, signal: 'SIGTERM', mib: Math.min(...sizesMib), percent: 50 });
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
  });
});

const GOALS: Readonly<Record<string, Goal>> = {
  resent_vs_inflight_max: { max: 1 },
  first_byte_s_max: { max: 15 },
  sigterm_first_byte_s: { max: 3 },
  sigterm_resent_vs_inflight: { max: 1 },
};

interface Case {
  readonly signal: 'SIGKILL' | 'SIGTERM';
  readonly mib: number;
  /** Of the file that has been sent when the signal goes out. */
  readonly percent: number;
  readonly store: StoreChoice;
  readonly partMib: number;
  readonly say: (line: string) => void;
}

function crash(rig: Rig, at: Case): Promise<Crash> {
  const kind = storeFor(at.store, at.mib);
  if (kind === 'disk') needDisk(rig, at.mib * MIB);
  return withStore(kind, rig, (store) => {
    rig.configure({ aws: { endpoint: store.proxy.endpoint, part_size_mb: at.partMib } });
    return crashInto(store, rig, at);
  });
}

async function crashInto(store: CountedStore, rig: Rig, { signal, mib, percent, say }: Case): Promise<Crash> {
  const { stack } = rig;
  const sizeBytes = mib * MIB;
  const name = `${signal}-${mib}-mib-at-${percent}`;
  const file = generatedFile('asset', `large-${name}.bin`, sizeBytes, 7);
  const path = stack.exportApi.urlPath('vulnerability', file);
  const served = () => stack.exportApi.requests[path] ?? { requests: 0, bytes: 0 };
  const parts = () => store.proxy.seen.filter((each) => each.kind === 'part' && each.path.endsWith(file.path));
  const sent = (): number => parts().reduce((n, r) => n + r.bytes, 0);

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
  await Promise.all(stack.workers.map((worker) => worker.stop()));
  await checkStored(store, parts()[0]?.path ?? '', file);
  say(
    `${name}: ${firstByteSec.toFixed(1)} s to the first new byte, ${(crashed.readAgainBytes / MIB).toFixed(1)} MiB read again`,
  );
  return crashed;
}

/** Of files by their size: all of a run have the same seed, and to compute 16 GiB takes a while. */
const crc32Of = new Map<number, string>();

/** By size and checksum of the store, which it has from the bytes that it took. `path` is `/bucket/key`. */
async function checkStored({ s3 }: CountedStore, path: string, file: SampleFile): Promise<void> {
  const command = new HeadObjectCommand({
    Bucket: BUCKET,
    Key: path.slice(BUCKET.length + 2),
    ChecksumMode: 'ENABLED',
  });
  const { ContentLength, ChecksumCRC32 } = await s3.send(command);
  const crc32 = crc32Of.get(file.sizeBytes) ?? (await expectedCrc32(file));
  crc32Of.set(file.sizeBytes, crc32);
  if (ContentLength === file.sizeBytes && ChecksumCRC32 === crc32) return;
  throw new LonghaulError(
    'VerificationFailed',
    `The store has ${ContentLength} bytes with CRC32 ${ChecksumCRC32} under ${path}: not the ${file.sizeBytes} with ${crc32}.`,
  );
}

/** Before anything is written: a full disk would break what else runs on the machine. */
function needDisk({ stack }: Rig, sizeBytes: number): void {
  const { bavail, bsize } = statfsSync(stack.dataDir);
  const needed = sizeBytes * DISK_PER_BYTE;
  if (bavail * bsize > needed) return;
  const gib = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);
  throw new LonghaulError(
    'InvalidInput',
    `${stack.dataDir} has ${gib(bavail * bsize)} GiB free, and ${gib(needed)} are needed: set TMPDIR, --mib to less, or --store discard.`,
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
