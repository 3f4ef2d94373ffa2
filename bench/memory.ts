/**
 * Memory while one large object moves with default settings: resident memory of the worker process above what it takes
 * when idle, for two sizes. Each size has a worker of its own, so that the second does not start from the first's peak.
 */
import { generatedFile } from '../src/dev/export-api/samples';
import { bench } from './lib/bench';
import { withRig, type Rig } from './lib/rig';
import { rssMib, watchUsage } from './lib/usage';
import { setTimeout as sleep } from 'node:timers/promises';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
/** A worker that has just become ready still gives memory back from its start. */
const SETTLE_MS = 3_000;

interface Moved {
  readonly idleMib: number;
  readonly growthMib: number;
  readonly finalGrowthMib: number;
  readonly cpuSecPerGib: number;
  readonly mibPerSec: number;
}

void bench('memory', { small: 1024, large: 4096 }, ({ options, say }) =>
  withRig(say, async (rig) => {
    const small = await move(rig, options.small, say);
    const large = await move(rig, options.large, say);
    return {
      figures: {
        idle_rss_mib: small.idleMib,
        rss_growth_mib_1gib: small.growthMib,
        rss_growth_mib_4gib: large.growthMib,
        rss_growth_at_end_mib_1gib: small.finalGrowthMib,
        rss_growth_at_end_mib_4gib: large.finalGrowthMib,
        rss_growth_difference_mib: Math.abs(large.growthMib - small.growthMib),
        cpu_s_per_gib_1gib: small.cpuSecPerGib,
        cpu_s_per_gib_4gib: large.cpuSecPerGib,
        mib_per_s_1gib: small.mibPerSec,
        mib_per_s_4gib: large.mibPerSec,
      },
      goals: {
        rss_growth_mib_1gib: { max: 200 },
        rss_growth_mib_4gib: { max: 200 },
        // "The same": four times the bytes may not show in memory; garbage between two collections may.
        rss_growth_difference_mib: { max: 40 },
      },
    };
  }),
);

async function move(rig: Rig, sizeMib: number, say: (line: string) => void): Promise<Moved> {
  const sizeBytes = Math.floor(sizeMib * MIB);
  const worker = await rig.stack.startWorker();
  await sleep(SETTLE_MS);
  const idleMib = rssMib(worker.pid);
  const watched = watchUsage(worker.pid);
  const startedMs = performance.now();
  const run = await rig.start(`bench-memory-${sizeMib}`, [generatedFile('asset', 'large.bin', sizeBytes, 7)]);
  await run.result();
  const seconds = (performance.now() - startedMs) / 1000;
  const usage = watched.stop();
  await worker.stop();
  rig.emptyBucket();
  const moved = {
    idleMib,
    growthMib: usage.peakRssMib - idleMib,
    finalGrowthMib: usage.finalRssMib - idleMib,
    cpuSecPerGib: usage.cpuSec / (sizeBytes / GIB),
    mibPerSec: sizeBytes / MIB / seconds,
  };
  say(
    `${sizeMib} MiB: ${moved.growthMib.toFixed(0)} MiB over ${idleMib.toFixed(0)} MiB, ${moved.mibPerSec.toFixed(0)} MiB/s`,
  );
  return moved;
}
