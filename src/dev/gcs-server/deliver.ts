/** Writes an answer to the client, with the faults that happen while it is sent. Gives the bytes of the body. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Readable, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Answer, Headers, MediaAnswer } from './answers';
import { ConnectionCut, type Call } from './call';
import type { ArmedFault } from './faults';

const changedHeaders = (headers: Headers, fault: ArmedFault | undefined): Record<string, string | string[]> => {
  const result: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) result[name] = typeof value === 'string' ? value : [...value];
  for (const [name, value] of Object.entries(fault?.replaceHeaders ?? {})) {
    for (const known of Object.keys(result)) {
      if (known.toLowerCase() === name.toLowerCase()) Reflect.deleteProperty(result, known);
    }
    if (value !== null) result[name] = value;
  }
  return result;
};

/** Until the client has taken what was written, or has gone; `once` would leave a listener behind each time. */
const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });

const write = async (call: Call, chunk: Buffer): Promise<void> => {
  const { response } = call;
  if (response.destroyed) throw new ConnectionCut('the client has gone');
  if (!response.write(chunk)) await drained(response);
};

const sendMedia = async (call: Call, answer: MediaAnswer): Promise<number> => {
  const { response, fault } = call;
  const { content, start, end, gunzip } = answer.media;
  const plain = content.read(start, end);
  const source: AsyncIterable<Buffer> = gunzip
    ? pipeline(Readable.from(plain), createGunzip(), () => undefined)
    : plain;
  const cutAt = fault?.cutAfterBytes ?? Infinity;
  const endAt = fault?.truncateToBytes ?? Infinity;
  const corruptAt = fault?.corruptAtByte ?? Infinity;
  let stallAt = fault?.stallAfterBytes ?? Infinity;
  let sent = 0;
  response.flushHeaders();
  for await (let chunk of source) {
    if (corruptAt >= sent && corruptAt < sent + chunk.length) {
      chunk = Buffer.from(chunk);
      chunk[corruptAt - sent] = (chunk[corruptAt - sent] ?? 0) ^ 1;
    }
    for (let rest = chunk; rest.length > 0;) {
      if (sent >= stallAt) {
        stallAt = Infinity;
        await Promise.race([fault?.cleared, once(response, 'close')]);
      }
      const now = rest.subarray(0, Math.min(rest.length, cutAt - sent, endAt - sent, stallAt - sent));
      if (now.length > 0) await write(call, now);
      sent += now.length;
      rest = rest.subarray(now.length);
      if (sent >= cutAt) {
        // What was written must reach the client before the connection goes.
        await new Promise((resolve) => response.write('', resolve));
        response.destroy();
        return sent;
      }
      if (sent >= endAt) rest = Buffer.alloc(0);
    }
    if (sent >= endAt) break;
  }
  response.end();
  return sent;
};

export const deliver = async (call: Call, answer: Answer): Promise<number> => {
  const { response, fault } = call;
  const headers = changedHeaders(answer.headers, fault);
  if ('media' in answer) {
    const { start, end, gunzip } = answer.media;
    if (fault?.truncateToBytes !== undefined && !gunzip) {
      headers['Content-Length'] = String(Math.min(end - start, fault.truncateToBytes));
    }
    response.writeHead(answer.status, headers);
    if (call.request.method !== 'HEAD') return sendMedia(call, answer);
    response.end();
    return 0;
  }
  const isBodiless = answer.status === 204 || answer.status === 304;
  if (!isBodiless && headers['Content-Length'] === undefined) {
    headers['Content-Length'] = String(Buffer.byteLength(answer.body));
  }
  response.writeHead(answer.status, headers);
  response.end(call.request.method === 'HEAD' || isBodiless ? undefined : answer.body);
  return Buffer.byteLength(answer.body);
};
