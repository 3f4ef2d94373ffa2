/** A proxy in front of the S3 server that follows a script: answers by itself, or lets pass and loses the answer. */
import { once } from 'node:events';
import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Operation =
  | 'create'
  | 'part'
  | 'copyPart'
  | 'complete'
  | 'abort'
  | 'listParts'
  | 'listUploads'
  | 'put'
  | 'copy'
  | 'head'
  | 'get'
  | 'delete'
  | 'other';

export interface StoreRequest {
  readonly operation: Operation;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** How often this operation has been asked for, from 1. */
  readonly nth: number;
}

export type Verdict =
  | 'pass'
  /** The store does it; its answer is lost with the connection. */
  | 'loseAnswer'
  /** The connection is reset before the store sees anything. */
  | 'reset'
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  /** The store does it, and this is answered instead. */
  | { readonly after: { readonly status: number; readonly body: string } }
  /** The store sees the request when the promise resolves, unless the client is gone by then. */
  | { readonly holdUntil: Promise<void> }
  /** The store does it at once; the answer waits for the promise. */
  | { readonly answerAfter: Promise<void> };

export interface S3Proxy {
  readonly endpoint: string;
  readonly seen: StoreRequest[];
  script: (request: StoreRequest) => Verdict;
  count(operation: Operation): number;
  close(): Promise<void>;
}

export const errorXml = (code: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>scripted</Message></Error>`;

export async function startS3Proxy(target: string): Promise<S3Proxy> {
  const upstream = new URL(target);
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const url = new URL(request.url ?? '/', self.endpoint);
      const operation = operationOf(request.method ?? '', url, request.headers);
      const seen = { operation, url, headers: request.headers, body, nth: self.count(operation) + 1 };
      self.seen.push(seen);
      const verdict = self.script(seen);
      if (verdict === 'reset') {
        request.socket.destroy();
      } else if (typeof verdict === 'object' && 'status' in verdict) {
        response.writeHead(verdict.status, { 'content-type': 'application/xml', ...verdict.headers });
        response.end(verdict.body ?? '');
      } else if (typeof verdict === 'object' && 'holdUntil' in verdict) {
        void verdict.holdUntil.then(() => {
          if (!request.socket.destroyed) pass(upstream, request, body, response, 'pass');
        });
      } else {
        pass(upstream, request, body, response, verdict);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const self: S3Proxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    script: () => 'pass',
    count: (operation) => self.seen.filter((each) => each.operation === operation).length,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return self;
}

/** The Host header stays the proxy's: it is part of the signature. */
function pass(
  upstream: URL,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  verdict: Exclude<Verdict, 'reset'>,
): void {
  const { hostname, port } = upstream;
  const out = forward({ hostname, port, path: request.url, method: request.method, headers: request.headers });
  out.on('response', (reply) => {
    const chunks: Buffer[] = [];
    reply.on('data', (chunk: Buffer) => chunks.push(chunk));
    reply.on('end', () => {
      if (verdict === 'loseAnswer') {
        request.socket.destroy();
      } else if (typeof verdict === 'object' && 'after' in verdict) {
        response.writeHead(verdict.after.status, { 'content-type': 'application/xml' }).end(verdict.after.body);
      } else {
        const answer = (): void => {
          response.writeHead(reply.statusCode ?? 500, reply.headers).end(Buffer.concat(chunks));
        };
        if (typeof verdict === 'object' && 'answerAfter' in verdict) void verdict.answerAfter.then(answer);
        else answer();
      }
    });
  });
  out.on('error', () => request.socket.destroy());
  out.end(body);
}

function operationOf(method: string, url: URL, headers: IncomingMessage['headers']): Operation {
  const query = url.searchParams;
  const isCopy = headers['x-amz-copy-source'] !== undefined;
  if (query.has('uploads')) return method === 'POST' ? 'create' : 'listUploads';
  if (query.has('uploadId')) {
    const byMethod: Record<string, Operation> = {
      PUT: isCopy ? 'copyPart' : 'part',
      POST: 'complete',
      DELETE: 'abort',
    };
    return byMethod[method] ?? 'listParts';
  }
  if (method === 'PUT') return isCopy ? 'copy' : 'put';
  const byMethod: Record<string, Operation> = { HEAD: 'head', GET: 'get', DELETE: 'delete' };
  return byMethod[method] ?? 'other';
}
