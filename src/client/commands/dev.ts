import { once } from 'node:events';
import { createRequire } from 'node:module';
import { Option, type Command } from 'commander';
import type * as StackModule from '../../dev/stack';
import type { BridgeDescription, StackDescription } from '../../dev/types';
import { EXIT_CODES, LonghaulError } from '../../model/errors';
import { parseWholeNumber } from '../lib/command/arguments';
import { defineCommand } from '../lib/command/command';
import { outputOf } from '../lib/print/output';
import { printable } from '../lib/print/terminal';

interface DevOptions {
  readonly portTemporal?: number;
  readonly portUi?: number;
  readonly portS3?: number;
  readonly portApi?: number;
  readonly dataDir: string;
  readonly ephemeral?: boolean;
  readonly worker: boolean;
  readonly urlLifetime?: number;
  readonly with?: readonly Extra[];
}

/** What the stack has only where it is asked for. */
const EXTRAS = ['bridge', 'postgres'] as const;
type Extra = (typeof EXTRAS)[number];

const load = createRequire(__filename);
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Of this package: the commands below find the clients that it has installed. */
const SEND_TO_SQS =
  "const{SQSClient:C,SendMessageCommand:M}=require('@aws-sdk/client-sqs');new C({}).send(new M({QueueUrl:process.argv[1],MessageBody:fs.readFileSync(process.argv[2],'utf8')})).then(r=>console.log(r.MessageId))";
const SEND_TO_PUBSUB =
  "const{PubSub:P}=require('@google-cloud/pubsub');new P({projectId:process.argv[1].split('/')[1]}).topic(process.argv[1]).publishMessage({data:fs.readFileSync(process.argv[2])}).then(console.log)";

const serverLines = ({ gcs, sqs, pubsub }: BridgeDescription): string => `
  GCS         ${gcs.endpoint} (a double)
  SQS         ${sqs.endpoint}
  Pub/Sub     ${pubsub.host}`;

const bridgeText = ({ gcs, sqs, pubsub, sampleEvents }: BridgeDescription): string => {
  const [first = 'event.json', second = 'event.json'] = sampleEvents;
  return `
The bridge: queue ${sqs.queueUrl}, its dead letters ${sqs.deadLetterUrl},
subscription ${pubsub.subscription}. To send an event to each of them (after the exports above):

  export STORAGE_EMULATOR_HOST=${gcs.endpoint} PUBSUB_EMULATOR_HOST=${pubsub.host} METADATA_SERVER_DETECTION=none
  export AWS_ENDPOINT_URL_SQS=${sqs.endpoint} LONGHAUL_DLQ=${sqs.deadLetterUrl}
  aws sqs send-message --endpoint-url "$AWS_ENDPOINT_URL_SQS" --queue-url ${sqs.queueUrl} --message-body 'file://${first}'
  node -e "${SEND_TO_SQS}" '${sqs.queueUrl}' '${first}'
  node -e "${SEND_TO_PUBSUB}" ${pubsub.topic} '${second}'
  curl "$STORAGE_EMULATOR_HOST/storage/v1/b/longhaul-sample/o"
  npx longhaul dlq list
`;
};

const postgresText = ({ postgres }: StackDescription): string =>
  postgres === undefined
    ? ''
    : [`export ${postgres.variable}='${postgres.url}'`, ...postgres.loads].map((line) => `\n  ${line}`).join('');

const readyText = (stack: StackDescription, ephemeral: boolean): string => {
  const { temporal, s3, exportApi, bridge, postgres, dataDir } = stack;
  return `
Longhaul is ready. ${ephemeral ? 'Its data is thrown away at the end' : 'Its data stays'}: ${dataDir}

  Temporal    ${temporal.address}, namespace ${temporal.namespace}
  Web UI      ${temporal.uiUrl}
  S3          ${s3.endpoint}
  Export API  ${exportApi.endpoint} (a sample vendor, files at ${exportApi.filesUrl})${
    bridge === undefined ? '' : serverLines(bridge)
  }
${postgres === undefined ? '' : `  Postgres    ${postgres.url}\n`}  Logs        ${dataDir}/logs

In another shell:

  export TEMPORAL_ADDRESS=${temporal.address} TEMPORAL_NAMESPACE=${temporal.namespace}
  export LONGHAUL_CONFIG_DIR='${dataDir}/configs'
  npx longhaul export sample --wait
  npx longhaul ingest --bucket longhaul-sample
  npx longhaul restore 20250115_sample${postgresText(stack)}

To look into the buckets with the AWS CLI, and for longhaul report of an ingest:

  export AWS_ENDPOINT_URL_S3=${s3.endpoint} AWS_REGION=${s3.region} AWS_DEFAULT_REGION=${s3.region}
  export AWS_ACCESS_KEY_ID=${s3.accessKeyId} AWS_SECRET_ACCESS_KEY=${s3.secretAccessKey}
  aws s3 ls --recursive s3://longhaul-sample
${bridge === undefined ? '' : bridgeText(bridge)}
Ctrl-C stops everything.`;
};

