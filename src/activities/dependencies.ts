/** What activities are built from: clients and pools, made once for the process and handed in. */
import type { Client } from '@temporalio/client';
import type { ProjectConfig } from '../config/types';
import type { ProjectRef } from '../model/export-run';
import type { Logger } from '../ops/logging';
import type { TransferMetrics } from '../ops/metrics';
import type { ExportProvider } from '../providers/types';
import type { UrlBook } from '../providers/url-book';
import type { HttpClient, MemoryBudget, RateLimiter, S3Destination } from '../transfer';

/** The clients of one project. */
export interface ProjectTools {
  readonly config: ProjectConfig;
  /** @throws LonghaulError ApiKeyMissing, ConfigInvalid */
  readonly provider: () => ExportProvider;
  readonly destination: S3Destination;
  readonly http: HttpClient;
  readonly limiter: RateLimiter;
}

export interface Dependencies {
  /** Loads the project's config where it has changed. @throws LonghaulError Config… */
  readonly project: (ref: ProjectRef) => ProjectTools;
  readonly urls: UrlBook;
  readonly memory: MemoryBudget;
  readonly metrics: TransferMetrics;
  readonly temporal: Client;
  readonly logger: Logger;
}
