/**
 * Real runs on real servers: a namespace and a worker process for a test file, and for each test a project of its own
 * with its own sample export API and bucket.
 *
 *     const harness = await RunHarness.start();                       // beforeAll
 *     const project = await harness.project({ files: [...] });        // in a test
 *     await project.plantForeign(['sample/data/asset/part-0.parquet']);
 *     const before = await project.snapshot();
 *     const handle = await project.start();
 *     expect(await failureOf(handle)).toMatchObject({ code: 'SourceNotFound' });
 *     await project.expectUnchanged(before);
 *     await harness.stop();                                           // afterAll
 */
import * as path from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { Client, Connection, type DataConverter } from '@temporalio/client';
import { startExportApi, type ExportApiOptions, type SampleFile } from '../../src/dev/export-api';
import type { LoggedProcess } from '../../src/dev/process';
import { s3ClientFor, ensureBucket } from '../../src/dev/s3-client';
import { sampleConfig, writeProjectConfig, type ConfigOverrides } from '../../src/dev/sample-config';
import { createNamespace } from '../../src/dev/temporal-namespace';
import type { StackDescription } from '../../src/dev/types';
import { startWorkerProcess, type WorkerOptions } from '../../src/dev/worker-process';
import { freshFolder, sharedStack, uniqueName } from './shared-stack';
import { TestProject } from './test-project';

/** Quick enough for a test to see each stage. */
const STATUS_DURATIONS = { pendingMs: 20, runningMs: 40 };
const QUICK = { api_: { poll_interval_sec: 0.2 }, aws: { max_workers: 4, part_size_mb: 5 } };

export type Servers = Pick<StackDescription, 'temporal' | 's3' | 'dataDir'>;

export interface HarnessOptions {
  /** The shared stack's, unless a test breaks its own (`stack.describe()`). */
  readonly servers?: Servers;
  /** False: start workers in the test. */
  readonly worker?: boolean;
  readonly env?: WorkerOptions['env'];
  /** Of the client of the tests; as the server has it where it is left out. */
  readonly dataConverter?: DataConverter;
  /** How often the harness's own requests to S3 are tried: more than the default where the server goes down under it. */
  readonly s3Attempts?: number;
}

export interface ProjectOptions {
  /** Files of the vulnerability export (of others: `api.files`). Default: the vendor's samples, which are large. */
  readonly files?: readonly SampleFile[];
  readonly api?: ExportApiOptions;
  /** Keys of config.json that differ, one level deep: `{aws: {publish: 'direct'}}`. */
  readonly config?: ConfigOverrides;
  readonly bucket?: string;
}

export class RunHarness {
  readonly #folder = freshFolder('runs');
  readonly #closers: (() => Promise<void> | void)[] = [];
  readonly workers: LoggedProcess[] = [];
  #started = 0;

  private constructor(
    readonly servers: Servers,
    readonly namespace: string,
    readonly connection: Connection,
    readonly client: Client,
    readonly s3: S3Client,
  ) {}

  static async start(options: HarnessOptions = {}): Promise<RunHarness> {
    // The variable holds the whole description; its type only names what most tests need.
    const servers = options.servers ?? (sharedStack() as StackDescription);
    const { address } = servers.temporal;
    const namespace = uniqueName('runs');
    await createNamespace(address, namespace);
    const connection = await Connection.connect({ address });
    const s3 = s3ClientFor(servers.s3, servers.s3, options.s3Attempts);
    const { dataConverter = {} } = options;
    const client = new Client({ connection, namespace, dataConverter });
    const harness = new RunHarness(servers, namespace, connection, client, s3);
    if (options.worker ?? true) {
      await harness.startWorker(options.env === undefined ? {} : { env: options.env }).catch(async (error: unknown) => {
        await harness.stop();
        throw error;
      });
    }
    return harness;
  }

  get configDir(): string {
    return path.join(this.#folder.path, 'configs');
  }

  get logDir(): string {
    return path.join(this.#folder.path, 'logs');
  }

  /** A worker in a process of its own, which polls when this resolves. `stop()` ends it too. */
  async startWorker(options: Pick<WorkerOptions, 'roles' | 'env' | 'packageRoot'> = {}): Promise<LoggedProcess> {
    this.#started += 1;
    const worker = await startWorkerProcess({
      // Several may be starting at once, and each writes a log of this name.
      name: `worker-${this.#started}`,
      temporalAddress: this.servers.temporal.address,
      namespace: this.namespace,
      configDir: this.configDir,
      logDir: this.logDir,
      ...options,
    });
    this.workers.push(worker);
    return worker;
  }

  /** A project with its own export API and an empty bucket, ready to run. */
  async project(options: ProjectOptions = {}): Promise<TestProject> {
    const api = await startExportApi({
      statusDurationsMs: STATUS_DURATIONS,
      ...(options.files === undefined ? {} : { files: { vulnerability: options.files } }),
      ...options.api,
    });
    this.#closers.push(() => api.close());
    const name = uniqueName('project');
    const bucket = options.bucket ?? uniqueName('target');
    await ensureBucket(this.s3, bucket);
    const quick = sampleConfig({ s3: this.servers.s3, exportApi: api }, bucket, QUICK);
    const config: ConfigOverrides = { ...quick };
    for (const [section, values] of Object.entries(options.config ?? {}))
      config[section] = { ...config[section], ...values };
    writeProjectConfig(this.configDir, name, config);
    return new TestProject(this, name, bucket, api, config);
  }

  /** Environment of the `longhaul` command for this namespace and these projects. */
  cliEnv(): Record<string, string> {
    return {
      TEMPORAL_ADDRESS: this.servers.temporal.address,
      TEMPORAL_NAMESPACE: this.namespace,
      LONGHAUL_CONFIG_DIR: this.configDir,
    };
  }

  /** All that workers of this harness have logged. */
  logs(): string {
    return this.workers.map((worker) => worker.output()).join('\n');
  }

  async stop(): Promise<void> {
    // Killed: nothing of the namespace is used any more, and a drain would wait for streams that tests hold up.
    await Promise.all(this.workers.map((worker) => worker.kill()));
    for (const close of this.#closers) await close();
    this.s3.destroy();
    await this.connection.close();
    this.#folder.remove();
  }
}
