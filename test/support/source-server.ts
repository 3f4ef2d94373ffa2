/** A file server for sources: ranges, If-Range and validators as RFC 9110 says, and a script of what goes wrong. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly range?: { readonly first: number; readonly last: number };
  /** From 0, in order of arrival. */
  readonly number: number;
}

/** Answers the request and returns true, or returns false for the honest answer. */
export type Fault = (request: SeenRequest, response: ServerResponse, file: ServedFile) => boolean;

export interface ServedFile {
  body: Buffer;
  etag?: string | undefined;
  lastModified?: string | undefined;
  contentType?: string;
  headers?: Record<string, string>;
}

export interface SourceServer {
  readonly url: string;
  readonly requests: SeenRequest[];
  file: ServedFile;
  fault: Fault;
  /** Bytes of bodies handed to the network. */
  servedBytes: number;
  close(): Promise<void>;
}

export async function startSourceServer(file: ServedFile): Promise<SourceServer> {
  const server: Server = createServer((request, response) => {
    const range = readRange(request.headers.range, self.file.body.length);
    const seen: SeenRequest = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      number: self.requests.length,
      ...(range === undefined ? {} : { range }),
    };
    self.requests.push(seen);
    if (!self.fault(seen, response, self.file)) answer(self, seen, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const self: SourceServer = {
    url: `http://127.0.0.1:${port}/data/file.bin`,
    requests: [],
    file,
    fault: () => false,
    servedBytes: 0,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return self;
}

function readRange(header: string | undefined, size: number): { first: number; last: number } | undefined {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? '');
  if (match === null) return undefined;
  const last = match[2] === '' ? size - 1 : Number(match[2]);
  return { first: Number(match[1]), last };
}

export const validators = (file: ServedFile): Record<string, string> => ({
  ...(file.etag === undefined ? {} : { etag: file.etag }),
  ...(file.lastModified === undefined ? {} : { 'last-modified': file.lastModified }),
  'content-type': file.contentType ?? 'application/octet-stream',
  ...file.headers,
});

/** The honest answer. */
export function answer(server: SourceServer, { range, headers }: SeenRequest, response: ServerResponse): void {
  const { file } = server;
  const size = file.body.length;
  const ifRange = headers['if-range'];
  const isSame = ifRange === undefined || ifRange === file.etag || ifRange === file.lastModified;
  if (range === undefined || !isSame) {
    response.writeHead(200, { ...validators(file), 'content-length': size });
    server.servedBytes += size;
    response.end(file.body);
    return;
  }
  if (range.first >= size) {
    response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
    return;
  }
  const last = Math.min(range.last, size - 1);
  const body = file.body.subarray(range.first, last + 1);
  response.writeHead(206, {
    ...validators(file),
    'content-length': body.length,
    'content-range': `bytes ${range.first}-${last}/${size}`,
  });
  server.servedBytes += body.length;
  response.end(body);
}

/** Sends the headers of the honest answer and only the first `bytes` of its body, then `then`. */
export function cutAfter(
  request: SeenRequest,
  response: ServerResponse,
  file: ServedFile,
  bytes: number,
  then: (response: ServerResponse) => void = (cut) => cut.destroy(),
): void {
  const first = request.range?.first ?? 0;
  const last = Math.min(request.range?.last ?? Infinity, file.body.length - 1);
  const body = file.body.subarray(first, last + 1);
  const partial = request.range !== undefined;
  response.writeHead(partial ? 206 : 200, {
    ...validators(file),
    'content-length': body.length,
    ...(partial ? { 'content-range': `bytes ${first}-${last}/${file.body.length}` } : {}),
  });
  if (bytes === 0) response.flushHeaders();
  response.write(body.subarray(0, bytes), () => then(response));
}
