/** A Pub/Sub server for tests and development: the emulator of Google's own Go client. All is in memory: a restart begins with nothing. */
import * as path from 'node:path';
import type { ClientConfig, PubSub } from '@google-cloud/pubsub';
import { childEnv } from '../config/environment';
import { choosePort, isFree } from './ports';
import { startProcess } from './process';
import { Restartable } from './restartable';
import { optionalToolPath } from './tools';
import type { ManagedProcess } from './types';
import { waitUntilReady } from './wait';

export interface PubSubServerOptions {
  readonly logDir: string;
  /** A free one where it is left out. Throws PortInUse where a given one is taken. */
  readonly port?: number;
  readonly projectId?: string;
}

export interface PubSubSubscriptionOptions {
  /** How long a delivered message is leased. Default 10, as at Google. */
  readonly ackDeadlineSec?: number;
  /** Where a message goes that was delivered so often (5 to 100) and never acknowledged: a topic by its short name. */
  readonly deadLetter?: { readonly topic: string; readonly maxDeliveryAttempts: number };
}

export interface PubSubServer extends ManagedProcess {
  /** `host:port`: what PUBSUB_EMULATOR_HOST is for the clients. */
  readonly host: string;
  readonly projectId: string;
  /** An ordinary client of this server, closed by stop(). */
  client(): Promise<PubSub>;
  /** Gives `projects/<project>/topics/<name>`. */
  createTopic(name: string): Promise<string>;
  /** Gives `projects/<project>/subscriptions/<name>`. */
  createSubscription(topic: string, name: string, options?: PubSubSubscriptionOptions): Promise<string>;
  /** Starts it again on the same port, without topics. */
  restart(): Promise<void>;
}

const DEFAULT_PROJECT = 'longhaul-dev';
const DEFAULT_ACK_DEADLINE_SEC = 10;
const READY_TIMEOUT_MS = 30_000;

/**
 * Options of Google's client for an emulator. Without a universe the client looks for credentials to learn it from, on a
 * metadata server that is not there: that takes seconds and prints a warning.
 */
export const emulatedPubSub = (projectId: string, host: string): ClientConfig => ({
  projectId,
  apiEndpoint: host,
  emulatorMode: true,
  clientOptions: { universeDomain: 'googleapis.com' },
});

class Emulator extends Restartable implements PubSubServer {
  #client: Promise<PubSub> | null = null;

  constructor(
    launch: () => Promise<ManagedProcess>,
    first: ManagedProcess,
    readonly host: string,
    readonly projectId: string,
  ) {
    super(launch, first);
  }

  client(): Promise<PubSub> {
    // Loaded late: it takes a second that nobody spends who only starts the server.
    this.#client ??= import('@google-cloud/pubsub').then(
      ({ PubSub }) => new PubSub(emulatedPubSub(this.projectId, this.host)),
    );
    return this.#client;
  }

  async createTopic(name: string): Promise<string> {
    const [topic] = await (await this.client()).createTopic(name);
    return topic.name;
  }

  async createSubscription(topic: string, name: string, options: PubSubSubscriptionOptions = {}): Promise<string> {
    const { ackDeadlineSec = DEFAULT_ACK_DEADLINE_SEC, deadLetter } = options;
    const deadLetterPolicy = deadLetter && {
      deadLetterTopic: `projects/${this.projectId}/topics/${deadLetter.topic}`,
      maxDeliveryAttempts: deadLetter.maxDeliveryAttempts,
    };
    const [subscription] = await (
      await this.client()
    ).createSubscription(topic, name, {
      ackDeadlineSeconds: ackDeadlineSec,
      ...(deadLetterPolicy === undefined ? {} : { deadLetterPolicy }),
    });
    return subscription.name;
  }

  override async stop(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await (await client)?.close();
    await super.stop();
  }
}

/** Starts the server and waits until it accepts connections. Throws ToolMissing (no Go), PortInUse, or Internal with its output. */
export const startPubSubServer = async (options: PubSubServerOptions): Promise<PubSubServer> => {
  const command = await optionalToolPath('pubsub-emulator');
  const port = await choosePort(options.port, 'the Pub/Sub server');
  const launch = async (): Promise<ManagedProcess> => {
    const logFile = path.join(options.logDir, 'pubsub.log');
    const child = await startProcess({
      name: 'pubsub',
      command,
      args: ['-port', String(port)],
      env: childEnv({}),
      logFile,
    });
    await waitUntilReady(child, async () => !(await isFree(port)), READY_TIMEOUT_MS);
    return child;
  };
  return new Emulator(launch, await launch(), `127.0.0.1:${port}`, options.projectId ?? DEFAULT_PROJECT);
};
