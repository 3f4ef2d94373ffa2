/** How a run goes about its work: what a plan needs to know of its settings. Pure. */
import { FEW_RECORDS } from '../records';
import type { PublishMode } from '../run';

export interface RunShape {
  readonly job: 'exportToS3' | 'ingestUrls';
  readonly publish: PublishMode;
  /** Records of a manifest page, which is a batch. */
  readonly pageRecords: number;
  /** Records at once: aws.max_workers. */
  readonly maxWorkers: number;
  /** Looks at an export's status; 0 where records are given. */
  readonly polls: number;
  /** Parts of one object at once. */
  readonly lanes: number;
  readonly partSizeBytes: number;
  /** Of one worker process: LONGHAUL_TRANSFER_MEMORY_MB. */
  readonly transferMemoryBytes: number;
}

const MIB = 2 ** 20;

/** An export with the defaults of config.json and of the worker, of an export that has ended at the first look. */
export const DEFAULT_SHAPE: RunShape = {
  job: 'exportToS3',
  publish: 'atomic',
  pageRecords: 300,
  maxWorkers: 16,
  polls: 1,
  lanes: 4,
  partSizeBytes: 16 * MIB,
  transferMemoryBytes: 128 * MIB,
};

export const pagesOf = (records: number, { pageRecords }: RunShape): number => Math.ceil(records / pageRecords);

/** Pages that no batch has to read: the one of a run of a few records goes along with its start. */
export const pagesGiven = (records: number, shape: RunShape): number =>
  pagesOf(records, shape) === 1 && records <= FEW_RECORDS ? 1 : 0;
