/** The queue servers of one test file, each with a folder of its own that is gone with stop(). */
import { type SqsServer, startSqsServer } from '../../../src/dev/sqs-server';
import { type PubSubServer, startPubSubServer } from '../../../src/dev/pubsub-server';
import { freshFolder } from '../../support/shared-stack';

export interface Owned<T> {
  readonly server: T;
  stop(): Promise<void>;
}

const owned = async <T extends { stop(): Promise<void> }>(start: (folder: string) => Promise<T>): Promise<Owned<T>> => {
  const folder = freshFolder('queues');
  const server = await start(folder.path);
  const stop = async (): Promise<void> => {
    await server.stop();
    folder.remove();
  };
  return { server, stop };
};

/** Clients that this process makes find the server by the vendor's own variables. */
export const startSqs = async (): Promise<Owned<SqsServer>> => {
  const sqs = await owned((folder) => startSqsServer({ dataDir: folder, logDir: folder }));
  Object.assign(process.env, sqsVariables(sqs.server));
  return sqs;
};

export const sqsVariables = ({ endpoint, accessKeyId, secretAccessKey }: SqsServer): Record<string, string> => ({
  AWS_ENDPOINT_URL_SQS: endpoint,
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
});

export const startPubsub = async (): Promise<Owned<PubSubServer>> => {
  const pubsub = await owned((folder) => startPubSubServer({ logDir: folder }));
  process.env['PUBSUB_EMULATOR_HOST'] = pubsub.server.host;
  return pubsub;
};
