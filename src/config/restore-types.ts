/** The configuration of `restoreFiles` as the code uses it: units in names, secrets wrapped, defaults filled in. */
import type { Secret } from '../model/secret';
import type { StoreConfig } from './types';

/** Where a secret comes from; `null` where the worker does not have it. */
export interface SecretFromEnv {
  readonly value: Secret | null;
  /** For messages: `environment variable X is not set`, or its name where it is. */
  readonly source: string;
}

export type CatalogueConfig = { readonly timeoutMs: number } & (
  | { readonly type: 'json'; readonly path: string }
  | {
      readonly type: 'postgres';
      readonly url: SecretFromEnv;
      /** Null: as the search path finds it. */
      readonly schema: string | null;
      readonly table: string;
      readonly idColumn: string;
      readonly column: string;
    }
  | {
      readonly type: 'mongodb';
      readonly url: SecretFromEnv;
      /** Null: the one of the connection string. */
      readonly database: string | null;
      readonly collection: string;
    }
);

export interface RestoreConfig {
  /** The file that this was read from. */
  readonly path: string;
  /** Absolute. Nothing has looked whether it exists. */
  readonly outputDir: string;
  readonly s3: StoreConfig & { readonly enabled: boolean };
  readonly catalogue: CatalogueConfig;
  /** Part size that multipart ETags were made with, unless the ETag's own number of parts says otherwise. */
  readonly chunkSizeBytes: number;
  /** Raw files at once on one host. */
  readonly maxConcurrentRestores: number;
  readonly filesInParallel: number;
  readonly partSizeBytes: number;
  /** Of one run; null: none. */
  readonly maxBytesPerSec: number | null;
  readonly lanes: number;
  readonly maxLanes: number;
  readonly stallTimeoutMs: number;
  readonly retryForMs: number;
  readonly retries: number;
  readonly retryIntervalMs: number;
  readonly maxRunMs: number;
  /** Null: nobody is told. */
  readonly webhook: SecretFromEnv | null;
  readonly thaw: {
    readonly enabled: boolean;
    readonly tier: 'Standard' | 'Bulk' | 'Expedited';
    readonly days: number;
    readonly pollIntervalMs: number;
  };
}
