/** An S3 store that answers every request with what a test has written, over real connections. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { S3Client } from '@aws-sdk/client-s3';
import { Secret } from '../../src/model/secret';
import { createS3Client, createS3Destination, type S3Destination } from '../../src/transfer';

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

export interface AnsweringStore {
  readonly client: S3Client;
  /** Of the bucket `bucket`. */
  readonly destination: S3Destination;
  /** To every request from now on. */
  answer: Answer;
  stop(): Promise<void>;
}

export async function startAnsweringStore(): Promise<AnsweringStore> {
  const server = createServer((request, response) => {
    request.resume();
    const { status = 200, headers = {}, body } = store.answer;
    response.writeHead(status, { ...headers });
    response.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = createS3Client({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forcePathStyle: true,
    credentials: { kind: 'keys', accessKeyId: 'a', secretAccessKey: new Secret('b') },
  });
  const store: AnsweringStore = {
    client,
    destination: createS3Destination({ client, bucket: 'bucket' }),
    answer: { body: '' },
    async stop() {
      client.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return store;
}
