/** The client of SQS. Credentials: the default chain of the AWS SDK. */
import { SQSClient } from '@aws-sdk/client-sqs';
import { UndiciHttpHandler } from '@smithy/undici-http-handler';
import { sqsEndpoint } from '../config/bridge';

/** Longer than the longest poll (20 s): a connection that has gone silent must not hang a consumer for ever. */
const ANSWER_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 5_000;

export interface SqsQueue {
  readonly queueUrl: string;
  readonly region: string;
}

/** `https://sqs.us-east-1.amazonaws.com/111122223333/events` → `events`, for logs and messages. */
export const queueName = (queueUrl: string): string => queueUrl.split('/').at(-1) ?? queueUrl;

/** Call destroy() on it: its connections are kept open. */
export const createSqsClient = ({ queueUrl, region }: SqsQueue): SQSClient =>
  new SQSClient({
    region,
    endpoint: sqsEndpoint(queueUrl),
    requestHandler: new UndiciHttpHandler({
      dispatcher: { headersTimeout: ANSWER_TIMEOUT_MS, connect: { timeout: CONNECT_TIMEOUT_MS } },
    }),
  });
