/** Gzip (RFC 1952), several members too, on the thread pool and with back-pressure. */
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { LonghaulError } from '../../model/errors';
import type { Fill } from './object-reader';

const INPUT_BYTES = 256 * 1024;
const OUTPUT_BYTES = 512 * 1024;

export interface Gunzipped {
  readonly fill: Fill;
  close(): void;
}

/**
 * Throws FileTruncated where the last member is cut off, FileMalformed where it is no gzip or its checksum is wrong. A file that
 * is cut exactly between two members cannot be told from a shorter one.
 */
export function gunzip(read: Fill, display: string, signal: AbortSignal): Gunzipped {
  async function* compressed(): AsyncGenerator<Buffer> {
    for (;;) {
      // Fresh ones: the stream keeps a few in its queue.
      const block = Buffer.allocUnsafe(INPUT_BYTES);
      const length = await read(block);
      if (length > 0) yield block.subarray(0, length);
      if (length < INPUT_BYTES) return;
    }
  }
  const input = Readable.from(compressed(), { objectMode: true, highWaterMark: 2 });
  const output = createGunzip({ chunkSize: OUTPUT_BYTES });
  input.on('error', (error) => output.destroy(error));
  input.pipe(output);
  const chunks = output[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let rest: Buffer | undefined;

  const fill: Fill = async (target) => {
    let filled = 0;
    while (filled < target.length) {
      if (rest === undefined) {
        const next = await nextOf(chunks, display, signal);
        if (next === undefined) break;
        rest = next;
      }
      const copied = rest.copy(target, filled);
      filled += copied;
      rest = copied < rest.length ? rest.subarray(copied) : undefined;
    }
    return filled;
  };
  const close = (): void => {
    input.destroy();
    output.destroy();
  };
  return { fill, close };
}

async function nextOf(
  chunks: AsyncIterator<Buffer>,
  display: string,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  try {
    const next = await chunks.next();
    return next.done === true ? undefined : next.value;
  } catch (thrown) {
    signal.throwIfAborted();
    const { code = '', message = '' } = thrown as { code?: string; message?: string };
    if (!code.startsWith('Z_')) throw thrown;
    const context = { operation: 'read', source: display };
    if (code === 'Z_BUF_ERROR')
      throw new LonghaulError('FileTruncated', `${display}: the gzip stream is cut off`, context);
    throw new LonghaulError('FileMalformed', `${display}: not a sound gzip stream (${message})`, context);
  }
}
