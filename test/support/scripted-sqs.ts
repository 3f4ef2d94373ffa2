/** A queue that takes messages over the JSON protocol of SQS, or refuses them as the test says: the real one cannot be told to. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DlqEnvelope } from '../../src/model/transfer-event';

export interface ScriptedSqs {
  readonly queueUrl: string;
  /** What was taken, in order. */
  readonly envelopes: DlqEnvelope[];
  /** Requests, those that were refused included. */
  asked: number;
  isDown: boolean;
  close(): Promise<void>;
}

export async function startScriptedSqs(): Promise<ScriptedSqs> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      self.asked += 1;
      const headers = { 'content-type': 'application/x-amz-json-1.0' };
      if (self.isDown) {
        response.writeHead(503, headers).end(JSON.stringify({ __type: 'ServiceUnavailable', message: 'scripted' }));
        return;
      }
      const { MessageBody } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { MessageBody: string };
      self.envelopes.push(JSON.parse(MessageBody) as DlqEnvelope);
      const MD5OfMessageBody = createHash('md5').update(MessageBody).digest('hex');
      response.writeHead(200, headers).end(JSON.stringify({ MessageId: `m-${self.asked}`, MD5OfMessageBody }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const self: ScriptedSqs = {
    queueUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/000000000000/failed-events`,
    envelopes: [],
    asked: 0,
    isDown: false,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return self;
}
