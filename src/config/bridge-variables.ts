/** The environment variables of the bridge, for docs/reference/environment.md; bridge.ts reads them. */

export const BRIDGE_VARIABLES = [
  {
    name: 'LONGHAUL_BRIDGE_SQS_QUEUE_URL',
    default: 'off',
    meaning: 'Bridge: URL of the SQS queue that transfer events come from.',
  },
  {
    name: 'LONGHAUL_BRIDGE_PUBSUB_SUBSCRIPTION',
    default: 'off',
    meaning: 'Bridge: Pub/Sub subscription of transfer events, `projects/<project>/subscriptions/<name>`.',
  },
  {
    name: 'LONGHAUL_DLQ',
    default: 'none',
    meaning:
      'Dead-letter queue: the URL of an SQS queue, or a Pub/Sub topic `projects/<project>/topics/<name>`. Required where the bridge reads a queue.',
  },
  {
    name: 'LONGHAUL_DLQ_SUBSCRIPTION',
    default: 'none',
    meaning:
      'Where LONGHAUL_DLQ is a topic: the subscription that `longhaul dlq` reads, `projects/<project>/subscriptions/<name>`.',
  },
  {
    name: 'LONGHAUL_BRIDGE_MAX_OPEN_TRANSFERS',
    default: '200',
    meaning: 'Bridge: events are not taken while this many transfers of the namespace are open.',
  },
  {
    name: 'LONGHAUL_BRIDGE_VISIBILITY_SEC',
    default: '60',
    meaning:
      'Bridge: how long a message stays hidden after its bridge has died. A bridge that lives extends it while it waits.',
  },
  {
    name: 'LONGHAUL_BRIDGE_HTTP_ADDRESS',
    default: 'off',
    meaning: 'Bridge: address of `POST /events`, `host:port`. Needs LONGHAUL_BRIDGE_HTTP_TOKEN_ENV.',
  },
  {
    name: 'LONGHAUL_BRIDGE_HTTP_TOKEN_ENV',
    default: 'none',
    meaning: 'Bridge: the name of the variable that holds the bearer token of `POST /events`, at least 16 characters.',
  },
  {
    name: 'LONGHAUL_BRIDGE_DRAIN_SEC',
    default: '20',
    meaning:
      'Bridge: how long messages in hand may take after SIGTERM. What is left then comes again from the queue; keep it below the grace time of the orchestrator.',
  },
  {
    name: 'AWS_ENDPOINT_URL_SQS',
    default: 'the URL’s host',
    meaning:
      'Where requests to SQS go, instead of to the host of the queue’s URL: a VPC endpoint, a test server. Credentials come from the default chain of the AWS SDK.',
  },
  {
    name: 'PUBSUB_EMULATOR_HOST',
    default: 'Google',
    meaning:
      'A Pub/Sub emulator, `host:port` (read by the Google client). Credentials come from Application Default Credentials.',
  },
] as const;
