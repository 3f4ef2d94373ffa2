/**
 * The requests of a resumable upload: https://cloud.google.com/storage/docs/performing-resumable-uploads. Words and
 * statuses of the refusals are those that Google's Java client documents in its tests of resumable sessions.
 */
import { GcsError, badRequest, empty, json, type Answer } from './answers';
import { discard, header, receive, receiveText, type Call } from './call';
import { contentOf } from './store';
import { expectedFromHeaders, type ExpectedHashes } from './hashes';
import { jsonPreconditions } from './preconditions';
import { checkHashes, checkTarget, publish, type Target } from './publish';
import { editableOf, objectResource, parseResource } from './resource';
import { QUANTUM_BYTES, type Session } from './sessions';
import { checkObjectName } from './store';

export const expectedFromResource = (resource: Readonly<Record<string, unknown>>): ExpectedHashes => ({
  ...(typeof resource['crc32c'] === 'string' ? { crc32c: resource['crc32c'] } : {}),
  ...(typeof resource['md5Hash'] === 'string' ? { md5Hash: resource['md5Hash'] } : {}),
});

export const uploadTarget = (call: Call, resource: Readonly<Record<string, unknown>>): Target => {
  const name = call.query.get('name') ?? resource['name'];
  if (typeof name !== 'string') throw new GcsError(400, 'required', 'Required');
  checkObjectName(name);
  const { bucket } = call.route;
  return { bucket, name, caller: call.caller, preconditions: jsonPreconditions(call.query) };
};

export const startResumable = async (call: Call): Promise<Answer> => {
  const resource = parseResource(await receiveText(call));
  const target = uploadTarget(call, resource);
  checkTarget(call.world.store, target);
  const contentType = resource['contentType'] ?? header(call, 'x-upload-content-type') ?? 'application/octet-stream';
  const length = header(call, 'x-upload-content-length');
  if (length !== undefined && !/^\d+$/.test(length)) throw badRequest('Invalid X-Upload-Content-Length');
  const session = call.world.sessions.begin(
    target,
    editableOf({ ...resource, contentType }),
    { ...expectedFromResource(resource), ...expectedFromHeaders(call.request.headers) },
    length === undefined ? null : Number(length),
  );
  const bucket = encodeURIComponent(target.bucket);
  const name = encodeURIComponent(target.name);
  const location = `${call.baseUrl}/upload/storage/v1/b/${bucket}/o?uploadType=resumable&name=${name}&upload_id=${session.id}`;
  return empty(200, { Location: location, 'X-GUploader-UploadID': session.id });
};

const sessionOf = (call: Call): Session => {
  const found = call.world.sessions.find(call.query.get('upload_id') ?? '');
  if (typeof found === 'object') return found;
  throw found === 404
    ? new GcsError(404, 'notFound', 'Not Found')
    : new GcsError(410, 'gone', 'The requested upload session is gone: start a new one.');
};

const incomplete = (call: Call, session: Session): Answer => {
  const { sizeBytes } = session.piece;
  const range = sizeBytes > 0 ? { Range: `bytes=0-${sizeBytes - 1}` } : {};
  const id = { 'X-GUploader-UploadID': session.id };
  // For HTTP libraries that take 308 for a redirect; Google's Go client asks for it.
  if (header(call, 'x-guploader-no-308') === 'yes') {
    return empty(200, { ...range, ...id, 'X-HTTP-Status-Code-Override': '308' });
  }
  return empty(308, { ...range, ...id });
};

const finishedAnswer = (call: Call, session: Session): Answer | null =>
  session.finished === null ? null : json(200, objectResource(session.finished, call.baseUrl));

const finish = async (call: Call, session: Session): Promise<Answer> => {
  const hashes = session.hasher.finish();
  try {
    checkHashes({ ...session.expected, ...expectedFromHeaders(call.request.headers) }, hashes);
    const content = await contentOf(session.piece);
    session.finished = await publish(call.world.store, session.target, { content, ...hashes, fields: session.fields });
  } catch (error) {
    // The bytes are wrong or not wanted: there is nothing that could be resumed.
    await call.world.sessions.lose(session, 410);
    throw error;
  }
  return json(200, objectResource(session.finished, call.baseUrl));
};

/** A Content-Range whose first part is a star: how far are we? Only where all N bytes are here does it end the upload. */
export const queryResumable = async (call: Call): Promise<Answer> => {
  const session = sessionOf(call);
  await discard(call);
  const done = finishedAnswer(call, session);
  if (done !== null) return done;
  const total = /\/(\d+)$/.exec(header(call, 'content-range') ?? '')?.[1];
  if (total === undefined || Number(total) !== session.piece.sizeBytes) return incomplete(call, session);
  await session.interrupt?.();
  return finishedAnswer(call, session) ?? finish(call, session);
};

export const cancelResumable = async (call: Call): Promise<Answer> => {
  const session = sessionOf(call);
  await session.interrupt?.();
  await call.world.sessions.lose(session, 410);
  return empty(499);
};

interface Sent {
  readonly start: number;
  /** Bytes in this request, where it says so. */
  readonly lengthBytes: number | null;
  /** Null: more requests follow. 'end': it is as long as this request makes it. */
  readonly totalBytes: number | 'end' | null;
}

/** `bytes 0-1/2`, `bytes 0-1/*`, and an open end with a star, of Google's Node client; no header at all is everything at once. */
const CONTENT_RANGE = /^bytes (\d+)-(\d+|\*)\/(\d+|\*)$/;

