/** Real runs of `loadToPostgres`: a namespace, a worker and a Postgres for a test file; a data set, a table and a bucket for each test. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { WorkflowHandleWithStartDetails } from '@temporalio/client';
import type pg from 'pg';
import { startPostgresServer, type PostgresServer } from '../../src/dev/postgres-server';
import type { LoggedProcess } from '../../src/dev/process';
import { ensureBucket } from '../../src/dev/s3-client';
import type { LoadInput, LoadResult } from '../../src/model/load-run';
import { TASK_QUEUES } from '../../src/model/names';
import type { loadToPostgres } from '../../src/workflows';
import { listObjects, textOf } from './bucket-view';
import { runSql } from './postgres';
import { RunHarness } from './run-harness';
import { findSecrets, textOfAll } from './secret-search';
import { sharedStack, uniqueName } from './shared-stack';

export type LoadHandle = WorkflowHandleWithStartDetails<typeof loadToPostgres>;
export type Rows = Readonly<Record<string, unknown>>[];

const PASSWORD = 'test-secret-of-postgres';
const VARIABLE = 'LOAD_TEST_DATABASE_URL';
export const STAGING_ROOT = 'tmp/postgres-copy/';
const CONTROL_PREFIX = '_longhaul/load';

export interface LoadRigOptions {
  /** Whose workers and end are the caller's; default: one of its own. */
  readonly harness?: RunHarness;
  readonly worker?: boolean;
  /** S3 as the worker sees it: the address of a proxy. */
  readonly endpoint?: string;
  /** Postgres as the worker sees it. */
  readonly databaseUrl?: (url: string) => string | Promise<string>;
  readonly env?: Readonly<Record<string, string>>;
}

export interface DataSetOptions {
  /** Of the table, by name. Default: id, name and amount. */
  readonly columns?: Readonly<Record<string, string>>;
  readonly primaryKey?: readonly string[];
  /** Keys of the data set in load.json that differ. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Sections of `environments` in load.json. */
  readonly environments?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** False: there is no table. */
  readonly table?: boolean;
}

const COLUMNS = { id: 'bigint', name: 'text', amount: 'numeric(10,2)' };

export class LoadRig {
  readonly #sets: Record<string, object> = {};
  #environments: Record<string, object> = {};

  private constructor(
    readonly harness: RunHarness,
    readonly postgres: PostgresServer,
    readonly home: string,
    readonly env: Readonly<Record<string, string>>,
    private readonly options: LoadRigOptions,
  ) {}

  static async start(options: LoadRigOptions = {}): Promise<LoadRig> {
    const home = mkdtempSync(path.join(tmpdir(), 'longhaul-load-'));
    const postgres = await startPostgresServer({
      dataDir: `${home}-postgres`,
      logDir: home,
      password: PASSWORD,
      // Without fsync: nobody pulls the plug on a test, and it is most of the time that Postgres takes.
      settings: ['fsync=off', 'full_page_writes=off', 'max_connections=60'],
    });
    const url = await (options.databaseUrl ?? ((own) => own))(postgres.url);
    const env = { [VARIABLE]: url, ...options.env };
    const harness = options.harness ?? (await RunHarness.start({ worker: false }));
    const rig = new LoadRig(harness, postgres, home, env, options);
    rig.#writeConfig();
    if (options.worker === false) return rig;
    await rig.startWorker().catch(async (error: unknown) => {
      await rig.stop();
      throw error;
    });
    return rig;
  }

  startWorker(): Promise<LoggedProcess> {
    return this.harness.startWorker({ env: this.env });
  }

  async stop(): Promise<void> {
    if (this.options.harness === undefined) await this.harness.stop();
    await this.postgres.stop();
    rmSync(this.home, { recursive: true, force: true });
    rmSync(`${this.home}-postgres`, { recursive: true, force: true });
  }

  /** Runs SQL beside the worker and any proxy, and gives the rows of the last statement. */
  sql<R extends pg.QueryResultRow = Record<string, unknown>>(text: string, values?: unknown[]): Promise<R[]> {
    return runSql<R>(this.postgres.url, text, values);
  }

