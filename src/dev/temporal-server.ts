/**
 * The Temporal development server: one process with the server, its SQLite database and the Web UI.
 * Owns the folder `<dataDir>/temporal`.
 */
import { mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { Connection } from '@temporalio/client';
import { childEnv } from '../config/environment';
import { SEARCH_ATTRIBUTE_TYPES } from '../model/names';
import { choosePort, freePort } from './ports';
import { startProcess } from './process';
import { Restartable } from './restartable';
import { toolPaths } from './tools';
import type { TemporalServer } from './types';
import { waitUntilReady } from './wait';

export interface TemporalServerOptions {
  readonly dataDir: string;
  readonly logDir: string;
  /** The gRPC port and the Web UI's; free ones where they are left out. Throws PortInUse where a given one is taken. */
  readonly port?: number;
  readonly uiPort?: number;
  /** `default` always exists; others are created at the start. */
  readonly namespace?: string;
  /** Settings of the server itself, such as `limit.historyCount.suggestContinueAsNew`, for tests of its limits. */
  readonly dynamicConfig?: Readonly<Record<string, string | number | boolean>>;
}

const DYNAMIC_CONFIG = {
  /** Off in servers of one's own, and a setting of the namespace in Temporal Cloud (docs/decisions/0028). */
  'matching.enableFairness': true,
  /** One and not four: partitions spread a load that a server of one process never has, and each is fair for itself alone. */
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
  /** Temporal Cloud has it on too: a record's first activity goes straight to the worker that asked for it (docs/decisions/0009). */
  'system.enableActivityEagerExecution': true,
  /**
   * How often a shard may look for tasks to hand out. The default, 20, is meant for the hundreds of shards of a real cluster;
   * with the one that this server has, every task would wait for the next of 20 moments a second.
   */
  'history.transferProcessorMaxPollRPS': 1_000,
};

/** Ready in 0.4 s on an idle machine; a first start on a loaded CI machine has to unpack a 138 MB binary. */
const READY_TIMEOUT_MS = 60_000;
/** One call to a server that listens already. */
const PROBE_TIMEOUT_MS = 2_000;

const describeNamespace = async (address: string, namespace: string): Promise<true> => {
  const connection = await Connection.connect({ address, connectTimeout: PROBE_TIMEOUT_MS });
  try {
    await connection.withDeadline(Date.now() + PROBE_TIMEOUT_MS, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    return true;
  } finally {
    await connection.close();
  }
};

class TemporalDevServer extends Restartable implements TemporalServer {
  constructor(
    launch: ConstructorParameters<typeof Restartable>[0],
    first: ConstructorParameters<typeof Restartable>[1],
    readonly address: string,
    readonly namespace: string,
    readonly uiUrl: string,
  ) {
    super(launch, first);
  }
}

/** Starts the server and waits until the namespace answers. Throws ToolMissing, PortInUse, or Internal with its output. */
export const startTemporalServer = async (options: TemporalServerOptions): Promise<TemporalServer> => {
  const { temporal } = await toolPaths();
  const namespace = options.namespace ?? 'default';
  const port = await choosePort(options.port, 'the Temporal server');
  const uiPort = await choosePort(options.uiPort, 'the Temporal Web UI');
  const httpPort = await freePort();
  const metricsPort = await freePort();
  const address = `127.0.0.1:${port}`;
  mkdirSync(options.dataDir, { recursive: true });

  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--log-level', 'warn', '--namespace', namespace];
  args.push('--port', String(port), '--ui-port', String(uiPort));
  args.push('--http-port', String(httpPort), '--metrics-port', String(metricsPort));
  // A file database without these two pragmas is five times slower; WAL with synchronous=normal survives our own kill -9.
  args.push('--db-filename', path.join(options.dataDir, 'temporal.db'));
  args.push('--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal');
  for (const [name, { type }] of Object.entries(SEARCH_ATTRIBUTE_TYPES))
    args.push('--search-attribute', `${name}=${type}`);

  for (const [key, value] of Object.entries({ ...DYNAMIC_CONFIG, ...options.dynamicConfig }))
    args.push('--dynamic-config-value', `${key}=${JSON.stringify(value)}`);

  const launch = async () => {
    const logFile = path.join(options.logDir, 'temporal.log');
    // The CLI would take profiles and addresses of the user's own Temporal from these.
    const env = childEnv({ TEMPORAL_ADDRESS: undefined, TEMPORAL_NAMESPACE: undefined, TEMPORAL_PROFILE: undefined });
    const child = await startProcess({ name: 'temporal', command: temporal, args, env, logFile });
    await waitUntilReady(child, () => describeNamespace(address, namespace), READY_TIMEOUT_MS);
    return child;
  };
  return new TemporalDevServer(launch, await launch(), address, namespace, `http://127.0.0.1:${uiPort}`);
};
