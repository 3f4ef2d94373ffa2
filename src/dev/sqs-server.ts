/**
 * An SQS server for tests and development: ElasticMQ, with the limits of AWS. Owns `<dataDir>/elasticmq.conf`. Queues and
 * messages are in memory: a restart begins with none.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { CreateQueueCommand, GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { childEnv } from '../config/environment';
import { choosePort } from './ports';
import { startProcess } from './process';
import { Restartable } from './restartable';
import { optionalToolPath } from './tools';
import type { ManagedProcess } from './types';
import { waitUntilReady } from './wait';

export interface SqsServerOptions {
  readonly dataDir: string;
  readonly logDir: string;
  /** A free one where it is left out. Throws PortInUse where a given one is taken. */
  readonly port?: number;
}

export interface SqsQueue {
  readonly name: string;
  readonly url: string;
  readonly arn: string;
}

export interface SqsQueueOptions {
  /** How long a received message stays hidden. Default 30, as at AWS. */
  readonly visibilityTimeoutSec?: number;
  /** Where a message goes that was received so often and never deleted. */
  readonly redrive?: { readonly queue: SqsQueue; readonly maxReceiveCount: number };
}

export interface SqsServer extends ManagedProcess {
  /** What AWS_ENDPOINT_URL_SQS is for the clients. */
  readonly endpoint: string;
  readonly region: string;
  /** Any keys do; these are what its own client and the sample environment use. */
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** An ordinary client of this server. */
  readonly client: SQSClient;
  createQueue(name: string, options?: SqsQueueOptions): Promise<SqsQueue>;
  /** Messages that could be received now, and those that somebody has in hand. */
  depth(queue: SqsQueue): Promise<{ readonly visible: number; readonly inFlight: number }>;
  /** Starts it again on the same port, without queues. */
  restart(): Promise<void>;
}

const REGION = 'us-east-1';
const KEYS = { accessKeyId: 'longhaul', secretAccessKey: 'longhaul' };
/** A cold start of the JVM on a busy machine. */
const READY_TIMEOUT_MS = 90_000;
const DEFAULT_VISIBILITY_SEC = 30;
/** What it takes for thousands of small messages; the default heap would be a quarter of the machine. */
const JAVA_OPTIONS = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx192m'];

const configuration = (port: number): string => `include classpath("application.conf")

node-address { protocol = http, host = "127.0.0.1", port = ${port}, context-path = "" }
rest-sqs { enabled = true, bind-port = ${port}, bind-hostname = "127.0.0.1", sqs-limits = strict }
rest-stats { enabled = false }
aws { region = "${REGION}", accountId = "000000000000" }
`;

class ElasticMq extends Restartable implements SqsServer {
  readonly region = REGION;
  readonly accessKeyId = KEYS.accessKeyId;
  readonly secretAccessKey = KEYS.secretAccessKey;

  constructor(
    launch: () => Promise<ManagedProcess>,
    first: ManagedProcess,
    readonly endpoint: string,
    readonly client: SQSClient,
  ) {
    super(launch, first);
  }

  async createQueue(name: string, options: SqsQueueOptions = {}): Promise<SqsQueue> {
    const { visibilityTimeoutSec = DEFAULT_VISIBILITY_SEC, redrive } = options;
    const policy = redrive && {
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: redrive.queue.arn,
        maxReceiveCount: redrive.maxReceiveCount,
      }),
    };
    const Attributes = { VisibilityTimeout: String(visibilityTimeoutSec), ...policy };
    const { QueueUrl: url = '' } = await this.client.send(new CreateQueueCommand({ QueueName: name, Attributes }));
    return { name, url, arn: (await this.#attributes(url))['QueueArn'] ?? '' };
  }

  async depth({ url }: SqsQueue): Promise<{ visible: number; inFlight: number }> {
    const found = await this.#attributes(url);
    return {
      visible: Number(found['ApproximateNumberOfMessages']),
      inFlight: Number(found['ApproximateNumberOfMessagesNotVisible']),
    };
  }

  async #attributes(url: string): Promise<Record<string, string>> {
    const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] });
    return (await this.client.send(command)).Attributes ?? {};
  }
}

/** Starts the server and waits until it answers. Throws ToolMissing (no Java, no Maven), PortInUse, or Internal with its output. */
export const startSqsServer = async (options: SqsServerOptions): Promise<SqsServer> => {
  const jars = await optionalToolPath('elasticmq');
  const port = await choosePort(options.port, 'the SQS server');
  const endpoint = `http://127.0.0.1:${port}`;
  mkdirSync(options.dataDir, { recursive: true });
  const config = path.join(options.dataDir, 'elasticmq.conf');
  writeFileSync(config, configuration(port));
  const main = ['-cp', path.join(jars, '*'), 'org.elasticmq.server.Main'];
  const args = [...JAVA_OPTIONS, `-Dconfig.file=${config}`, ...main];
  const client = new SQSClient({ endpoint, region: REGION, credentials: KEYS });
  const launch = async (): Promise<ManagedProcess> => {
    const logFile = path.join(options.logDir, 'sqs.log');
    const child = await startProcess({ name: 'sqs', command: 'java', args, env: childEnv({}), logFile });
    const isReady = async (): Promise<boolean> => {
      await client.send(new ListQueuesCommand({}));
      return true;
    };
    await waitUntilReady(child, isReady, READY_TIMEOUT_MS);
    return child;
  };
  return new ElasticMq(launch, await launch(), endpoint, client);
};
