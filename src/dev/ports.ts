/** Ports for the embedded servers. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { LonghaulError } from '../model/errors';

/**
 * Below the range from which operating systems take ports for outgoing connections (32768 on Linux, 49152 on macOS):
 * a server that is down for a test would otherwise find its port taken by a client's connection when it comes back.
 */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;
const ATTEMPTS = 200;

const handedOut = new Set<number>();

/** Whether a server on this machine can listen at the port now. */
export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });

/** A free port, never the same twice in this process. Throws PortInUse where none is left. */
export const freePort = async (): Promise<number> => {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    if (!handedOut.has(port) && (await isFree(port))) {
      handedOut.add(port);
      return port;
    }
  }
  throw new LonghaulError('PortInUse', `No free port was found between ${FIRST_PORT} and ${LAST_PORT}.`);
};

/** `chosen` where it is given and free, else any free port. Throws PortInUse that names the port and what it is for. */
export const choosePort = async (chosen: number | undefined, purpose: string): Promise<number> => {
  if (chosen === undefined) return freePort();
  if (await isFree(chosen)) return chosen;
  throw new LonghaulError('PortInUse', `Port ${chosen}, chosen for ${purpose}, is taken by another process.`);
};
