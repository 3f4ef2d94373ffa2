/** The clients of one data set in one environment, and the checks that a run and `longhaul load --check` share. */
import type { S3Client } from '@aws-sdk/client-s3';
import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { defaultBuckets } from '../../../config/load';
import { resolveStagingBucket } from '../../../config/load-bucket';
import { loadStore } from '../../../config/load-store';
import type { DataSetConfig, LoadConfig, LoadEnvironmentConfig } from '../../../config/load-types';
import {
  inspectFile,
  inspectTarget,
  listSourceFiles,
  openDatabase,
  type ColumnMapping,
  type Database,
  type FormatOptions,
  type SourceFile,
  type TargetTable,
} from '../../../load';
import { LonghaulError } from '../../../model/errors';
import {
  BUCKET_SOURCES,
  LOAD_ENVIRONMENTS,
  type LoadEnvironment,
  type LoadType,
  type StagingBucket,
} from '../../../model/load-run';
import type { Overrides } from '../../../model/run';
import { createS3Client, createS3Destination, parseS3Uri, type S3Destination } from '../../../transfer';
import { bucketStore, type SmallStore } from '../control/small-store';
import { typeFault } from './column-types';

export interface PlannedStaging extends StagingBucket {
  readonly env: LoadEnvironment;
  /** Connections of this process to the database. */
  readonly parallelism: number;
}

export interface LoadTools {
  readonly config: LoadConfig;
  readonly dataSet: DataSetConfig;
  readonly environment: LoadEnvironmentConfig;
  readonly staging: PlannedStaging;
  readonly mapping: ColumnMapping;
  readonly format: FormatOptions;
  /** For the source files. */
  readonly client: S3Client;
  /** The staging bucket. */
  readonly destination: S3Destination;
  /** Where the run keeps its own files: the staging bucket. */
  readonly control: SmallStore;
  /** Opened when it is first asked for. @throws LonghaulError DatabaseUrlMissing, DatabaseUrlInvalid */
  readonly database: () => Database;
  close(): Promise<void>;
}

/** Which bucket and how many connections. Throws StagingBucketMissing, CrossEnvironment, DataSetUnknown. */
export const planStaging = (
  config: LoadConfig,
  { data_set: dataSet, env = 'development', s3_bucket: argument, parallelism }: CleanOrLoad,
): PlannedStaging => ({
  ...resolveStagingBucket({ env, argument, defaults: defaultBuckets(config) }),
  env,
  parallelism: parallelism ?? config.dataSet(dataSet).parallelism,
});

/** What every later activity needs to make the same clients: the bucket that was chosen here, whatever its worker's variables say. */
export const overridesOf = ({ env, bucket, source, from, parallelism }: PlannedStaging): Overrides => ({
  env,
  bucket,
  source,
  from,
  parallelism,
});

/** What `prepareLoad` has chosen, as the JobRef of every later activity has it. */
export function stagingOf(set: Overrides | undefined): PlannedStaging {
  const { env, bucket, source, from, parallelism } = set ?? {};
  const known = LOAD_ENVIRONMENTS.find((name) => name === env);
  const by = BUCKET_SOURCES.find((name) => name === source);
  if (known === undefined || by === undefined || typeof bucket !== 'string' || typeof parallelism !== 'number')
    throw new LonghaulError('Internal', 'The run does not say which staging bucket it has');
  return { env: known, bucket, source: by, from: String(from), parallelism };
}

interface CleanOrLoad {
  readonly data_set: string;
  readonly env?: LoadEnvironment | undefined;
  readonly s3_bucket?: string | undefined;
  readonly parallelism?: number | undefined;
}

const mappingOf = ({ columns, drop, extraColumns }: DataSetConfig): ColumnMapping => ({
  columns: columns.map(({ name }) => name),
  rename: Object.fromEntries(
    columns.flatMap(({ name, from }) => (from === null || from === name ? [] : [[from, name]])),
  ),
  drop,
  constants: Object.fromEntries(
    columns.flatMap(({ name, constant }) => (constant === undefined ? [] : [[name, constant]])),
  ),
  extra: extraColumns,
});

