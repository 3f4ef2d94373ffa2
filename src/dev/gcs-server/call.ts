/** One request on its way through the double, and the world that it acts on. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from './access';
import { GcsError, noSuchObject } from './answers';
import type { Piece } from './content';
import type { ArmedFault } from './faults';
import type { Hasher } from './hashes';
import type { MultipartUploads } from './multipart-uploads';
import type { Route } from './route';
import type { Rewrites } from './rewrites';
import type { Sessions } from './sessions';
import type { ObjectStore } from './store';
import type { GcsObject, GcsPermission } from './types';

export interface World {
  readonly store: ObjectStore;
  readonly sessions: Sessions;
  readonly multiparts: MultipartUploads;
  readonly rewrites: Rewrites;
}

export interface Call {
  readonly world: World;
  readonly route: Route;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  /** `http://host:port` as the client wrote it: links in answers must work through a proxy too. */
  readonly baseUrl: string;
  readonly caller: Caller;
  readonly fault: ArmedFault | undefined;
  receivedBytes: number;
}

/** The connection was destroyed on purpose: no answer can be sent. */
export class ConnectionCut extends Error {}

export const header = (call: Call, name: string): string | undefined => [call.request.headers[name] ?? []].flat()[0];

const flip = (chunk: Buffer, at: number): Buffer => {
  const changed = Buffer.from(chunk);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
};

/** The body as it comes, with the faults that happen while it is received. Throws ConnectionCut. */
export async function* receive(call: Call): AsyncGenerator<Buffer> {
  const { fault } = call;
  const cutAt = fault?.cutAfterBytes ?? Infinity;
  const corruptAt = fault?.corruptAtByte ?? Infinity;
  for await (const part of call.request as AsyncIterable<Buffer>) {
    const at = call.receivedBytes;
    const chunk = corruptAt >= at && corruptAt < at + part.length ? flip(part, corruptAt - at) : part;
    call.receivedBytes += Math.min(chunk.length, cutAt - at);
    if (at + chunk.length >= cutAt) {
      if (cutAt > at) yield chunk.subarray(0, cutAt - at);
      call.request.destroy();
      throw new ConnectionCut('cut on purpose');
    }
    yield chunk;
  }
}

/** Reads the body and forgets it, up to a limit. */
export const discard = async (call: Call, maxBytes = Infinity): Promise<void> => {
  let left = maxBytes;
  for await (const { length } of receive(call)) {
    left -= length;
    if (left < 0) return;
  }
};

/** A JSON or XML body is small; anything longer is a mistake. */
const MAX_TEXT_BYTES = 8 * 1024 * 1024;

export const receiveText = async (call: Call): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of receive(call)) {
    chunks.push(chunk);
    if (call.receivedBytes > MAX_TEXT_BYTES) throw new GcsError(413, 'uploadTooLarge', 'The body is too long.');
  }
  return Buffer.concat(chunks).toString('utf8');
};

/** Fewer, larger writes: the piece is written whenever this much has come. */
const WRITE_BYTES = 1024 * 1024;

export const store = async (chunks: AsyncIterable<Buffer>, piece: Piece, hasher: Hasher): Promise<void> => {
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const chunk of chunks) {
    hasher.update(chunk);
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes < WRITE_BYTES) continue;
    await piece.append(held);
    held = [];
    heldBytes = 0;
  }
  await piece.append(held);
};

/** The generation that the query names. */
export const generationOf = (query: URLSearchParams, name = 'generation'): number | undefined => {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d+$/.test(text)) throw new GcsError(400, 'invalid', `Invalid value for: ${name}`, 'InvalidArgument');
  return Number(text);
};

/**
 * Throws 404 where there is no such object; 403 for a caller that may not list the bucket, who is not told whether
 * there is one: https://cloud.google.com/storage/docs/access-control/iam-permissions
 */
export const existing = (
  call: Call,
  permission: GcsPermission,
  bucket: string,
  name: string,
  generation?: number,
): GcsObject => {
  call.caller.require(permission, bucket);
  const object = call.world.store.find(bucket, name, generation);
  if (object !== null) return object;
  call.caller.require('storage.objects.list', bucket);
  throw noSuchObject(bucket, name);
};
