/** Binding a server of this process to the address that it was given, and closing it. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LonghaulError } from '../model/errors';

/**
 * Binds to `address` (`host:port`; port 0: any free one) and answers where it listens. `what` names the address in errors: "The health
 * address 127.0.0.1:8080". Throws PortInUse where it is taken, ConfigInvalid where it cannot be bound at all.
 */
export async function listenAt(server: Server, address: string, what: string): Promise<string> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      const text = isTaken ? 'is taken' : `cannot be bound (${error.code ?? error.message})`;
      const code = isTaken ? 'PortInUse' : 'ConfigInvalid';
      reject(new LonghaulError(code, `${what} ${text}.`, {}, { cause: error }));
    });
    server.listen(Number(address.slice(colon + 1)), host, resolve);
  });
  const bound = server.address() as AddressInfo;
  return bound.family === 'IPv6' ? `[${bound.address}]:${bound.port}` : `${bound.address}:${bound.port}`;
}

/** Closes the server and every connection: browsers and scrapers keep theirs open, and waiting for them would hold up the shutdown. */
export const closeNow = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
