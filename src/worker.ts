/** The worker process: reads settings, builds the clients, runs the workers of its roles until it is told to stop. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { Client } from '@temporalio/client';
import { type InjectedSinks, NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import {
  createApiActivities,
  createClaimActivities,
  createFilesActivities,
  createTransferQueueActivities,
  createWorkflowQueueActivities,
} from './activities';
import { createDependencies } from './activities/create-dependencies';
import type { Dependencies } from './activities/dependencies';
import type * as BridgeModule from './bridge/bridge';
import type { Bridge } from './bridge/bridge';
import { type BridgeConfig, isBridgeConfigured, readBridgeConfig } from './config/bridge';
import { readEnvironment } from './config/environment';
import { readPayloadKeys } from './config/payload-keys';
import { temporalConnection } from './config/temporal';
import { readTracing } from './config/tracing';
import type { Environment } from './config/types';
import { LonghaulError } from './model/errors';
import { TRACING_GLOBAL } from './model/tracing';
import { filesQueue, type QueueRole, ROLES, TASK_QUEUES, type Role } from './model/names';
import { describePayloadKeys, workerDataConverter } from './ops/data-converter';
import { eventMetrics } from './ops/event-metrics';
import { startHealthServer } from './ops/health';
import { createLogger, type Logger, setLogContext } from './ops/logging';
import { installTemporalRuntime } from './ops/temporal-logging';
import { ensureSearchAttributes } from './ops/search-attributes';
import type { Tracing } from './ops/tracing';
import { tracingOf } from './ops/tracing-switch';
import type { TraceSinks } from './workflows/interceptors';
import { traceRequests } from './transfer';

/** A part's heartbeat reaches the server at least this often; it is also how soon a cancel is heard. */
const HEARTBEAT_THROTTLE = '1 second';
/** Activities are told to stop at once (a stream would only go on for the length of a grace time) and hand over. */
const SHUTDOWN_GRACE = 0;
/** What has not ended by then is abandoned: its heartbeat timeout gives it to another worker. */
const SHUTDOWN_FORCE = '15 seconds';
/** Record workflows are short: one that drops out of the cache has little to replay. */
const RECORDS_CACHED = 500;
/** The SDK's own default. */
const WORKFLOW_TASKS_AT_ONCE = 40;
const API_CALLS_AT_ONCE = 20;

const load = createRequire(__filename);

export interface WorkerRunOptions {
  /** All of them where it is left out; the bridge among them only where something is configured for it to read. */
  readonly roles?: readonly Role[];
}

/** Resolves when the workers have drained after SIGTERM or SIGINT. Throws LonghaulError where they cannot start. */
export async function runWorker(options: WorkerRunOptions = {}): Promise<void> {
  const environment = readEnvironment();
  const roles = options.roles ?? ROLES.filter((role) => role !== 'bridge' || isBridgeConfigured());
  // Before anything is started: what is missing is said at once.
  const bridgeConfig = roles.includes('bridge') ? readBridgeConfig() : null;
  const payloadKeys = readPayloadKeys();
  const logger = createLogger({ level: environment.logLevel, format: environment.logFormat });
  const tracing = startTracing(logger, payloadKeys.current === null);
  installTemporalRuntime(logger, { metricsAddress: environment.metricsAddress });
  const settings = temporalConnection();
  const { namespace } = settings;
  const dataConverter = workerDataConverter(payloadKeys, logger);
  const connection = await connect(settings.connectionOptions);
  let ready = false;
  const told = stopSignal();
  void told.then(() => (ready = false));
  let bridge: Bridge | null = null;
  const health =
    environment.healthAddress === null
      ? null
      : await startHealthServer({
          address: environment.healthAddress,
          isReady: () => ready && (bridge?.isReady() ?? true),
        });
  try {
    const temporal = new Client({
      connection,
      namespace,
      dataConverter,
      ...(tracing === null ? {} : { interceptors: { workflow: tracing.clientInterceptors } }),
    });
    await ensureSearchAttributes(temporal, namespace);
    const dependencies = createDependencies(environment, temporal, logger);
    // Before the workers: one that was created and never runs would keep the connection from being closed.
    bridge =
      bridgeConfig === null
        ? null
        : await startBridge(bridgeConfig, temporal, startsEagerly(roles, environment), logger);
    const code = workflowCode(payloadKeys.current !== null, tracing !== null);
    const workers = await Promise.all(
      roles
        .filter((role): role is QueueRole => role !== 'bridge')
        .flatMap((role) => roleOptions(role, dependencies, environment, code))
        .map((own) => Worker.create({ connection, namespace, dataConverter, ...tracingOptions(tracing), ...own })),
    );
    const running = workers.map((worker) => worker.run());
    if (bridge !== null) running.push(told.then(() => bridge?.stop()));
    ready = true;
    announce(logger, {
      roles,
      address: settings.address,
      namespace,
      ...environment.deployment,
      payloadEncryption: describePayloadKeys(payloadKeys),
      ...(tracing === null ? {} : { tracesTo: readTracing()?.endpoint }),
    });
    await Promise.all(running);
    logger.info('worker_stopped', { roles });
  } finally {
    ready = false;
    await bridge?.stop();
    await health?.close();
    await connection.close();
    await tracing?.stop();
  }
}

/** Null where traces are off. */
function startTracing(logger: Logger, tellsErrors: boolean): Tracing | null {
  const tracing = tracingOf(() => ({
    tellsErrors,
    onExportFailed: (reason) => logger.warning('traces_not_sent', { reason, hint: 'Said once; runs go on without.' }),
  }));
  if (tracing === null) return null;
  traceRequests(tracing.traceRequest);
  setLogContext(tracing.logFields);
  return tracing;
}

