/**
 * Whether transfer slots stay busy over page ends: equal records that take a fixed time at their source, so that slots
 * and not processors are what is short. Measured in the worker: time spent in transfers over the time from the first
 * to the last of them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { generatedRecords } from '../src/dev/export-api/samples';
import { freePort } from '../src/dev/ports';
import { bench } from './lib/bench';
import { withRig } from './lib/rig';
import { watchUsage } from './lib/usage';

const FILE_BYTES = 1_000;
const SAMPLE_MS = 100;

void bench('slots', { records: 1500, page: 300, workers: 16, seconds: 2 }, ({ options, say }) =>
  withRig(say, async (rig) => {
    const { stack } = rig;
    const address = `127.0.0.1:${await freePort()}`;
    const worker = await stack.startWorker({ env: { LONGHAUL_HEALTH_ADDRESS: address } });
    stack.exportApi.faults.file({ delayMs: options.seconds * 1000, always: true });
    const usage = watchUsage(worker.pid);
    const window = watchSlots(`http://${address}/metrics`);
    const run = await rig.start('bench-slots', generatedRecords(options.records, FILE_BYTES), {
      set: { 'aws.max_workers': options.workers, 'transfer.page_records': options.page },
    });
    const result = await run.result();
    const { busySlotSec, windowSec, histogram } = await window.stop();
    say(`slots in use, share of samples: ${histogram}`);
    return {
      figures: {
        mean_busy_slots: busySlotSec / windowSec,
        transfer_window_s: windowSec,
        records_per_s: result.records / windowSec,
        worker_cpu_s: usage.stop().cpuSec,
      },
      goals: { mean_busy_slots: { min: options.workers * (14 / 16) } },
    };
  }),
);

interface Window {
  readonly busySlotSec: number;
  readonly windowSec: number;
  /** How often how many slots were in use: what a mean below the goal is explained by. */
  readonly histogram: string;
}

function watchSlots(url: string): { readonly stop: () => Promise<Window> } {
  const stopped = new AbortController();
  const seen = new Map<number, number>();
  let first: { atMs: number; busySec: number } | undefined;
  let last: { atMs: number; busySec: number } | undefined;
  const loop = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const text = await (await fetch(url)).text();
      const atMs = performance.now();
      const busySec = valueOf(text, 'longhaul_transfer_busy_slot_seconds_total');
      const inFlight = valueOf(text, 'longhaul_transfer_transfers_in_flight');
      const before = last?.busySec ?? 0;
      if (busySec > before) first ??= { atMs, busySec };
      // The counter stands still before the first transfer and after the last one.
      if (busySec > before) last = { atMs, busySec };
      if (first !== undefined) seen.set(inFlight, (seen.get(inFlight) ?? 0) + 1);
      await sleep(SAMPLE_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  };
  const watching = loop();
  return {
    async stop() {
      stopped.abort();
      await watching;
      if (first === undefined || last === undefined) throw new Error('No transfer was seen at /metrics');
      const all = [...seen.values()].reduce((sum, count) => sum + count, 0);
      const histogram = [...seen]
        .sort(([a], [b]) => b - a)
        .map(([slots, count]) => `${slots}: ${((count / all) * 100).toFixed(1)} %`)
        .join(', ');
      return { busySlotSec: last.busySec - first.busySec, windowSec: (last.atMs - first.atMs) / 1000, histogram };
    },
  };
}

function valueOf(text: string, name: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  if (line === undefined) throw new Error(`/metrics has no ${name}`);
  return Number(line.slice(name.length + 1));
}
