/** What a process takes, read from /proc (Linux alone): resident memory and processor time. */
import { readFileSync } from 'node:fs';

const MIB = 2 ** 20;
const SAMPLE_MS = 100;
/** USER_HZ, which the kernel fixes at 100 for what it tells in /proc/<pid>/stat: proc_pid_stat(5). */
const TICKS_PER_SEC = 100;

/** Memory that the process has in RAM now. Throws ENOENT where the process is gone. */
export function rssMib(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return (Number(match?.[1] ?? 0) * 1024) / MIB;
}

/** User and system time of all threads of the process since its start. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the name, which may hold spaces, so fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SEC;
}

export interface Usage {
  readonly peakRssMib: number;
  /** Mean over the last tenth of the samples: growth that goes on shows here and not in a short peak. */
  readonly finalRssMib: number;
  readonly cpuSec: number;
}

/** Samples a process until `stop`, which may also be called after the process has ended. */
export function watchUsage(pid: number): { readonly stop: () => Usage } {
  const samples: number[] = [];
  const startCpuSec = cpuSeconds(pid);
  let lastCpuSec = startCpuSec;
  const sample = (): void => {
    try {
      samples.push(rssMib(pid));
      lastCpuSec = cpuSeconds(pid);
    } catch {
      // The process is gone; what was seen counts.
    }
  };
  sample();
  const timer = setInterval(sample, SAMPLE_MS);
  return {
    stop: () => {
      clearInterval(timer);
      sample();
      const tail = samples.slice(-Math.max(1, Math.floor(samples.length / 10)));
      return {
        peakRssMib: Math.max(...samples),
        finalRssMib: tail.reduce((sum, each) => sum + each, 0) / tail.length,
        cpuSec: lastCpuSec - startCpuSec,
      };
    },
  };
}
