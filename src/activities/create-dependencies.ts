/** The process's clients and pools. Those of a configuration are made once and kept until it changes. */
import type { Client } from '@temporalio/client';
import { createDeadLetterQueue } from '../bridge/create-dlq';
import type { DeadLetterQueue } from '../bridge/types';
import { readEventTransferConfig } from '../config/event-transfers';
import { loadIngestConfig } from '../config/ingest';
import type { IngestConfig } from '../config/ingest-types';
import { loadLoadConfig } from '../config/load';
import type { LoadConfig } from '../config/load-types';
import { loadProject } from '../config/project';
import { loadRestoreConfig } from '../config/restore';
import type { RestoreConfig } from '../config/restore-types';
import type { Environment, JobConfig, ProjectConfig, StoreConfig } from '../config/types';
import { LonghaulError } from '../model/errors';
import type { JobRef } from '../model/run';
import { Secret } from '../model/secret';
import type { DeadLetterTarget } from '../model/transfer-event';
import { createEventLogs } from '../ops/event-log';
import { eventMetrics } from '../ops/event-metrics';
import type { Logger } from '../ops/logging';
import { transferMetrics } from '../ops/metrics';
import { createProvider } from '../providers/create-provider';
import { UrlBook } from '../providers/url-book';
import {
  AddressGuard,
  createHashPool,
  createHttpClient,
  createS3Client,
  createS3Destination,
  MemoryBudget,
} from '../transfer';
import type { BucketTools, Dependencies, IngestTools, ProjectTools, RestoreTools } from './dependencies';
import { folderStore } from './lib/control/folder-store';
import { KeptTools } from './lib/kept/kept-tools';
import { createLoadTools, stagingOf, type LoadTools } from './lib/load/tools';
import { ObjectStores } from './lib/kept/object-stores';
import { ParametersBook } from './lib/kept/parameters-book';
import { RunRates } from './lib/kept/run-rates';
import { bucketStore } from './lib/control/small-store';

export function createDependencies(environment: Environment, temporal: Client, logger: Logger): Dependencies {
  const projects = new KeptTools<ProjectTools>(({ project, set }) => {
    const config = loadProject(project, { configDir: environment.configDir, set });
    return { config, secrets: [...secretsOf(config), config.api.apiKey], create: () => projectTools(config) };
  });
  const project = (ref: JobRef): ProjectTools => projects.get(ref);
  const buckets = new KeptTools<IngestTools>(({ project: name, set }) => {
    const config = loadIngestConfig({ bucket: name, set });
    return { config, secrets: secretsOf(config), create: () => ingestTools(config) };
  });
  const ingest = (ref: JobRef): IngestTools => buckets.get(ref);
  const restores = new KeptTools<RestoreTools>(({ set }) => {
    const config = loadRestoreConfig({ configDir: environment.configDir, set });
    return { config, secrets: restoreSecrets(config), create: () => restoreTools(config) };
  });
  // One configuration for the host, whichever raw file is asked for.
  const restore = (ref: JobRef): RestoreTools => restores.get({ ...ref, project: '' });
  const loadConfig = (): LoadConfig => loadLoadConfig({ configDir: environment.configDir });
  const loads = new KeptTools<LoadTools>(({ project: name, set }) => {
    const config = loadConfig();
    const staging = stagingOf(set);
    const { store } = config.environments[staging.env];
    const dataSet = config.dataSet(name);
    const { value } = dataSet.connections[staging.env];
    const secrets = [...secretsOf({ aws: store }), value, value === null ? null : passwordOf(value)];
    return { config: { store, dataSet }, secrets, create: () => createLoadTools(config, name, staging) };
  });
  const load = (ref: JobRef): LoadTools => loads.get(ref);
  const bucket = (ref: JobRef): BucketTools => {
    if (ref.job === 'exportToS3') return project(ref);
    if (ref.job === 'ingestUrls') return ingest(ref);
    throw new LonghaulError('Internal', `${ref.job} has no bucket to write to`);
  };
  const controlOf = (ref: JobRef): Pick<BucketTools, 'control'> => {
    if (ref.job === 'restoreFiles') return restore(ref);
    return ref.job === 'loadToPostgres' ? load(ref) : bucket(ref);
  };
  const rates = new RunRates({
    bytesPerSec: environment.maxBytesPerSec,
    memoOf: async (workflowId) => (await temporal.workflow.getHandle(workflowId).describe()).memo,
    onError: (workflowId, error) => logger.warning('run_rate_unknown', { workflow: workflowId, error }),
  });
  return {
    project,
    ingest,
    bucket,
    restore,
    loadConfig,
    load,
    control: (ref) => controlOf(ref).control,
    urls: new UrlBook(),
    parameters: new ParametersBook(),
    eventStores: new ObjectStores(readEventTransferConfig(), rates.process),
    deadLetters: keptDeadLetters(),
    eventLogs: createEventLogs({ level: environment.logLevel }),
    eventMetrics,
    memory: new MemoryBudget(environment.transferMemoryBytes),
    rates,
    hashes: createHashPool(),
    metrics: transferMetrics,
    host: environment.host,
    maxWorkers: environment.maxWorkers,
    temporal,
    logger,
  };
}

