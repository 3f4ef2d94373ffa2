/** The configuration of `loadToPostgres` as the code uses it: units in names, secrets wrapped, defaults filled in. */
import type { LoadEnvironment } from '../model/load-run';
import type { SecretFromEnv } from './restore-types';
import type { StoreConfig } from './types';

/** What belongs to one environment: its bucket, and the store that files and staging are in. */
export interface LoadEnvironmentConfig {
  readonly name: LoadEnvironment;
  readonly stagingBucket: string | null;
  readonly store: StoreConfig;
}

export interface DataSetColumn {
  /** Of the table. */
  readonly name: string;
  /** Of the files; null: the column is filled by `constant`. */
  readonly from: string | null;
  /** The same text in every row; undefined where the column comes from the files. */
  readonly constant: string | null | undefined;
  /** What the table must say; null: whatever it says. */
  readonly type: string | null;
}

export type SslMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

export interface DataSetConfig {
  readonly name: string;
  readonly table: { readonly schema: string | null; readonly table: string };
  /** Null: the schema of the table. */
  readonly ledgerSchema: string | null;
  readonly columns: readonly DataSetColumn[];
  readonly extraColumns: 'refuse' | 'drop';
  /** Columns of the files that are left out. */
  readonly drop: readonly string[];
  /** Empty: no delta can be loaded. */
  readonly key: readonly string[];
  readonly format: 'auto' | 'csv' | 'ndjson' | 'parquet';
  readonly csv: {
    readonly delimiter: string;
    readonly quote: string | null;
    readonly escape: string;
    readonly header: boolean;
    readonly nullText: string;
  };
  /** By environment: where an environment has none, its runs are refused. */
  readonly connections: Readonly<Record<LoadEnvironment, SecretFromEnv>>;
  /** Undefined: what the connection string says. */
  readonly sslMode: SslMode | undefined;
  readonly iam: boolean;
  readonly allowEmpty: boolean;
  readonly rejectLimit: number;
  readonly sampleRows: number;
  readonly parallelism: number;
  /** Of one run; null: none. */
  readonly maxBytesPerSec: number | null;
  readonly chunkSizeBytes: number;
  readonly via: 'stream' | 'aws_s3';
  readonly retryForMs: number;
  readonly stallTimeoutMs: number;
  readonly lockWaitMs: number;
  /** Null: none. */
  readonly statementTimeoutMs: number | null;
}

export interface LoadConfig {
  /** The file that this was read from. */
  readonly path: string;
  readonly controlPrefix: string;
  readonly environments: Readonly<Record<LoadEnvironment, LoadEnvironmentConfig>>;
  /** Names in the order of the file. */
  readonly dataSets: readonly string[];
  /** @throws LonghaulError DataSetUnknown */
  readonly dataSet: (name: string) => DataSetConfig;
}
