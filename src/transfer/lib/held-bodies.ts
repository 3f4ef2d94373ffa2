/**
 * Lets a connection end while its body is held back. undici 7 asserts that its parser is not paused when the other side
 * closes (assert(!this.paused) in Parser.finish): from a socket's event, so that nobody can catch it and the process ends.
 * Any server that closes after its answer meets that while we wait for a part to be written, or for the rate limit. Mended in
 * undici 8 (nodejs/undici#5360, #5474), which needs Node 22; this does the same from outside.
 */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';

/** What we touch of undici's parser (undici/lib/dispatcher/client-h1.js). */
interface Parser {
  paused: boolean;
  readonly ptr: number | null;
  readonly llhttp: { llhttp_resume(ptr: number): void };
  shouldKeepAlive: boolean;
  resume(): void;
}

const { kParser } = createRequire(__filename)('undici/lib/core/symbols') as { readonly kParser: symbol };

const parserOf = (socket: Socket): Parser | undefined =>
  (socket as unknown as Record<symbol, Parser | null | undefined>)[kParser] ?? undefined;

/** The same connections, which may be closed by the other side at any time. */
export const holdingBodies =
  (connect: buildConnector.connector): buildConnector.connector =>
  (options, callback) =>
    connect(options, (...result) => {
      // Of a connection that has failed there is none, whatever the types say.
      if (result[0] === null) watch(result[1]);
      callback(...result);
    });

/** undici's own listeners come later: ours see each event first. */
function watch(socket: Socket): void {
  socket.on('end', () => {
    const parser = parserOf(socket);
    if (parser !== undefined) letGo(parser, socket);
  });
  // Broken off: undici asks a parser whose connection was to close whether that was the end. A paused one cannot say so.
  const brokenOff = (): void => {
    const parser = parserOf(socket);
    if (parser?.paused === true) parser.shouldKeepAlive = true;
  };
  socket.on('error', brokenOff);
  socket.on('close', brokenOff);
}

/** All has arrived: what is left goes to the body, which keeps it until it is read, and undici may ask whether that was all. */
function letGo(parser: Parser, socket: Socket): void {
  for (let leftBytes = Infinity; parser.paused && !socket.destroyed && socket.readableLength < leftBytes;) {
    leftBytes = socket.readableLength;
    parser.resume();
  }
  // Held back once more, with nothing left to read: the answer was cut off, or ends with its connection.
  if (!parser.paused || socket.destroyed || parser.ptr === null) return;
  parser.llhttp.llhttp_resume(parser.ptr);
  parser.paused = false;
}
