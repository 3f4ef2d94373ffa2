/** A load in a process of its own: waits for a line with its job, loads, and prints its times and memory as a line of JSON. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadOnce, type LoadJob } from './load-once';
import { rssMib, watchUsage } from './usage';

/** A process that has just started still gives memory back. */
const SETTLE_MS = 2_000;

async function main(): Promise<void> {
  const [line] = (await once(createInterface({ input: process.stdin }), 'line')) as [string];
  const job = JSON.parse(line) as LoadJob;
  await sleep(SETTLE_MS);
  const idleMib = rssMib(process.pid);
  const watched = watchUsage(process.pid);
  const times = await loadOnce(job);
  const { peakRssMib, cpuSec } = watched.stop();
  process.stdout.write(`${JSON.stringify({ ...times, growthMib: peakRssMib - idleMib, cpuSec })}\n`);
  process.exit(0);
}

void main();
