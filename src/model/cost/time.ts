/** How long a run takes, and what holds it up. Pure. */
import type { Assumptions } from './assumptions';
import type { RunShape } from './shape';
import { effortOf } from './temporal';
import { bytesOf, recordsOf, type Workload } from './workload';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
/** Objects of a prefix record that are copied at once, pages that are published at once, and objects of each of these. */
const COPIES_AT_ONCE = 8;
const PAGES_AT_ONCE = 4;
const PUBLISH_AT_ONCE = 16;
/** Preparing, listing and reporting, beside waiting for the vendor. */
const ENDS_SEC = 1.5;

export type Bottleneck = 'temporal' | 'workers' | 'bytes';

export interface PlannedTime {
  /** From the first record to the last. */
  readonly movingSec: number;
  readonly publishingSec: number;
  /** Of the whole run, without the wait for an export. */
  readonly totalSec: number;
  /** What the moving time follows from: the Temporal server, the slots of max_workers, or bytes per second. */
  readonly bottleneck: Bottleneck;
  /** What each would take by itself. */
  readonly temporalSec: number;
  readonly workersSec: number;
  readonly bytesSec: number;
  /** Of transfers of several parts, added up: they beat once a second. */
  readonly slotSeconds: number;
  readonly workerCpuSec: number;
  readonly temporalCpuSec: number;
}

/** Seconds that one slot is taken for latency alone, over all records. */
function latencySec({ url, prefix }: Workload, { publish, lanes }: RunShape, assume: Assumptions): number {
  const source = assume['source.latency_ms'] / 1000;
  const s3 = assume['s3.latency_ms'] / 1000;
  const small = url.records - url.large;
  const atomic = publish === 'atomic';
  const rounds = url.parts / lanes;
  const large = rounds * (source + s3) + url.large * (atomic ? 2 : 5) * s3;
  const copies = (prefix.objects * (atomic ? 4 : 2) * s3) / COPIES_AT_ONCE + prefix.listPages * s3;
  return small * (source + (atomic ? 2 : 1) * s3) + large + copies;
}

export function plannedTime(workload: Workload, shape: RunShape, assume: Assumptions): PlannedTime {
  const records = recordsOf(workload);
  const effort = effortOf(workload, assume['temporal.child_weight']);
  const temporalSec = effort / assume['temporal.records_per_s'];
  // Copies inside of S3 pass no worker.
  const movedBytes = workload.url.bytes;
  const bytesPerSec = assume['worker.mib_per_s'] * MIB * assume['worker.processes'];
  const bytesSec = movedBytes / bytesPerSec;
  const slots = Math.max(1, Math.min(shape.maxWorkers, records));
  const workersSec = latencySec(workload, shape, assume) / slots;
  const movingSec = Math.max(temporalSec, bytesSec, workersSec);
  const objects = workload.url.records + workload.prefix.objects;
  const publishingSec =
    shape.publish === 'direct' ? 0 : (objects * assume['s3.latency_ms']) / 1000 / (PAGES_AT_ONCE * PUBLISH_AT_ONCE);
  const largeShare =
    bytesOf(workload) === 0 || workload.url.records === 0 ? 0 : workload.url.large / workload.url.records;
  const cpuOfRecords = (name: 'worker.cpu_ms_per_record' | 'temporal.cpu_ms_per_record'): number =>
    (effort * assume[name]) / 1000;
  return {
    movingSec,
    publishingSec,
    totalSec: ENDS_SEC + movingSec + publishingSec,
    bottleneck: movingSec === temporalSec ? 'temporal' : movingSec === bytesSec ? 'bytes' : 'workers',
    temporalSec,
    workersSec,
    bytesSec,
    slotSeconds: largeShare * Math.max(bytesSec, workersSec) * slots,
    workerCpuSec: (movedBytes / GIB) * assume['worker.cpu_s_per_gib'] + cpuOfRecords('worker.cpu_ms_per_record'),
    temporalCpuSec: cpuOfRecords('temporal.cpu_ms_per_record'),
  };
}