  async dataSet(options: DataSetOptions = {}): Promise<TestSet> {
    const name = uniqueName('set');
    const table = name.replaceAll('-', '_');
    const columns = options.columns ?? COLUMNS;
    const key = options.primaryKey ?? ['id'];
    if (options.table ?? true) {
      const parts = Object.entries(columns).map(([column, type]) => `${column} ${type}`);
      if (key.length > 0) parts.push(`PRIMARY KEY (${key.join(', ')})`);
      await this.sql(`CREATE TABLE ${table} (${parts.join(', ')})`);
    }
    this.#sets[name] = {
      table: `public.${table}`,
      connection_env: VARIABLE,
      sslmode: 'disable',
      columns: Object.keys(columns).map((column) => ({ name: column })),
      key,
      retry_for_sec: 30,
      lock_wait_sec: 5,
      ...options.config,
    };
    this.#environments = { ...options.environments };
    this.#writeConfig();
    const bucket = uniqueName('staging');
    await ensureBucket(this.harness.s3, bucket);
    return new TestSet(this, name, table, bucket);
  }

  /** Everything that the workers have logged as an object. */
  logs(): ({ readonly event: string } & Record<string, unknown>)[] {
    return this.harness
      .logs()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { readonly event: string });
  }

  /** Looks for secrets in the history of a run, its batches and records, in its bucket, and in the workers' logs. */
  async findSecrets(workflowId: string, bucket: string, runId: string): Promise<string[]> {
    const { client, s3 } = this.harness;
    const ids = [workflowId, `${runId}/batch/0`, `${runId}/record/0`];
    const histories = await Promise.all(
      ids.map(async (id) => [id, textOfAll(await client.workflow.getHandle(id).fetchHistory())] as const),
    );
    const keys = Object.keys(await listObjects(s3, bucket, CONTROL_PREFIX));
    const objects = await Promise.all(keys.map(async (key) => [key, await textOf(s3, bucket, key)] as const));
    const secrets = [PASSWORD, sharedStack().s3.secretAccessKey];
    return findSecrets([...histories, ...objects, ['logs', this.harness.logs()]], secrets);
  }

  #writeConfig(): void {
    const { s3 } = this.harness.servers;
    const store = {
      region: s3.region,
      endpoint: this.options.endpoint ?? s3.endpoint,
      access_key_id: s3.accessKeyId,
      secret_access_key: s3.secretAccessKey,
    };
    const environments = Object.fromEntries(
      ['development', 'staging', 'production'].map((name) => [name, { ...store, ...this.#environments[name] }]),
    );
    mkdirSync(this.harness.configDir, { recursive: true });
    writeFileSync(
      path.join(this.harness.configDir, 'load.json'),
      JSON.stringify({ environments, data_sets: this.#sets }),
    );
  }
}

export class TestSet {
  constructor(
    readonly rig: LoadRig,
    readonly name: string,
    readonly table: string,
    /** Holds the source files, and is staged in. */
    readonly bucket: string,
  ) {}

  get path(): string {
    return `s3://${this.bucket}/data/`;
  }

  async put(file: string, body: string | Buffer): Promise<void> {
    await this.rig.harness.s3.send(new PutObjectCommand({ Bucket: this.bucket, Key: `data/${file}`, Body: body }));
  }

  input(input: Partial<LoadInput> = {}): LoadInput {
    return { load_type: 'full', data_set: this.name, path: this.path, s3_bucket: this.bucket, ...input };
  }

  /** Starts a run as `temporal workflow start` does. */
  start(input: Partial<LoadInput> = {}, workflowId = uniqueName('run')): Promise<LoadHandle> {
    return this.rig.harness.client.workflow.start<typeof loadToPostgres>('loadToPostgres', {
      taskQueue: TASK_QUEUES.workflows,
      workflowId,
      args: [this.input(input)],
    });
  }

  async run(input: Partial<LoadInput> = {}): Promise<LoadResult> {
    return (await this.start(input)).result();
  }

  rows(): Promise<Rows> {
    return this.rig.sql(`SELECT * FROM ${this.table} ORDER BY 1`);
  }

  async count(): Promise<number> {
    const [row] = await this.rig.sql<{ n: string }>(`SELECT count(*) AS n FROM ${this.table}`);
    return Number(row?.n);
  }

  /** Keys in the staging folders: of no run where everything is tidied. */
  async staged(): Promise<string[]> {
    return Object.keys(await listObjects(this.rig.harness.s3, this.bucket, STAGING_ROOT));
  }

  /** Chunks of runs of this set that are committed. */
  async copiedChunks(): Promise<number> {
    const rows = await this.rig.sql('SELECT 1 FROM longhaul_load_ledger WHERE strpos(chunk, $1) > 0', [this.name]);
    return rows.length;
  }

  /** Tables of loads of this set that are left. */
  async leftTables(): Promise<string[]> {
    const rows = await this.rig.sql<{ relname: string }>(
      `SELECT relname FROM pg_class
        WHERE starts_with(relname::text, 'longhaul_load_') AND strpos(obj_description(oid, 'pg_class'), $1) > 0`,
      [this.name],
    );
    return rows.map(({ relname }) => relname);
  }

  /** All that a run has set aside. */
  async rejects(runId: string): Promise<string> {
    const { s3 } = this.rig.harness;
    const keys = Object.keys(await listObjects(s3, this.bucket, `${CONTROL_PREFIX}/${runId}/rejects/`));
    return (await Promise.all(keys.map((key) => textOf(s3, this.bucket, key)))).join('');
  }

  async report(runId: string): Promise<Record<string, unknown>> {
    const key = `${CONTROL_PREFIX}/${runId}/report.json`;
    return JSON.parse(await textOf(this.rig.harness.s3, this.bucket, key)) as Record<string, unknown>;
  }
}

/** `id,name,amount` and so many rows from `first` on. */
export const csvOf = (count: number, first = 1, name = 'n'): string =>
  `id,name,amount\n${Array.from({ length: count }, (_, n) => `${first + n},${name}${first + n},${n}.50\n`).join('')}`;
