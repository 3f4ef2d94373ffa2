import type { Socket } from 'node:net';

/**
 * Ends a connection with a RST. One whose own end (a FIN) is on its way cannot be reset any more (libuv: EINVAL), and Node 20 to 24
 * would neither close it then nor ever exit, but spin in its clean-up: it is destroyed.
 */
export function resetConnection(socket: Socket): void {
  const isEnding = socket.writableEnded && !socket.writableFinished;
  if (isEnding) socket.destroy();
  else socket.resetAndDestroy();
}
