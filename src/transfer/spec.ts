/** What one transfer is asked to do. */
import type { LonghaulError } from '../model/errors';
import type { PublishMode } from '../model/run';
import type { Destination } from './destination';
import type { TransferListener } from './events';
import type { LaneChange } from './lib/lane-controller';
import type { MemoryBudget } from './lib/memory-budget';
import type { ByteLimit } from './lib/rate-limiter';
import type { RetryPolicy } from './lib/retry';
import type { Source } from './types';

export interface TransferSpec {
  readonly source: Source;
  readonly destination: Destination;
  readonly key: string;
  /** Unique to this record of this run: it marks the object, and is how a repeated attempt knows its own work. */
  readonly transferId: string;
  /** 'atomic': left uncompleted, `publishUpload` makes it visible. 'direct': visible and verified at the end. */
  readonly publish: PublishMode;
  /** 5 MiB to 5 GiB; raised where the object would not fit in 10,000 parts. */
  readonly partSizeBytes: number;
  /** Parts in flight at once, to begin with; each holds one part in memory. Half as many where the other side says that it is too much. */
  readonly lanes: number;
  /** So many at most while more make it faster; `lanes` where absent. Only of sources whose ranges can be read apart. */
  readonly maxLanes?: number;
  /** Told of the number of lanes at the beginning, of each change, and of 0 at the end; cheap and synchronous. */
  readonly onLanes?: (lanes: number, reason: LaneChange | 'begin' | 'end') => void;
  readonly memory: MemoryBudget;
  /** Of what is read from the source. */
  readonly limiter?: ByteLimit;
  /** The source may send nothing for this long before it is asked again. */
  readonly stallTimeoutMs: number;
  /** Overrides what the source says. */
  readonly contentType?: string;
  /** Object metadata beside our marker. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Hex. Checked over the bytes that pass, before anything is visible. Large files: the first part is read twice for it. */
  readonly sha256?: string;
  /** The destination must not exist: DestinationExists, unless what is there is this transfer's own. */
  readonly ifAbsent?: boolean;
  /**
   * False: the destination is never read, for workers that may only create. What the store answers to the write, with its
   * checksum, is the proof; what a lost answer has left is sent again where it may not be looked at.
   */
  readonly readBack?: boolean;
  readonly retry?: RetryPolicy;
  /** Told of every try that failed and will be made again; for logs. */
  readonly onRetry?: (error: LonghaulError, delayMs: number) => void;
  /** Told of every step; for logs and progress bars. */
  readonly onEvent?: TransferListener;
}
