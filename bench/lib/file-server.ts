/** A host of generated files, with ranges and a validator: it must cost little beside what is measured, whatever the size. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FileServer {
  readonly origin: string;
  /** Body bytes handed to connections; a connection that is cut takes what lies in its buffers with it. */
  servedBytes(): number;
  close(): Promise<void>;
}

const MIB = 2 ** 20;
const SMALL_BYTES = 8 * MIB;
/** A file repeats this block, so that one of 4 GiB takes no more memory. */
const BLOCK_BYTES = 64 * MIB;

/** Every path is a file of `largeBytes` bytes; those below `/small/` have 8 MiB. */
export async function startFileServer(largeBytes: number): Promise<FileServer> {
  const block = Buffer.alloc(BLOCK_BYTES);
  for (let offset = 0; offset < block.length; offset += 4096) block.writeUInt32LE(offset, offset);
  let served = 0;
  const send = async (response: ServerResponse, first: number, end: number): Promise<void> => {
    for (let at = first; at < end && !response.destroyed;) {
      const start = at % BLOCK_BYTES;
      const piece = block.subarray(start, Math.min(start + end - at, BLOCK_BYTES));
      at += piece.length;
      served += piece.length;
      if (!response.write(piece)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    }
    response.end();
  };
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
    void send(response, first, end);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    servedBytes: () => served,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
