/** Writes a range of a sample file into a response, with the faults that happen in the middle of a body. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { CHUNK_BYTES, openContent } from './content';
import type { Armed, FileFault } from './faults';
import type { ServedFile } from './file-store';
import { pause } from './http';
import type { FileStats } from './stats';

/** Resolves when the kernel has the chunk (its buffer may then be reused); false where the client has gone. */
const write = (response: ServerResponse, chunk: Buffer): Promise<boolean> =>
  new Promise((resolve) => {
    const gone = (): void => resolve(false);
    response.once('close', gone);
    response.write(chunk, (error) => {
      response.off('close', gone);
      resolve(error === null || error === undefined);
    });
  });

/** Shorter chunks where a body is slowed down, so that it flows instead of coming in bursts. */
const chunkLimit = (bytesPerSec: number | undefined): number =>
  bytesPerSec === undefined ? CHUNK_BYTES : Math.max(1, Math.min(CHUNK_BYTES, Math.floor(bytesPerSec / 20)));

export const sendBody = async (
  response: ServerResponse,
  served: ServedFile,
  range: { readonly firstByte: number; readonly endByte: number },
  fault: Armed<FileFault> | undefined,
  stats: FileStats,
): Promise<void> => {
  const lengthBytes = range.endByte - range.firstByte;
  const endAt = Math.min(lengthBytes, fault?.truncateToBytes ?? Infinity);
  const cutAt = fault?.cutAfterBytes ?? Infinity;
  let stallAt = fault?.stallAfterBytes ?? Infinity;
  const limit = chunkLimit(fault?.bytesPerSec);
  response.flushHeaders();
  const reader = await openContent(served.file.content, served.version);
  try {
    for (let sent = 0; sent < endAt;) {
      if (sent >= cutAt) return void response.destroy();
      if (sent >= stallAt) {
        stallAt = Infinity;
        await Promise.race([fault?.cleared, once(response, 'close')]);
      }
      const wanted = Math.min(endAt, cutAt, stallAt) - sent;
      const chunk = await reader.read(range.firstByte + sent, Math.min(wanted, limit));
      if (chunk.length === 0) return void response.destroy();
      if (response.destroyed || !(await write(response, chunk))) return;
      sent += chunk.length;
      stats.bytes += chunk.length;
      if (fault?.bytesPerSec !== undefined) await pause((chunk.length / fault.bytesPerSec) * 1000);
    }
    // A cut at the very end still breaks the connection instead of ending the body.
    if (cutAt <= endAt) response.destroy();
    else response.end();
  } finally {
    await reader.close();
  }
};