const stackOptions = (options: DevOptions, note: (text: string) => void): StackModule.StackOptions => ({
  ...(options.ephemeral === true ? { ephemeral: true } : { dataDir: options.dataDir }),
  ports: {
    ...(options.portTemporal === undefined ? {} : { temporal: options.portTemporal }),
    ...(options.portUi === undefined ? {} : { ui: options.portUi }),
    ...(options.portS3 === undefined ? {} : { s3: options.portS3 }),
    ...(options.portApi === undefined ? {} : { api: options.portApi }),
  },
  worker: options.worker,
  bridge: options.with?.includes('bridge') === true,
  postgres: options.with?.includes('postgres') === true,
  exportApi: options.urlLifetime === undefined ? {} : { urlLifetimeMs: options.urlLifetime * 1_000 },
  onProgress: (message) => note(`${message}…`),
});

const howEnded = ({ code, signal }: { code: number | null; signal: string | null }): string =>
  signal === null ? `with exit code ${code ?? 0}` : `by ${signal}`;

/** Rejects when a server ends by itself: a stack without it is no use to anybody. Says so at once, because stopping the rest takes seconds. */
const serverLost = async (stack: StackModule.Stack, note: (text: string) => void): Promise<never> => {
  const { temporal, s3, bridge, postgres } = stack;
  const servers = [
    ...[temporal, s3],
    ...(bridge === null ? [] : [bridge.sqs, bridge.pubsub]),
    ...(postgres === undefined ? [] : [postgres.server]),
  ];
  const server = await Promise.race(servers.map((each) => each.exited.then(() => each)));
  const how = howEnded(await server.exited);
  note(`The server ${server.name} has ended ${how}: stopping the others.`);
  const [last = ''] = server.recentOutput().trim().split('\n').slice(-1);
  throw new LonghaulError(
    'ServerEnded',
    `The server ${server.name} has ended ${how}. Its last line: ${printable(last).slice(-300)}`,
  );
};

/**
 * Replaces a worker that ends by itself, as whatever runs workers in production does. Never resolves; rejects where none can be
 * started. Only where there is one.
 */
const workerKept = async (
  stack: StackModule.Stack,
  stopping: AbortSignal,
  note: (text: string) => void,
): Promise<never> => {
  let [worker] = stack.workers;
  while (worker !== undefined) {
    const how = howEnded(await worker.exited);
    if (stopping.aborted) break;
    note(`The worker has ended ${how}: starting another. Its log: ${stack.logDir}`);
    worker = await stack.startWorker();
    note('Another worker is there; what was in flight goes on when the heartbeat timeout (10 s) has passed.');
  }
  return new Promise<never>(() => undefined);
};

/** `longhaul dev`: the embedded stack, until Ctrl-C. A second Ctrl-C does not wait for an orderly end. */
export const register = (program: Command): void => {
  const port = (flag: string) => (text: string) => parseWholeNumber(flag, text, 1, 65_535);
  const command = defineCommand(program, {
    usage: 'dev',
    description: 'start Temporal, S3, a sample export API and a worker on this machine',
    examples: [
      'longhaul dev',
      'longhaul dev --ephemeral --port-ui 8233',
      'longhaul dev --with bridge',
      'longhaul dev --with postgres',
      'longhaul dev --json --no-worker',
    ],
  });
  command
    .option('--port-temporal <port>', 'port of the Temporal server (default: a free one)', port('--port-temporal'))
    .option('--port-ui <port>', 'port of the Temporal Web UI (default: a free one)', port('--port-ui'))
    .option('--port-s3 <port>', 'port of the S3 server (default: a free one)', port('--port-s3'))
    .option('--port-api <port>', 'port of the sample export API (default: a free one)', port('--port-api'))
    .option('--data-dir <folder>', 'where everything is kept', '.longhaul')
    .option('--ephemeral', 'keep everything in a temporary folder and throw it away at the end')
    .addOption(
      new Option(
        '--with <part...>',
        'bridge: Cloud Storage, SQS and Pub/Sub too, and a worker that reads them; postgres: a Postgres with samples to load',
      ).choices(EXTRAS),
    )
    .option('--no-worker', 'start no worker: longhaul worker starts one apart')
    .option('--url-lifetime <seconds>', 'how long signed URLs of the sample API live (default: 900)', (text) =>
      parseWholeNumber('--url-lifetime', text, 1, 86_400),
    );
  command.action(async (options: DevOptions) => {
    const output = outputOf(command);
    // Before anything is started: Ctrl-C during the start must end what is up by then.
    const stopping = new AbortController();
    for (const signal of STOP_SIGNALS) {
      process.on(signal, () => {
        // What still runs is ended by the orphan guard when we are gone.
        if (stopping.signal.aborted) process.exit(EXIT_CODES.cancelled);
        output.note('Stopping…');
        stopping.abort();
      });
    }
    const { startStack } = load('../../dev/stack') as typeof StackModule;
    const stack = await startStack(stackOptions(options, (text) => output.note(text)));
    try {
      if (!stopping.signal.aborted) {
        output.data(stack.describe(), (description) => readyText(description, options.ephemeral === true));
        const note = (text: string): void => output.note(text);
        const lost = [serverLost(stack, note), workerKept(stack, stopping.signal, note)];
        await Promise.race([once(stopping.signal, 'abort'), ...lost]);
      }
    } finally {
      // Also where a server is lost: a worker that is stopped with the rest must not be replaced.
      stopping.abort();
      await stack.stop();
    }
  });
};
