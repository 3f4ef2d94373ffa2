/** What activities are built from: clients and pools, made once for the process and handed in. */
import type { Client } from '@temporalio/client';
import type { DeadLetterQueue } from '../bridge/types';
import type { IngestConfig } from '../config/ingest-types';
import type { LoadConfig } from '../config/load-types';
import type { RestoreConfig } from '../config/restore-types';
import type { JobConfig, ProjectConfig } from '../config/types';
import type { JobRef } from '../model/run';
import type { DeadLetterTarget } from '../model/transfer-event';
import type { EventLogs } from '../ops/event-log';
import type { EventMetrics } from '../ops/event-metrics';
import type { Logger } from '../ops/logging';
import type { TransferMetrics } from '../ops/metrics';
import type { ExportProvider } from '../providers/types';
import type { UrlBook } from '../providers/url-book';
import type { S3Client } from '@aws-sdk/client-s3';
import type { HashPool, HttpClient, MemoryBudget, S3Destination } from '../transfer';
import type { ObjectStores } from './lib/kept/object-stores';
import type { LoadTools } from './lib/load/tools';
import type { ParametersBook } from './lib/kept/parameters-book';
import type { RunRates } from './lib/kept/run-rates';
import type { SmallStore } from './lib/control/small-store';

/** The clients of a job whose bytes land in a bucket. */
export interface BucketTools {
  readonly config: JobConfig;
  readonly destination: S3Destination;
  readonly http: HttpClient;
  /** Where the run keeps its own files: the same bucket. */
  readonly control: SmallStore;
}

/** The clients of one project of exportToS3. */
export interface ProjectTools extends BucketTools {
  readonly config: ProjectConfig;
  /** @throws LonghaulError ApiKeyMissing, ConfigInvalid */
  readonly provider: () => ExportProvider;
}

/** The clients of one bucket of ingestUrls. */
export interface IngestTools extends BucketTools {
  readonly config: IngestConfig;
}

/** The clients of restoreFiles on this host. */
export interface RestoreTools {
  readonly config: RestoreConfig;
  readonly client: S3Client;
  /** Where the run keeps its own files: the output folder. */
  readonly control: SmallStore;
}

/** Each loads the configuration where it has changed. @throws LonghaulError Config… */
export interface Dependencies {
  /** For exportToS3 alone. */
  readonly project: (ref: JobRef) => ProjectTools;
  /** For ingestUrls alone. */
  readonly ingest: (ref: JobRef) => IngestTools;
  /** For restoreFiles alone. */
  readonly restore: (ref: JobRef) => RestoreTools;
  /** configs/load.json as it is now. */
  readonly loadConfig: () => LoadConfig;
  /** For loadToPostgres alone: of the environment and bucket that `set` of the reference names. */
  readonly load: (ref: JobRef) => LoadTools;
  /** For every job whose bytes land in a bucket. */
  readonly bucket: (ref: JobRef) => BucketTools;
  /** Where runs of any job keep their own files. */
  readonly control: (ref: JobRef) => SmallStore;
  readonly urls: UrlBook;
  /** Lists of files that signed URLs are read from. */
  readonly parameters: ParametersBook;
  /** The stores that events name. */
  readonly eventStores: ObjectStores;
  /** Made once for each target. */
  readonly deadLetters: (target: DeadLetterTarget) => DeadLetterQueue;
  readonly eventLogs: EventLogs;
  readonly eventMetrics: EventMetrics;
  readonly memory: MemoryBudget;
  /** Limits of bytes per second, of runs and of this process. */
  readonly rates: RunRates;
  /** Threads that hash files. */
  readonly hashes: HashPool;
  readonly metrics: TransferMetrics;
  /** Names this machine's disk. */
  readonly host: string;
  /** Records that one run moves at once, at most. */
  readonly maxWorkers: number;
  readonly temporal: Client;
  readonly logger: Logger;
}
