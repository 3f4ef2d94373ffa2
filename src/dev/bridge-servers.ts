/**
 * What the bridge needs beside Temporal and S3: the double of Cloud Storage, an SQS and a Pub/Sub server, with a queue, a
 * dead-letter queue and a topic. Owns `<dataDir>/gcs`, `<dataDir>/sqs`. Queues are in memory: each start begins empty.
 */
import type { DataDir } from './data-dir';
import { startGcsServer, type GcsServer } from './gcs-server';
import { choosePort } from './ports';
import { startPubSubServer, type PubSubServer } from './pubsub-server';
import { startSqsServer, type SqsQueue, type SqsServer } from './sqs-server';
import { allStarted, type Teardown } from './teardown';
import { optionalToolPath } from './tools';
import type { BridgeDescription } from './types';

/** Queue, topic and subscription of transfer events. */
const EVENTS_NAME = 'longhaul-events';
const DEAD_LETTERS_NAME = 'longhaul-dead-letters';

/** Long enough for the bridge to hand a message over on a busy machine. */
const VISIBILITY_SEC = 60;
const ACK_DEADLINE_SEC = 60;
/** A message that kills every bridge that reads it goes away by itself. */
const MAX_RECEIVES = 20;

export interface BridgeServers {
  readonly gcs: GcsServer;
  readonly sqs: SqsServer;
  readonly pubsub: PubSubServer;
  readonly queue: SqsQueue;
  readonly deadLetters: SqsQueue;
  /** `projects/<project>/topics/<name>` */
  readonly topic: string;
  /** `projects/<project>/subscriptions/<name>` */
  readonly subscription: string;
}

export interface BridgePorts {
  readonly gcs?: number;
  readonly sqs?: number;
  readonly pubsub?: number;
}

/** Starts all three. Throws ToolMissing, PortInUse; what was started is in `teardown` also then. */
export const startBridgeServers = async (
  data: DataDir,
  teardown: Teardown,
  ports: BridgePorts = {},
): Promise<BridgeServers> => {
  // One after the other: each may build for a minute, and says so.
  await optionalToolPath('elasticmq');
  await optionalToolPath('pubsub-emulator');
  const logDir = data.folder('logs');
  const startGcs = async (): Promise<GcsServer> =>
    startGcsServer({ dataDir: data.folder('gcs'), port: await choosePort(ports.gcs, 'the Cloud Storage double') });
  const [gcs, sqs, pubsub] = await allStarted([
    teardown.keep(startGcs()),
    teardown.keep(
      startSqsServer({
        dataDir: data.folder('sqs'),
        logDir,
        ...(ports.sqs === undefined ? {} : { port: ports.sqs }),
      }),
    ),
    teardown.keep(startPubSubServer({ logDir, ...(ports.pubsub === undefined ? {} : { port: ports.pubsub }) })),
  ] as const);
  const deadLetters = await sqs.createQueue(DEAD_LETTERS_NAME);
  const queue = await sqs.createQueue(EVENTS_NAME, {
    visibilityTimeoutSec: VISIBILITY_SEC,
    redrive: { queue: deadLetters, maxReceiveCount: MAX_RECEIVES },
  });
  const topic = await pubsub.createTopic(EVENTS_NAME);
  const subscription = await pubsub.createSubscription(EVENTS_NAME, EVENTS_NAME, { ackDeadlineSec: ACK_DEADLINE_SEC });
  return { gcs, sqs, pubsub, queue, deadLetters, topic, subscription };
};

/** What a worker of the stack needs to reach them, and to read their queues. S3 and the AWS keys come with ingestWorkerEnv. */
export const bridgeWorkerEnv = (servers: BridgeServers): Record<string, string | undefined> => ({
  STORAGE_EMULATOR_HOST: servers.gcs.endpoint,
  AWS_ENDPOINT_URL_SQS: servers.sqs.endpoint,
  PUBSUB_EMULATOR_HOST: servers.pubsub.host,
  // Or Google's libraries look for a metadata server first, for seconds where there is none.
  METADATA_SERVER_DETECTION: 'none',
  LONGHAUL_BRIDGE_SQS_QUEUE_URL: servers.queue.url,
  LONGHAUL_BRIDGE_PUBSUB_SUBSCRIPTION: servers.subscription,
  LONGHAUL_DLQ: servers.deadLetters.url,
  LONGHAUL_DLQ_SUBSCRIPTION: undefined,
});

export const describeBridge = (servers: BridgeServers, sampleEvents: readonly string[]): BridgeDescription => ({
  gcs: { endpoint: servers.gcs.endpoint },
  sqs: { endpoint: servers.sqs.endpoint, queueUrl: servers.queue.url, deadLetterUrl: servers.deadLetters.url },
  pubsub: {
    host: servers.pubsub.host,
    projectId: servers.pubsub.projectId,
    topic: servers.topic,
    subscription: servers.subscription,
  },
  sampleEvents,
});
