/** A host of equal files from memory, with ranges and a validator: it must cost little beside what is measured. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FileServer {
  readonly origin: string;
  close(): Promise<void>;
}

const SMALL_BYTES = 8 * 2 ** 20;

/** Every path is a file of `largeBytes` bytes; those below `/small/` have 8 MiB. */
export async function startFileServer(largeBytes: number): Promise<FileServer> {
  const body = Buffer.alloc(Math.max(largeBytes, SMALL_BYTES));
  for (let offset = 0; offset < body.length - 4; offset += 4096) body.writeUInt32LE(offset, offset);
  const server = createServer((request, response) => {
    const sizeBytes = request.url?.startsWith('/small/') === true ? SMALL_BYTES : largeBytes;
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    const first = Number(range?.[1] ?? 0);
    const end = Math.min(Number(range?.[2] ?? sizeBytes - 1) + 1, sizeBytes);
    response.writeHead(range === null ? 200 : 206, {
      'content-type': 'text/csv',
      'content-length': end - first,
      etag: '"bench"',
      'accept-ranges': 'bytes',
      ...(range === null ? {} : { 'content-range': `bytes ${first}-${end - 1}/${sizeBytes}` }),
    });
    response.end(body.subarray(first, end));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