/** Their clients hold connections, so each target has one for as long as the process lives. */
function keptDeadLetters(): (target: DeadLetterTarget) => DeadLetterQueue {
  const kept = new Map<string, DeadLetterQueue>();
  return (target) => {
    const id = JSON.stringify(target);
    const queue = kept.get(id) ?? createDeadLetterQueue({ target, subscription: null });
    kept.set(id, queue);
    return queue;
  };
}

function restoreSecrets({ s3, webhook, catalogue }: RestoreConfig): (Secret | null)[] {
  const urls = [webhook?.value ?? null, catalogue.type === 'json' ? null : catalogue.url.value];
  return [...secretsOf({ aws: s3 }), ...urls];
}

/** By itself too: messages of a driver may quote it without the URL around it. */
function passwordOf(url: Secret): Secret | null {
  const password = /^[^:]+:\/\/[^:/@]*:([^@]*)@/.exec(url.reveal())?.[1] ?? '';
  if (password === '') return null;
  try {
    return new Secret(decodeURIComponent(password));
  } catch {
    return new Secret(password);
  }
}

const restoreTools = (config: RestoreConfig): RestoreTools => ({
  config,
  client: createS3Client(config.s3),
  control: folderStore(config.outputDir),
});

function secretsOf({ aws: { credentials } }: { readonly aws: StoreConfig }): (Secret | null)[] {
  return credentials.kind === 'keys' ? [credentials.secretAccessKey, credentials.sessionToken ?? null] : [];
}

const projectTools = (config: ProjectConfig): ProjectTools => {
  const tools = bucketTools(config);
  return { ...tools, config, provider: () => createProvider(config, { s3: tools.destination.client }) };
};

const ingestTools = (config: IngestConfig): IngestTools => ({
  ...bucketTools(config, config.ingest.httpChunkBytes),
  config,
});

/** @param readChunkBytes how much of a source's body is read at a time; the client's own where absent. */
function bucketTools(config: JobConfig, readChunkBytes?: number): BucketTools {
  const { aws, transfer } = config;
  const client = createS3Client(aws);
  const destination = createS3Destination({
    client,
    bucket: aws.targetBucket,
    sse: { serverSideEncryption: aws.serverSideEncryption, kmsKeyId: aws.kmsKeyId },
  });
  return {
    config,
    destination,
    http: createHttpClient({
      guard: new AddressGuard({ allowedHosts: transfer.allowedHosts }),
      ...(readChunkBytes === undefined ? {} : { readChunkBytes }),
    }),
    control: bucketStore(destination),
  };
}