const sentOf = (call: Call): Sent => {
  const contentLength = header(call, 'content-length');
  const lengthBytes = contentLength === undefined ? null : Number(contentLength);
  const text = header(call, 'content-range');
  if (text === undefined) return { start: 0, lengthBytes, totalBytes: lengthBytes ?? 'end' };
  const [, first, last, total] = CONTENT_RANGE.exec(text) ?? [];
  if (first === undefined || last === undefined || total === undefined) {
    throw badRequest('Failed to parse Content-Range header.', 'badRequest');
  }
  const start = Number(first);
  if (last === '*') return { start, lengthBytes, totalBytes: total === '*' ? 'end' : Number(total) };
  const ranged = Number(last) - start + 1;
  if (ranged <= 0 || (total !== '*' && Number(last) >= Number(total))) {
    throw badRequest('Failed to parse Content-Range header.', 'badRequest');
  }
  if (lengthBytes !== null && lengthBytes !== ranged) {
    const message = `Invalid request.  There were ${lengthBytes} byte(s) in the request body.  There should have been ${ranged} byte(s) (starting at offset ${start} and ending at offset ${last}) according to the Content-Range header.`;
    throw badRequest(message, 'badRequest');
  }
  return { start, lengthBytes: ranged, totalBytes: total === '*' ? null : Number(total) };
};

const checkSent = (session: Session, sent: Sent): void => {
  const { start, lengthBytes, totalBytes } = sent;
  const committed = session.piece.sizeBytes;
  if (start > committed) {
    const message = `Invalid request.  According to the Content-Range header, the upload offset is ${start} byte(s), which exceeds already uploaded size of ${committed} byte(s).`;
    throw new GcsError(503, 'backendError', message, 'ServiceUnavailable', {}, true);
  }
  if (typeof totalBytes === 'number' && (session.totalBytes ?? totalBytes) !== totalBytes) {
    throw badRequest(`The total of ${totalBytes} byte(s) is not the one said before.`, 'badRequest');
  }
  const isLast = totalBytes === 'end' || (totalBytes !== null && start + (lengthBytes ?? Infinity) >= totalBytes);
  if (!isLast && (lengthBytes ?? 0) % QUANTUM_BYTES !== 0) {
    const message = `Invalid request.  The number of bytes uploaded is required to be equal or greater than ${QUANTUM_BYTES}, except for the final request (it's recommended to be the exact multiple of ${QUANTUM_BYTES}).  The received request contained ${lengthBytes ?? 0} bytes, which does not meet this requirement.`;
    throw badRequest(message, 'badRequest');
  }
  // Only what is not refused binds the requests to come.
  if (typeof totalBytes === 'number') session.totalBytes = totalBytes;
};

/** Fewer, larger writes than one per quantum. */
const WRITE_BYTES = 4 * QUANTUM_BYTES;

/** Keeps whole quanta as they come and gives what is left over at the end of the body. */
const keepQuanta = async (call: Call, session: Session, skipBytes: number): Promise<Buffer> => {
  const limit = call.fault?.commitAtMostBytes ?? Infinity;
  let toSkip = skipBytes;
  let kept = 0;
  let held: Buffer[] = [];
  let heldBytes = 0;
  const flush = async (): Promise<void> => {
    const room = Math.floor(Math.max(limit - kept, 0) / QUANTUM_BYTES) * QUANTUM_BYTES;
    const whole = Math.min(heldBytes - (heldBytes % QUANTUM_BYTES), room);
    if (whole === 0) return;
    const all = Buffer.concat(held);
    const now = all.subarray(0, whole);
    await session.piece.append([now]);
    session.hasher.update(now);
    kept += whole;
    held = [all.subarray(whole)];
    heldBytes -= whole;
  };
  try {
    for await (const chunk of receive(call)) {
      // Bytes that are kept already are ignored when they come again.
      const fresh = chunk.subarray(Math.min(toSkip, chunk.length));
      toSkip -= chunk.length - fresh.length;
      if (fresh.length === 0 || kept + QUANTUM_BYTES > limit) continue;
      held.push(fresh);
      heldBytes += fresh.length;
      if (heldBytes >= WRITE_BYTES) await flush();
    }
  } finally {
    await flush(); // also where the connection broke: what has come whole stays
  }
  return kept + QUANTUM_BYTES > limit ? Buffer.alloc(0) : Buffer.concat(held);
};

export const putResumable = async (call: Call): Promise<Answer> => {
  const session = sessionOf(call);
  await session.interrupt?.();
  const done = finishedAnswer(call, session);
  if (done !== null) {
    await discard(call);
    return done;
  }
  const sent = sentOf(call);
  checkSent(session, sent);
  let ended = (): void => undefined;
  const end = new Promise<void>((resolve) => (ended = resolve));
  session.interrupt = () => {
    call.request.destroy();
    return end;
  };
  try {
    const rest = await keepQuanta(call, session, session.piece.sizeBytes - sent.start);
    // A body that ended early is an error of its own (Node: "aborted"): here all of it has come.
    const total = sent.totalBytes === 'end' ? session.piece.sizeBytes + rest.length : sent.totalBytes;
    if (total === null || session.piece.sizeBytes + rest.length !== total) return incomplete(call, session);
    if (call.fault?.commitAtMostBytes !== undefined) return incomplete(call, session);
    await session.piece.append([rest]);
    session.hasher.update(rest);
    session.totalBytes = total;
    return await finish(call, session);
  } finally {
    session.interrupt = null;
    ended();
  }
};
