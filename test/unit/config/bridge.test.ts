import { isBridgeConfigured, readBridgeConfig, readDeadLetterConfig } from '../../../src/config/bridge';

const QUEUE = 'https://sqs.eu-central-1.amazonaws.com/111122223333/events';
const DEAD = 'https://sqs.us-west-2.amazonaws.com/111122223333/dead';
const minimal = { LONGHAUL_BRIDGE_SQS_QUEUE_URL: QUEUE, LONGHAUL_DLQ: DEAD };

const message = (env: Record<string, string>): string => {
  try {
    readBridgeConfig(env);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ConfigInvalid' });
    return (error as Error).message;
  }
  throw new Error('nothing was wrong');
};

describe('readBridgeConfig', () => {
  it('takes regions from the queues, and fills in the rest', () => {
    expect(readBridgeConfig(minimal)).toEqual({
      sqs: { queueUrl: QUEUE, region: 'eu-central-1' },
      pubsub: null,
      http: null,
      deadLetter: { target: { kind: 'sqs', queueUrl: DEAD, region: 'us-west-2' }, subscription: null },
      maxOpenTransfers: 200,
      visibilityTimeoutMs: 60_000,
      drainMs: 20_000,
    });
  });

  it.each([
    ['https://sqs-fips.us-gov-west-1.amazonaws.com/1/q', 'us-gov-west-1'],
    ['https://eu-west-1.queue.amazonaws.com/1/q', 'eu-west-1'],
    ['https://sqs.cn-north-1.amazonaws.com.cn/1/q', 'cn-north-1'],
    ['http://127.0.0.1:9324/000000000000/q', 'ap-south-1'],
  ])('reads the region of %s', (url, region) => {
    const env = { ...minimal, LONGHAUL_BRIDGE_SQS_QUEUE_URL: url, AWS_REGION: 'ap-south-1' };
    expect(readBridgeConfig(env).sqs?.region).toBe(region);
  });

  it('reads a topic with its subscription, and hides the token', () => {
    const config = readBridgeConfig({
      LONGHAUL_BRIDGE_PUBSUB_SUBSCRIPTION: 'projects/p/subscriptions/events',
      LONGHAUL_DLQ: 'projects/p/topics/dead',
      LONGHAUL_DLQ_SUBSCRIPTION: 'projects/p/subscriptions/dead',
      LONGHAUL_BRIDGE_HTTP_ADDRESS: '8080',
      LONGHAUL_BRIDGE_HTTP_TOKEN_ENV: 'MY_TOKEN',
      MY_TOKEN: 'a-token-that-is-long-enough',
    });
    expect(config).toMatchObject({
      pubsub: { subscription: 'projects/p/subscriptions/events' },
      deadLetter: {
        target: { kind: 'pubsub', topic: 'projects/p/topics/dead' },
        subscription: 'projects/p/subscriptions/dead',
      },
      http: { address: '127.0.0.1:8080' },
    });
    expect(config.http?.token.reveal()).toBe('a-token-that-is-long-enough');
    expect(JSON.stringify(config)).not.toContain('a-token-that-is-long-enough');
  });

  it('names everything that is wrong at once, with the fix', () => {
    const text = message({
      LONGHAUL_BRIDGE_SQS_QUEUE_URL: 'events',
      LONGHAUL_BRIDGE_PUBSUB_SUBSCRIPTION: 'events',
      LONGHAUL_BRIDGE_MAX_OPEN_TRANSFERS: '0',
      LONGHAUL_BRIDGE_HTTP_ADDRESS: '0.0.0.0:8080',
    });
    expect(text).toMatch(/LONGHAUL_BRIDGE_SQS_QUEUE_URL must be the URL of an SQS queue, such as https:/);
    expect(text).toMatch(/LONGHAUL_BRIDGE_PUBSUB_SUBSCRIPTION must be projects\/<project>\/subscriptions\/<name>/);
    expect(text).toMatch(/LONGHAUL_BRIDGE_MAX_OPEN_TRANSFERS: expected a whole number from 1/);
    expect(text).toMatch(/LONGHAUL_BRIDGE_HTTP_TOKEN_ENV is missing: name the variable/);
    expect(text).toMatch(/LONGHAUL_DLQ is missing/);
  });

  it.each([
    [{ LONGHAUL_BRIDGE_SQS_QUEUE_URL: QUEUE, LONGHAUL_DLQ: QUEUE }, /LONGHAUL_DLQ is the queue that events come from/],
    [{ ...minimal, LONGHAUL_DLQ: 'dead' }, /LONGHAUL_DLQ must be projects/],
    [
      { ...minimal, LONGHAUL_DLQ_SUBSCRIPTION: 'projects/p/subscriptions/s' },
      /is for a LONGHAUL_DLQ that is a Pub\/Sub topic/,
    ],
    [{}, /nothing to read; set one of them, or leave the role out/],
  ])('refuses %j', (env, text) => {
    expect(message(env)).toMatch(text);
  });

  it('refuses a token that is missing, short, or stands where its name belongs, and shows none', () => {
    const http = { LONGHAUL_BRIDGE_HTTP_ADDRESS: '8080' };
    expect(message({ ...http, LONGHAUL_BRIDGE_HTTP_TOKEN_ENV: 'T' })).toMatch(/names T, which is not set/);
    const short = message({ ...http, LONGHAUL_BRIDGE_HTTP_TOKEN_ENV: 'T', T: 'hunter2' });
    expect(short).toMatch(/fewer than 16 characters/);
    expect(short).not.toContain('hunter2');
    const pasted = message({ ...http, LONGHAUL_BRIDGE_HTTP_TOKEN_ENV: 'the-token-itself-123' });
    expect(pasted).toMatch(/must be the name of a variable, not a token/);
    expect(pasted).not.toContain('the-token-itself-123');
  });
});

it('a worker of all roles has a bridge only where there is something to read', () => {
  expect(isBridgeConfigured({})).toBe(false);
  expect(isBridgeConfigured({ LONGHAUL_DLQ: DEAD, LONGHAUL_BRIDGE_SQS_QUEUE_URL: ' ' })).toBe(false);
  expect(isBridgeConfigured({ LONGHAUL_BRIDGE_HTTP_ADDRESS: '8080' })).toBe(true);
  expect(readDeadLetterConfig({})).toBeNull();
});
