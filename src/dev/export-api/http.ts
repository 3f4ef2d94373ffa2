/** Small HTTP helpers of the sample servers. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits without keeping the process alive: a fault's delay must not outlive the servers. */
export const pause = (ms: number): Promise<void> => sleep(ms, undefined, { ref: false });

const MAX_BODY_BYTES = 16 * 1024 * 1024;

export const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new Error('The request body is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

/** A whole answer, or 'break': the socket is destroyed without one. */
export type Reply =
  { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string } | 'break';

export const respond = (response: ServerResponse, reply: Reply): void => {
  if (reply === 'break') {
    response.destroy();
    return;
  }
  response.writeHead(reply.status, { 'Content-Length': String(Buffer.byteLength(reply.body)), ...reply.headers });
  // A body on the answer to HEAD would be read as the start of the next answer on the connection.
  response.end(response.req.method === 'HEAD' ? undefined : reply.body);
};

export const json = (status: number, value: unknown): Reply => ({
  status,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(value),
});

const escapeXml = (text: string): string =>
  text.replace(/[<>&]/g, (c) => (c === '<' ? '&lt;' : c === '>' ? '&gt;' : '&amp;'));

/** An error document as S3 writes it: Code, Message and the given further elements. */
export const xmlError = (
  status: number,
  code: string,
  message: string,
  more: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): Reply => {
  const elements = Object.entries({ Code: code, Message: message, ...more, RequestId: 'SAMPLE0000000001' });
  const body = elements.map(([name, text]) => `<${name}>${escapeXml(text)}</${name}>`).join('');
  return {
    status,
    headers: { 'Content-Type': 'application/xml', ...headers },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${body}</Error>`,
  };
};

/** A handler that failed: the client sees a broken connection or a 500, never a request that hangs. */
export const guarded =
  (handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    handle(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else respond(response, json(500, { message: error instanceof Error ? error.message : String(error) }));
    });
  };

export interface Listening {
  readonly port: number;
  readonly server: Server;
}

export const listen = async (host: string, port: number, handler: RequestListener): Promise<Listening> => {
  // Sample servers are stopped by closing their sockets: no request may hit a time limit of its own before.
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, handler);
  server.listen(port, host);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, server };
};

export const stop = async ({ server }: Listening): Promise<void> => {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
};
