/** A plan as `--json` prints it, made from what a job has found. */
import { readEnvironment } from '../../../config/environment';
import type { JobConfig } from '../../../config/types';
import { planRun, type Assumptions, type RunPlan, type RunShape, type Workload } from '../../../model/cost';
import type { SizesReport } from './sizes';

/** How keys spread over folders, which S3 partitions by as it sees fit. */
export interface KeySpread {
  readonly folders: number;
  readonly largest: string;
  /** Of all records. */
  readonly largestShare: number;
}

export interface PlanMessage {
  /** exportToS3: the project. ingestUrls: the bucket. */
  readonly project: string;
  readonly target: string;
  readonly publish: string;
  readonly maxWorkers: number;
  readonly exportId: string | null;
  readonly sizes: SizesReport;
  readonly keys: KeySpread;
  readonly plan: RunPlan;
  readonly assumptions: Assumptions;
}

export interface Found {
  readonly job: RunShape['job'];
  readonly config: JobConfig;
  readonly exportId: string | null;
  readonly polls: number;
  readonly keys: readonly string[];
  readonly workload: Workload;
  readonly sizes: SizesReport;
}

export const spreadOf = (keys: readonly string[]): KeySpread => {
  const counts = new Map<string, number>();
  for (const key of keys) {
    const folder = key.slice(0, key.lastIndexOf('/') + 1);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const [largest, count] = [...counts].reduce((best, next) => (next[1] > best[1] ? next : best), ['', 0]);
  return { folders: counts.size, largest, largestShare: keys.length === 0 ? 0 : count / keys.length };
};

export const messageOf = (found: Found, assumptions: Assumptions): PlanMessage => {
  const { job, config, exportId, polls, keys, workload, sizes } = found;
  const { aws, transfer, project } = config;
  const { publish, maxWorkers, partSizeBytes } = aws;
  const { pageRecords, lanes } = transfer;
  const { transferMemoryBytes } = readEnvironment();
  const shape = { job, publish, pageRecords, maxWorkers, polls, lanes, partSizeBytes, transferMemoryBytes };
  return {
    project,
    target: `s3://${aws.targetBucket}/${aws.targetPrefix}`,
    publish,
    maxWorkers,
    exportId,
    sizes,
    keys: spreadOf(keys),
    plan: planRun(workload, shape, assumptions),
    assumptions,
  };
};
