/** Settings of the bridge: where events come from, where bad ones go, and how many transfers may be open. */
import type { DeadLetterTarget } from '../model/transfer-event';
import { LonghaulError } from '../model/errors';
import { Secret } from '../model/secret';
import { type EnvironmentVariables, readAddress, readInteger, readVariable } from './read-variable';

export interface DeadLetterConfig {
  readonly target: DeadLetterTarget;
  /** The subscription to read a topic by; null: what is in it cannot be listed. Always null for SQS. */
  readonly subscription: string | null;
}

export interface BridgeConfig {
  readonly sqs: { readonly queueUrl: string; readonly region: string } | null;
  /** `projects/<project>/subscriptions/<name>` */
  readonly pubsub: { readonly subscription: string } | null;
  readonly http: { readonly address: string; readonly token: Secret } | null;
  readonly deadLetter: DeadLetterConfig | null;
  readonly maxOpenTransfers: number;
  readonly visibilityTimeoutMs: number;
  readonly drainMs: number;
}

/** A heartbeat every third of it is the least that survives one lost call; SQS's own upper limit is 12 hours. */
const MIN_VISIBILITY_SEC = 3;
const MAX_VISIBILITY_SEC = 43_200;
const MAX_OPEN_LIMIT = 100_000;
const MAX_DRAIN_SEC = 600;
/** A shorter token can be guessed over a network. */
const MIN_TOKEN_LENGTH = 16;

/** Of Google's resource names: https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names */
const SUBSCRIPTION = /^projects\/[^/\s]+\/subscriptions\/[^/\s]+$/;
const TOPIC = /^projects\/[^/\s]+\/topics\/[^/\s]+$/;
/** `sqs.us-east-1.amazonaws.com`, `us-east-1.queue.amazonaws.com`, and those of FIPS and China. */
const AWS_HOST =
  /^(?:sqs(?:-fips)?\.([a-z0-9-]+)|([a-z0-9-]+)\.queue)\.(?:amazonaws\.com|api\.aws|amazonaws\.com\.cn)$/;

/** Of a queue's URL where AWS names it there; else AWS_REGION, AWS_DEFAULT_REGION, us-east-1. */
const regionOf = (queueUrl: URL, env: EnvironmentVariables): string => {
  const match = AWS_HOST.exec(queueUrl.hostname);
  const named = match?.[1] ?? match?.[2];
  return named ?? readVariable(env, 'AWS_REGION') ?? readVariable(env, 'AWS_DEFAULT_REGION') ?? 'us-east-1';
};

/** An URL with at least the name of a queue in its path, and nothing that could be a secret. */
const queueUrlOf = (text: string): URL | null => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname.length < 2) return null;
  return url.username === '' && url.password === '' && url.search === '' ? url : null;
};

/**
 * Where requests for a queue go: AWS_ENDPOINT_URL_SQS (a VPC endpoint, a test server), else the host of its URL. The SDK would
 * take the latter in both cases, and say so on the console with each request.
 */
export const sqsEndpoint = (queueUrl: string, env: EnvironmentVariables = process.env): string =>
  readVariable(env, 'AWS_ENDPOINT_URL_SQS') ?? new URL(queueUrl).origin;

/** Whether PUBSUB_EMULATOR_HOST points the Google client at an emulator. */
export const usesPubsubEmulator = (env: EnvironmentVariables = process.env): boolean =>
  readVariable(env, 'PUBSUB_EMULATOR_HOST') !== null;

/** Collects what is wrong: each round of correct-and-try costs the reader a deployment. */
class Problems {
  readonly #texts: string[] = [];

  add(variable: string, fault: string): null {
    this.#texts.push(`${variable} ${fault}`);
    return null;
  }

  /** What `read` gives, or null where it throws ConfigInvalid. */
  take<T>(read: () => T): T | null {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof LonghaulError)) throw error;
      this.#texts.push(error.message.replace(/\.$/, ''));
      return null;
    }
  }

  throwAny(): void {
    if (this.#texts.length > 0) throw new LonghaulError('ConfigInvalid', `${this.#texts.join('; ')}.`);
  }
}

const SQS_EXAMPLE = 'such as https://sqs.us-east-1.amazonaws.com/111122223333/events';

const readSqs = (env: EnvironmentVariables, problems: Problems): BridgeConfig['sqs'] => {
  const name = 'LONGHAUL_BRIDGE_SQS_QUEUE_URL';
  const text = readVariable(env, name);
  if (text === null) return null;
  const url = queueUrlOf(text);
  if (url === null) return problems.add(name, `must be the URL of an SQS queue, ${SQS_EXAMPLE}`);
  return { queueUrl: text, region: regionOf(url, env) };
};

const readPubsub = (env: EnvironmentVariables, problems: Problems): BridgeConfig['pubsub'] => {
  const name = 'LONGHAUL_BRIDGE_PUBSUB_SUBSCRIPTION';
  const text = readVariable(env, name);
  if (text === null) return null;
  if (!SUBSCRIPTION.test(text)) return problems.add(name, 'must be projects/<project>/subscriptions/<name>');
  return { subscription: text };
};