const tracingOptions = (tracing: Tracing | null): Pick<WorkerOptions, 'interceptors' | 'sinks'> => {
  if (tracing === null) return {};
  const sinks: InjectedSinks<TraceSinks> = {
    // A replay tells what has been told.
    tracing: { span: { fn: (info, span) => tracing.exportWorkflowSpan(span, info), callDuringReplay: false } },
  };
  return { interceptors: { activity: tracing.activityInterceptors }, sinks };
};

async function connect(
  options: Parameters<typeof NativeConnection.connect>[0] & { address: string },
): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect(options);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LonghaulError(
      'TemporalUnreachable',
      `No Temporal server answers at ${options.address}: ${reason}`,
      {},
      { cause: error },
    );
  }
}

/** Temporal's runtime stops the workers at these signals; the bridge, and a process without any worker, hear of them here. */
const stopSignal = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });

/** Loaded where it is wanted: a worker without it does without its clients. */
async function startBridge(config: BridgeConfig, client: Client, isEager: boolean, logger: Logger): Promise<Bridge> {
  const module = load('./bridge/bridge') as typeof BridgeModule;
  const bridge = await module.startBridge({ config, client, isEager, logger, metrics: eventMetrics });
  logger.info('bridge_ready', { inputs: bridge.inputs });
  return bridge;
}

function announce(logger: Logger, facts: Readonly<Record<string, unknown>>): void {
  logger.info('worker_ready', { ...facts, pid: process.pid });
  process.send?.('ready');
}

/**
 * Whether this process may get the workflows that it starts with the server's answer. Not with versions: the server would not ask
 * which version is current, and a build that is only being tried would take the events.
 */
const startsEagerly = (roles: readonly Role[], { deployment }: Environment): boolean =>
  roles.includes('transfer') && deployment === null;

type QueueOptions = Omit<WorkerOptions, 'connection' | 'namespace'>;
type WorkflowCode = Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'>;

/** One for each queue that the role serves. */
function roleOptions(
  role: QueueRole,
  dependencies: Dependencies,
  environment: Environment,
  code: WorkflowCode,
): QueueOptions[] {
  const common = {
    taskQueue: TASK_QUEUES[role],
    maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE,
    defaultHeartbeatThrottleInterval: HEARTBEAT_THROTTLE,
    shutdownGraceTime: SHUTDOWN_GRACE,
    shutdownForceTime: SHUTDOWN_FORCE,
    ...versioning(environment),
  } as const;
  switch (role) {
    case 'workflows':
      return [
        {
          ...common,
          ...code,
          maxCachedWorkflows: 1_000,
          reuseV8Context: true,
          activities: createWorkflowQueueActivities(),
          enableNonLocalActivities: false,
        },
      ];
    case 'api':
      return [
        {
          ...common,
          activities: createApiActivities(dependencies),
          maxConcurrentActivityTaskExecutions: API_CALLS_AT_ONCE,
          maxTaskQueueActivitiesPerSecond: environment.apiCallsPerSec,
        },
      ];
    case 'transfer':
      return [
        {
          ...common,
          // Records run where their bytes move (docs/decisions/0009).
          ...code,
          maxCachedWorkflows: RECORDS_CACHED,
          reuseV8Context: true,
          activities: createTransferQueueActivities(dependencies),
          maxConcurrentActivityTaskExecutions: environment.transferSlots,
          ...transferRate(environment),
          // Small objects of events move within workflow tasks (docs/decisions/0018): beside them there is always room for others.
          maxConcurrentLocalActivityExecutions: environment.transferSlots,
          maxConcurrentWorkflowTaskExecutions: environment.transferSlots + WORKFLOW_TASKS_AT_ONCE,
        },
      ];
    case 'files':
      return [
        { ...common, activities: createClaimActivities(dependencies) },
        {
          ...common,
          taskQueue: filesQueue(environment.host),
          activities: createFilesActivities(dependencies),
          maxConcurrentActivityTaskExecutions: environment.transferSlots,
        },
      ];
  }
}

/** A limit of the queue also keeps the server from handing activities out beside it (eager execution). */
const transferRate = ({ transfersPerSec }: Environment): Pick<WorkerOptions, 'maxTaskQueueActivitiesPerSecond'> =>
  transfersPerSec === null ? {} : { maxTaskQueueActivitiesPerSecond: transfersPerSec };

/** On every worker, also those without workflows: activities of a pinned run go to workers of its own version. */
const versioning = ({ deployment }: Environment): Pick<WorkerOptions, 'workerDeploymentOptions'> =>
  deployment === null
    ? {}
    : {
        workerDeploymentOptions: {
          version: deployment,
          useWorkerVersioning: true,
          // A run ends on the version that it began with; what differs says so itself (docs/decisions/0029).
          defaultVersioningBehavior: 'PINNED',
        },
      };

/**
 * The prebuilt bundle where there is one (a build, a package); else the sources are bundled now, which takes seconds. How texts of
 * failures leave workflow code is part of a bundle, so there are two of them (docs/decisions/0024).
 */
function workflowCode(encodesFailures: boolean, isTraced: boolean): WorkflowCode {
  const name = encodesFailures ? 'workflow-bundle-encoded.js' : 'workflow-bundle.js';
  const codePath = path.join(__dirname, name);
  if (!existsSync(codePath)) return { workflowsPath: require.resolve('./workflows') };
  if (!isTraced) return { workflowBundle: { codePath } };
  // The bundle cannot read the environment; on its first line, so that positions in its source map stay right.
  const told = `globalThis.${TRACING_GLOBAL}=Object.freeze(${JSON.stringify(readTracing()?.sampling)});`;
  return { workflowBundle: { code: `${told}${readFileSync(codePath, 'utf8')}` } };
}
