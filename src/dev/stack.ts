/** The embedded stack: Temporal, S3 and the sample export API on free ports, and workers beside them. */
import { mkdirSync } from 'node:fs';
import type { Role } from '../model/names';
import {
  bridgeWorkerEnv,
  describeBridge,
  startBridgeServers,
  type BridgePorts,
  type BridgeServers,
} from './bridge-servers';
import { openDataDir } from './data-dir';
import type { DataDir } from './data-dir';
import { startExportApi } from './export-api';
import type { ExportApi, ExportApiOptions } from './export-api';
import { choosePort } from './ports';
import type { LoggedProcess } from './process';
import { describePostgres, startSamplePostgres, type SamplePostgres } from './sample-load';
import { startS3Server } from './s3-server';
import { SAMPLE_PROJECT, sampleConfig, writeProjectConfig } from './sample-config';
import { ingestWorkerEnv, seedIngestParameters } from './sample-ingest';
import { seedSampleEvents } from './sample-events';
import { seedRestoreSample } from './sample-restore';
import { SAMPLE_PREFIX_URI, SAMPLE_TARGET_BUCKET, seedSampleData } from './seed';
import { Teardown, allStarted } from './teardown';
import { startTemporalServer } from './temporal-server';
import { toolPaths } from './tools';
import type { S3Server, StackDescription, TemporalServer } from './types';
import { startWorkerProcess } from './worker-process';

export interface StackOptions {
  /** Where everything is kept; a new temporary folder where it is left out. */
  readonly dataDir?: string;
  /** Removes the data folder at the end. Default: true where `dataDir` is left out. */
  readonly ephemeral?: boolean;
  /** Free ones where they are left out. */
  readonly ports?: {
    readonly temporal?: number;
    readonly ui?: number;
    readonly s3?: number;
    readonly api?: number;
  } & BridgePorts;
  /** How many workers to start: true is one, false (the default) none. */
  readonly worker?: boolean | number;
  readonly exportApi?: ExportApiOptions;
  /** A Postgres beside it, with tables and files for `longhaul load`. Default false. */
  readonly postgres?: boolean;
  /** Settings of the Temporal server itself: see TemporalServerOptions. */
  readonly temporalDynamicConfig?: Readonly<Record<string, string | number | boolean>>;
  /** Cloud Storage, SQS and Pub/Sub too, and workers that read their queues. Default false. */
  readonly bridge?: boolean;
  /** Connections to S3 stay open, as at AWS. versitygw then refuses streamed bodies of other clients, so the default is off. */
  readonly s3KeepAlive?: boolean;
  readonly namespace?: string;
  /** Sample buckets, 1,200 source objects and the project `sample`. Default true. */
  readonly sampleData?: boolean;
  readonly onProgress?: (message: string) => void;
}

