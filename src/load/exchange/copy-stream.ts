/** Bytes into COPY … FROM STDIN on a connection, with back-pressure from the socket to whoever fills the buffers. */
import type { PoolClient } from 'pg';
import { from } from 'pg-copy-streams';
import type { Fill } from '../read/object-reader';

/** One is filled while the other is sent. Larger ones gain nothing on a socket. */
const BUFFER_BYTES = 512 * 1024;

/** Answers the rows that the server counted. Throws the server's error, or that of `fill` after COPY was told to fail. */
export async function copyStream(client: PoolClient, sql: string, fill: Fill): Promise<number> {
  const stream = client.query(from(sql, { highWaterMark: BUFFER_BYTES }));
  const ended = new Promise<never>((_, reject) => {
    stream.once('error', reject);
    stream.once('close', () => reject(new Error('The connection was closed')));
  });
  ended.catch(() => undefined);
  const finished = new Promise<void>((resolve) => stream.once('finish', () => resolve()));
  const write = (data: Buffer): Promise<void> =>
    new Promise((resolve, reject) => {
      stream.write(data, (error) => (error ? reject(error) : resolve()));
    });
  const buffers = [Buffer.allocUnsafeSlow(BUFFER_BYTES), Buffer.allocUnsafeSlow(BUFFER_BYTES)] as const;
  let sending: Promise<void> = Promise.resolve();
  try {
    for (let turn = 0; ; turn ^= 1) {
      const buffer = buffers[turn === 0 ? 0 : 1];
      const length = await Promise.race([fill(buffer), ended]);
      await Promise.race([sending, ended]);
      if (length === 0) break;
      sending = write(buffer.subarray(0, length));
      sending.catch(() => undefined);
      if (length < buffer.length) {
        await Promise.race([sending, ended]);
        break;
      }
    }
  } catch (error) {
    // Sends CopyFail; without an end the server would wait for the rest of the data.
    if (!stream.destroyed) {
      stream.on('error', () => undefined);
      stream.destroy(error instanceof Error ? new Error('the source of the data failed') : undefined);
    }
    throw error;
  }
  stream.end();
  await Promise.race([finished, ended]);
  return stream.rowCount;
}
