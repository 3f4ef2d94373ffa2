/**
 * The sample of `loadToPostgres`: a Postgres with empty tables, files of the vega-datasets package in the sample bucket, and the
 * load.json that leads from one to the other.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import pg from 'pg';
import type { DataDir } from './data-dir';
import { guardFolder, releaseFolder } from './orphan-guard';
import { startPostgresServer, type PostgresServer } from './postgres-server';
import { ensureBucket, s3ClientFor } from './s3-client';
import { SAMPLE_TARGET_BUCKET } from './seed';
import type { S3Server, StackDescription } from './types';

/** What the worker reads the connection string from. */
const SAMPLE_DATABASE_VARIABLE = 'LONGHAUL_SAMPLE_DATABASE_URL';
/** Made too, so that the command of the guide works as it stands there. */
const SAMPLE_STAGING_BUCKETS = ['longhaul-staging', 'my-staging-bucket'] as const;
const [STAGING_BUCKET] = SAMPLE_STAGING_BUCKETS;

interface SampleSet {
  readonly name: string;
  /** In the data folder of vega-datasets. */
  readonly file: string;
  readonly key: string;
  readonly table: string;
  readonly columns: Readonly<Record<string, string>>;
  readonly primaryKey: readonly string[];
}

const AIRPORT_COLUMNS = {
  iata: 'text',
  name: 'text',
  city: 'text',
  state: 'text',
  country: 'text',
  latitude: 'double precision',
  longitude: 'double precision',
};

const SETS: readonly SampleSet[] = [
  {
    name: 'entity',
    file: 'airports.csv',
    key: 'load/entity/airports.csv',
    table: 'entity',
    columns: AIRPORT_COLUMNS,
    primaryKey: ['iata'],
  },
  {
    name: 'flights',
    file: 'flights-3m.parquet',
    key: 'load/flights/flights-3m.parquet',
    table: 'flights',
    columns: { date: 'timestamp', delay: 'bigint', distance: 'bigint', origin: 'text', destination: 'text' },
    primaryKey: [],
  },
];

export interface SamplePostgres {
  readonly server: PostgresServer;
  readonly workerEnv: Readonly<Record<string, string>>;
  /** Command lines that work as they are. */
  readonly commands: readonly string[];
  /** Writes files, tables and load.json; the sample bucket must be there. */
  seed(configDir: string): Promise<void>;
}

/** `variable`: for `longhaul load --check`, which connects from the shell. */
export const describePostgres = ({ server, commands }: SamplePostgres): NonNullable<StackDescription['postgres']> => ({
  url: server.url,
  variable: SAMPLE_DATABASE_VARIABLE,
  loads: commands,
});

interface Teardown {
  add(step: () => void | Promise<void>): void;
}

/** `dataDir` under root: in a folder that `nobody` can reach, because Postgres refuses to be root. */
const homeOf = (data: DataDir): string => {
  if (process.getuid?.() !== 0) return data.folder('postgres');
  const name = createHash('sha256').update(data.path).digest('hex').slice(0, 12);
  return path.join(tmpdir(), `longhaul-postgres-${name}`);
};

/** Kept beside the data, which was made with it. */
const passwordOf = (home: string): string => {
  const file = path.join(home, 'password');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : randomBytes(18).toString('hex');
};

export const startSamplePostgres = async (
  options: { readonly dataDir?: string; readonly ephemeral?: boolean; readonly onProgress?: (text: string) => void },
  data: DataDir,
  s3: S3Server,
  teardown: Teardown,
): Promise<SamplePostgres> => {
  options.onProgress?.('Starting Postgres');
  const ephemeral = options.ephemeral ?? options.dataDir === undefined;
  const home = homeOf(data);
  if (ephemeral) guardFolder(home);
  const server = await startPostgresServer({
    dataDir: home,
    logDir: data.folder('logs'),
    password: passwordOf(home),
    settings: ['max_connections=40'],
  });
  teardown.add(async () => {
    await server.stop();
    if (!ephemeral) return;
    rmSync(home, { recursive: true, force: true });
    releaseFolder(home);
  });
  return {
    server,
    workerEnv: { [SAMPLE_DATABASE_VARIABLE]: server.url },
    commands: SETS.map(
      ({ name, key }) =>
        `npx longhaul load --load-type full --data-set ${name} --path s3://${SAMPLE_TARGET_BUCKET}/${path.posix.dirname(key)}/`,
    ),
    seed: async (configDir) => {
      await seedFiles(s3);
      await seedTables(server);
      writeLoadConfig(configDir, s3);
    },
  };
};

const seedFiles = async (s3: S3Server): Promise<void> => {
  const client = s3ClientFor(s3, s3);
  const folder = path.join(path.dirname(require.resolve('vega-datasets')), '..', 'data');
  try {
    for (const bucket of SAMPLE_STAGING_BUCKETS) await ensureBucket(client, bucket);
    for (const { file, key } of SETS) {
      const Body = await readFile(path.join(folder, file));
      await client.send(new PutObjectCommand({ Bucket: SAMPLE_TARGET_BUCKET, Key: key, Body }));
    }
  } finally {
    client.destroy();
  }
};

const seedTables = async ({ url }: PostgresServer): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const { table, columns, primaryKey } of SETS) {
      const parts = Object.entries(columns).map(([name, type]) => `${pg.escapeIdentifier(name)} ${type}`);
      if (primaryKey.length > 0) parts.push(`PRIMARY KEY (${primaryKey.map(pg.escapeIdentifier).join(', ')})`);
      await client.query(`CREATE TABLE IF NOT EXISTS public.${table} (${parts.join(', ')})`);
    }
  } finally {
    await client.end();
  }
};

/** The shape of configs/load.json, for the addresses and keys of one stack. */
const writeLoadConfig = (configDir: string, s3: S3Server): void => {
  const config = {
    environments: {
      development: {
        staging_bucket: STAGING_BUCKET,
        region: s3.region,
        endpoint: s3.endpoint,
        access_key_id: s3.accessKeyId,
        secret_access_key: s3.secretAccessKey,
      },
    },
    data_sets: Object.fromEntries(
      SETS.map(({ name, table, columns, primaryKey }) => [
        name,
        {
          table: `public.${table}`,
          connection_env: SAMPLE_DATABASE_VARIABLE,
          sslmode: 'disable',
          columns: Object.entries(columns).map(([column, type]) => ({ name: column, type })),
          key: primaryKey,
        },
      ]),
    ),
  };
  mkdirSync(configDir, { recursive: true });
  // Its owner's alone, because it holds keys.
  writeFileSync(path.join(configDir, 'load.json'), `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
};