export interface StackWorkerOptions {
  readonly roles?: readonly Role[];
  readonly namespace?: string;
  readonly configDir?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface Stack {
  readonly dataDir: string;
  /** Holds `sample/config.json`; what LONGHAUL_CONFIG_DIR is for its workers. */
  readonly configDir: string;
  readonly logDir: string;
  readonly temporal: TemporalServer;
  readonly s3: S3Server;
  readonly exportApi: ExportApi;
  /** Null where it was not asked for. */
  readonly bridge: BridgeServers | null;
  readonly postgres: SamplePostgres | undefined;
  readonly workers: readonly LoggedProcess[];
  describe(): StackDescription;
  /** Starts `longhaul worker` and waits until it polls. `stop()` ends it too. */
  startWorker(options?: StackWorkerOptions): Promise<LoggedProcess>;
  /** Ends everything in order: workers first, so that they can still hand their work over. Idempotent. */
  stop(): Promise<void>;
}

interface Servers {
  readonly temporal: TemporalServer;
  readonly s3: S3Server;
  readonly exportApi: ExportApi;
  readonly bridge: BridgeServers | null;
}

const startServers = async (options: StackOptions, data: DataDir, teardown: Teardown): Promise<Servers> => {
  const { ports = {}, namespace, sampleData = true, onProgress = () => undefined } = options;
  await toolPaths(); // first, because it may build for minutes, and says so itself
  onProgress('Starting the Temporal server, the S3 server and the sample export API');
  const logDir = data.folder('logs');
  mkdirSync(logDir, { recursive: true });
  const startApi = async (): Promise<ExportApi> => {
    const api = await startExportApi({
      apiKey: data.credentials.apiKey,
      apiPort: await choosePort(ports.api, 'the sample export API'),
      ...(sampleData ? { prefixes: { vulnerability: [SAMPLE_PREFIX_URI] } } : {}),
      ...options.exportApi,
    });
    teardown.add(() => api.close());
    return api;
  };
  const [temporal, s3, exportApi, bridge] = await allStarted([
    teardown.keep(
      startTemporalServer({
        dataDir: data.folder('temporal'),
        logDir,
        ...(ports.temporal === undefined ? {} : { port: ports.temporal }),
        ...(ports.ui === undefined ? {} : { uiPort: ports.ui }),
        ...(namespace === undefined ? {} : { namespace }),
        ...(options.temporalDynamicConfig === undefined ? {} : { dynamicConfig: options.temporalDynamicConfig }),
      }),
    ),
    teardown.keep(
      startS3Server({
        dataDir: data.folder('s3'),
        logDir,
        credentials: data.credentials,
        ...(options.s3KeepAlive === true ? { keepAlive: true } : {}),
        ...(ports.s3 === undefined ? {} : { port: ports.s3 }),
      }),
    ),
    startApi(),
    options.bridge === true ? startBridgeServers(data, teardown, ports) : Promise.resolve(null),
  ] as const);
  return { temporal, s3, exportApi, bridge };
};

const describeStack = (
  { temporal, s3, exportApi, bridge }: Servers,
  workers: readonly LoggedProcess[],
  dataDir: string,
  sampleEvents: readonly string[],
  postgres: SamplePostgres | undefined,
): StackDescription => ({
  temporal: { address: temporal.address, namespace: temporal.namespace, uiUrl: temporal.uiUrl },
  s3: {
    endpoint: s3.endpoint,
    region: s3.region,
    accessKeyId: s3.accessKeyId,
    secretAccessKey: s3.secretAccessKey,
  },
  exportApi: { endpoint: exportApi.endpoint, apiKey: exportApi.apiKey, filesUrl: exportApi.filesUrl },
  ...(bridge === null ? {} : { bridge: describeBridge(bridge, sampleEvents) }),
  ...(postgres === undefined ? {} : { postgres: describePostgres(postgres) }),
  pids: {
    dev: process.pid,
    temporal: temporal.pid,
    s3: s3.pid,
    ...(bridge === null ? {} : { sqs: bridge.sqs.pid, pubsub: bridge.pubsub.pid }),
    ...(postgres === undefined ? {} : { postgres: postgres.server.pid }),
    ...Object.fromEntries(workers.map(({ name, pid }) => [name, pid])),
  },
  dataDir,
});

/**
 * Starts the stack and resolves when all of it is ready.
 * Throws ToolMissing, PortInUse (a chosen port is taken), InvalidInput (the data folder is in use); nothing is left then.
 */
export const startStack = async (options: StackOptions = {}): Promise<Stack> => {
  const ephemeral = options.ephemeral ?? options.dataDir === undefined;
  const data = openDataDir(options.dataDir, ephemeral);
  const teardown = new Teardown();
  teardown.add(() => data.release());
  const workers: LoggedProcess[] = [];
  const configDir = data.folder('configs');
  const logDir = data.folder('logs');
  let started = 0;
  let stopping: Promise<void> | null = null;
  try {
    const servers = await startServers(options, data, teardown);
    const { temporal, s3, exportApi, bridge } = servers;
    let sampleEvents: readonly string[] = [];
    const postgres = options.postgres === true ? await startSamplePostgres(options, data, s3, teardown) : undefined;
    const startWorker = async (worker: StackWorkerOptions = {}): Promise<LoggedProcess> => {
      started += 1;
      const child = await startWorkerProcess({
        name: started === 1 ? 'worker' : `worker-${started}`,
        temporalAddress: temporal.address,
        namespace: worker.namespace ?? temporal.namespace,
        configDir: worker.configDir ?? configDir,
        logDir,
        ...(worker.roles === undefined ? {} : { roles: worker.roles }),
        env: {
          ...ingestWorkerEnv(s3),
          ...(bridge === null ? {} : bridgeWorkerEnv(bridge)),
          ...postgres?.workerEnv,
          ...worker.env,
        },
      });
      workers.push(child);
      void child.exited.then(() => workers.splice(workers.indexOf(child), 1));
      return child;
    };
    const stack: Stack = {
      dataDir: data.path,
      configDir,
      logDir,
      ...servers,
      postgres,
      workers,
      describe: () => describeStack(servers, workers, data.path, sampleEvents, postgres),
      startWorker,
      stop: () => (stopping ??= teardown.run()),
    };
    teardown.add(async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
    });
    if (options.sampleData ?? true) {
      await seedSampleData(s3);
      await seedIngestParameters(s3, exportApi.filesUrl);
      await seedRestoreSample(s3, { configDir, outputDir: data.folder('restored') });
      writeProjectConfig(configDir, SAMPLE_PROJECT, sampleConfig({ s3, exportApi }, SAMPLE_TARGET_BUCKET));
      if (bridge !== null) sampleEvents = await seedSampleEvents(s3, bridge.gcs, data.folder('events'));
      await postgres?.seed(configDir);
    }
    const workerCount = Number(options.worker ?? 0);
    if (workerCount > 0) options.onProgress?.('Starting the worker');
    for (let n = 0; n < workerCount; n += 1) await startWorker();
    return stack;
  } catch (error) {
    await teardown.run();
    throw error;
  }
};
