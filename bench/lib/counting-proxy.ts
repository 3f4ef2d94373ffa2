/** A proxy in front of the S3 server that counts: requests by kind and key, and bytes of parts. Streams, holds nothing. */
import { once } from 'node:events';
import { Agent, createServer, request as forward, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  /** Path-style: `/bucket/key`. */
  readonly path: string;
  readonly kind: 'part' | 'other';
  /** Body bytes that came in, complete or not. */
  bytes: number;
  /** Body bytes that the store has answered with. */
  answeredBytes: number;
}

export interface CountingProxy {
  readonly endpoint: string;
  readonly seen: readonly SeenRequest[];
  close(): Promise<void>;
}

const kindOf = (request: IncomingMessage, url: URL): SeenRequest['kind'] =>
  request.method === 'PUT' && url.searchParams.has('partNumber') ? 'part' : 'other';

export async function startCountingProxy(target: string): Promise<CountingProxy> {
  const { hostname, port } = new URL(target);
  const agent = new Agent({ keepAlive: true });
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', target);
    const entry: SeenRequest = {
      method: request.method ?? '',
      path: decodeURIComponent(url.pathname),
      kind: kindOf(request, url),
      bytes: 0,
      answeredBytes: 0,
    };
    seen.push(entry);
    // The Host header stays as it is: it is part of the signature.
    const { method, headers, url: path } = request;
    const out = forward({ hostname, port, path, method, headers, agent }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.on('data', (chunk: Buffer) => (entry.answeredBytes += chunk.length));
      reply.pipe(response);
    });
    request.on('data', (chunk: Buffer) => (entry.bytes += chunk.length));
    request.pipe(out);
    // Each side ends with the other: a killed worker must not leave half a part open at the store.
    out.on('error', () => response.destroy());
    response.on('close', () => {
      if (!response.writableFinished) out.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async close() {
      server.closeAllConnections();
      server.close();
      agent.destroy();
      await once(server, 'close');
    },
  };
}