export function createLoadTools(config: LoadConfig, name: string, staging: PlannedStaging): LoadTools {
  const dataSet = config.dataSet(name);
  const environment = config.environments[staging.env];
  const client = createS3Client(environment.store);
  const { serverSideEncryption, kmsKeyId } = loadStore(config, environment, staging.bucket);
  const destination = createS3Destination({
    client,
    bucket: staging.bucket,
    sse: { serverSideEncryption, kmsKeyId },
  });
  let opened: Database | undefined;
  return {
    config,
    dataSet,
    environment,
    staging,
    mapping: mappingOf(dataSet),
    format: { format: dataSet.format, csv: dataSet.csv },
    client,
    destination,
    control: bucketStore(destination),
    database: () => (opened ??= databaseOf(dataSet, environment, staging)),
    close: async () => {
      client.destroy();
      await opened?.close();
    },
  };
}

function databaseOf(dataSet: DataSetConfig, { name, store }: LoadEnvironmentConfig, staging: PlannedStaging): Database {
  const { value, source } = dataSet.connections[name];
  if (value === null)
    throw new LonghaulError('DatabaseUrlMissing', `No connection to the database of ${dataSet.name}: ${source}.`);
  return openDatabase({
    url: value,
    source,
    maxConnections: staging.parallelism,
    applicationName: `longhaul ${dataSet.name}`,
    ...(dataSet.sslMode === undefined ? {} : { sslMode: dataSet.sslMode }),
    ...(dataSet.iam ? { iam: { region: store.region, credentials: fromNodeProviderChain() } } : {}),
  });
}

/** All files of a path, in order of keys. Throws LoadPathEmpty, Source… */
export function sourceFiles({ client }: LoadTools, path: string, signal: AbortSignal): Promise<SourceFile[]> {
  const { bucket, key } = parseS3Uri(path);
  return listSourceFiles({ client, bucket, prefix: key }, { signal });
}

/** The first file and what it says of itself. Throws LoadPathEmpty, FormatUnknown, HeadersDiffer, Column… and so on. */
export async function checkLoadFiles(
  tools: LoadTools,
  path: string,
  signal: AbortSignal,
): Promise<{ readonly first: string; readonly format: string }> {
  const [first] = await sourceFiles(tools, path, signal);
  if (first === undefined) throw new LonghaulError('LoadPathEmpty', `There is no file to load at ${path}`);
  const { client, format, mapping } = tools;
  const inspected = await inspectFile({ client, file: first, format, mapping }, { signal });
  return { first: `s3://${first.bucket}/${first.key}`, format: inspected.format };
}

/** The table as it is. Throws Postgres…, TableMissing, ColumnMissing, TypeMismatch, KeyUnfit, TargetUnfit. */
export async function checkLoadTable(tools: LoadTools, loadType: LoadType, signal: AbortSignal): Promise<TargetTable> {
  const { dataSet, mapping } = tools;
  if (loadType === 'delta' && dataSet.key.length === 0) {
    const message = `A delta of ${dataSet.name} cannot be loaded: data_sets.${dataSet.name}.key names no column`;
    throw new LonghaulError('KeyUnfit', message);
  }
  const request = { table: dataSet.table, loadType, mapping, key: dataSet.key };
  const target = await inspectTarget(tools.database(), request, { signal });
  for (const column of dataSet.columns) {
    const found = target.columns.find(({ name }) => name === column.name);
    const fault = column.type === null || found === undefined ? null : typeFault(column.type, found.type);
    if (fault !== null)
      throw new LonghaulError(
        'TypeMismatch',
        `Column ${column.name} of ${target.schema}.${target.table} ${fault} (data_sets.${dataSet.name}.columns)`,
      );
  }
  return target;
}