const readTarget = (env: EnvironmentVariables, problems: Problems): DeadLetterTarget | null => {
  const text = readVariable(env, 'LONGHAUL_DLQ');
  if (text === null) return null;
  if (TOPIC.test(text)) return { kind: 'pubsub', topic: text };
  const url = queueUrlOf(text);
  if (url !== null) return { kind: 'sqs', queueUrl: text, region: regionOf(url, env) };
  return problems.add(
    'LONGHAUL_DLQ',
    `must be projects/<project>/topics/<name> or the URL of an SQS queue, ${SQS_EXAMPLE}`,
  );
};

const readDeadLetter = (env: EnvironmentVariables, problems: Problems): DeadLetterConfig | null => {
  const target = readTarget(env, problems);
  const name = 'LONGHAUL_DLQ_SUBSCRIPTION';
  const subscription = readVariable(env, name);
  if (subscription !== null && !SUBSCRIPTION.test(subscription)) {
    problems.add(name, 'must be projects/<project>/subscriptions/<name>');
  }
  if (subscription !== null && target?.kind === 'sqs') {
    problems.add(name, 'is for a LONGHAUL_DLQ that is a Pub/Sub topic; remove it, or give the topic');
  }
  return target === null ? null : { target, subscription };
};

const readHttp = (env: EnvironmentVariables, problems: Problems): BridgeConfig['http'] => {
  const address = problems.take(() => readAddress(env, 'LONGHAUL_BRIDGE_HTTP_ADDRESS'));
  if (address === null) return null;
  const name = 'LONGHAUL_BRIDGE_HTTP_TOKEN_ENV';
  const variable = readVariable(env, name);
  if (variable === null) {
    return problems.add(
      name,
      'is missing: name the variable that holds the bearer token of LONGHAUL_BRIDGE_HTTP_ADDRESS',
    );
  }
  // The value of this one is a name; a token that was put here by mistake is not repeated in a message.
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable))
    return problems.add(name, 'must be the name of a variable, not a token');
  const token = readVariable(env, variable);
  if (token === null) return problems.add(name, `names ${variable}, which is not set`);
  if (token.length < MIN_TOKEN_LENGTH) {
    return problems.add(name, `names ${variable}, which holds fewer than ${MIN_TOKEN_LENGTH} characters`);
  }
  return { address, token: new Secret(token) };
};

/** Whether this environment gives the bridge anything to read: without it a worker of all roles has none. */
export const isBridgeConfigured = (env: EnvironmentVariables = process.env): boolean =>
  ['LONGHAUL_BRIDGE_SQS_QUEUE_URL', 'LONGHAUL_BRIDGE_PUBSUB_SUBSCRIPTION', 'LONGHAUL_BRIDGE_HTTP_ADDRESS'].some(
    (name) => readVariable(env, name) !== null,
  );

/** LONGHAUL_DLQ and LONGHAUL_DLQ_SUBSCRIPTION alone, or null. Throws ConfigInvalid that names the variable and the fix. */
export const readDeadLetterConfig = (env: EnvironmentVariables = process.env): DeadLetterConfig | null => {
  const problems = new Problems();
  const config = readDeadLetter(env, problems);
  problems.throwAny();
  return config;
};

/** Reads the settings of the bridge. Throws ConfigInvalid that names every variable that is wrong or missing, and the fix. */
export const readBridgeConfig = (env: EnvironmentVariables = process.env): BridgeConfig => {
  const problems = new Problems();
  const number = (name: string, fallback: number, min: number, max: number): number =>
    problems.take(() => readInteger(env, name, fallback, min, max)) ?? fallback;
  const config: BridgeConfig = {
    sqs: readSqs(env, problems),
    pubsub: readPubsub(env, problems),
    http: readHttp(env, problems),
    deadLetter: readDeadLetter(env, problems),
    maxOpenTransfers: number('LONGHAUL_BRIDGE_MAX_OPEN_TRANSFERS', 200, 1, MAX_OPEN_LIMIT),
    visibilityTimeoutMs: number('LONGHAUL_BRIDGE_VISIBILITY_SEC', 60, MIN_VISIBILITY_SEC, MAX_VISIBILITY_SEC) * 1_000,
    drainMs: number('LONGHAUL_BRIDGE_DRAIN_SEC', 20, 1, MAX_DRAIN_SEC) * 1_000,
  };
  if (!isBridgeConfigured(env)) {
    problems.add(
      'LONGHAUL_BRIDGE_SQS_QUEUE_URL',
      'is not set, nor is LONGHAUL_BRIDGE_PUBSUB_SUBSCRIPTION or LONGHAUL_BRIDGE_HTTP_ADDRESS: the bridge has nothing to read; set one of them, or leave the role out',
    );
  }
  const readsQueue = ['LONGHAUL_BRIDGE_SQS_QUEUE_URL', 'LONGHAUL_BRIDGE_PUBSUB_SUBSCRIPTION'].some(
    (name) => readVariable(env, name) !== null,
  );
  if (readsQueue && readVariable(env, 'LONGHAUL_DLQ') === null) {
    problems.add(
      'LONGHAUL_DLQ',
      'is missing: what is no event has to go somewhere; set the URL of an SQS queue or projects/<project>/topics/<name>',
    );
  }
  if (
    config.sqs !== null &&
    config.deadLetter?.target.kind === 'sqs' &&
    config.sqs.queueUrl === config.deadLetter.target.queueUrl
  ) {
    problems.add(
      'LONGHAUL_DLQ',
      'is the queue that events come from: what fails would come back for ever; set another queue',
    );
  }
  problems.throwAny();
  return config;
};
