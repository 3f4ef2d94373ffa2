/** objects.insert in one request: uploadType=media and uploadType=multipart (multipart/related). */
import { badRequest, json, type Answer } from './answers';
import { header, receive, store, type Call } from './call';
import { Hasher, expectedFromHeaders } from './hashes';
import { checkHashes, checkTarget, publish } from './publish';
import { editableOf, objectResource, parseResource } from './resource';
import { expectedFromResource, uploadTarget } from './resumable';
import { contentOf } from './store';

interface Upload {
  readonly resource: Readonly<Record<string, unknown>>;
  readonly media: AsyncIterable<Buffer>;
}

const CRLF2 = '\r\n\r\n';
/** Metadata and the headers of both parts come before the media and are small. */
const MAX_PREFIX_BYTES = 1024 * 1024;

const contentTypeOf = (headers: string): string | undefined => /^content-type:\s*(.+)$/im.exec(headers)?.[1]?.trim();

/** Passes on the media part, whose end is known only by the boundary that follows it. */
async function* mediaPart(first: Buffer, body: AsyncIterator<Buffer>, boundary: string): AsyncGenerator<Buffer> {
  const closing = Buffer.from(`\r\n--${boundary}`);
  // The closing line may be followed by white space: hold back enough to hold all of it.
  const heldBytes = closing.length + 64;
  let tail = first;
  for (let next = await body.next(); next.done !== true; next = await body.next()) {
    const all = Buffer.concat([tail, next.value]);
    const free = Math.max(all.length - heldBytes, 0);
    if (free > 0) yield all.subarray(0, free);
    tail = all.subarray(free);
  }
  const end = tail.lastIndexOf(closing);
  if (end < 0 || !tail.subarray(end).toString('latin1').startsWith(`\r\n--${boundary}--`)) {
    throw badRequest('Malformed multipart body.', 'badRequest');
  }
  yield tail.subarray(0, end);
}

const splitRelated = async (call: Call, boundary: string): Promise<Upload> => {
  const body = receive(call)[Symbol.asyncIterator]();
  let prefix = Buffer.alloc(0);
  const fill = async (): Promise<void> => {
    const next = await body.next();
    if (next.done === true || prefix.length > MAX_PREFIX_BYTES)
      throw badRequest('Malformed multipart body.', 'badRequest');
    prefix = Buffer.concat([prefix, next.value]);
  };
  const find = async (text: string, from: number): Promise<number> => {
    for (;;) {
      const at = prefix.indexOf(text, from);
      if (at >= 0) return at;
      await fill();
    }
  };
  const metadataAt = (await find(CRLF2, await find(`--${boundary}`, 0))) + CRLF2.length;
  const secondAt = await find(`\r\n--${boundary}\r\n`, metadataAt);
  const mediaAt = (await find(CRLF2, secondAt + 2)) + CRLF2.length;
  const resource = parseResource(prefix.subarray(metadataAt, secondAt).toString('utf8'));
  const mediaType = contentTypeOf(prefix.subarray(secondAt, mediaAt).toString('latin1'));
  return {
    resource: mediaType === undefined ? resource : { contentType: mediaType, ...resource },
    media: mediaPart(prefix.subarray(mediaAt), body, boundary),
  };
};

const readUpload = async (call: Call): Promise<Upload> => {
  const contentType = header(call, 'content-type');
  const uploadType = call.query.get('uploadType');
  if (uploadType === 'media') {
    const encoding = call.query.get('contentEncoding');
    const resource = {
      contentType: contentType ?? 'application/octet-stream',
      ...(encoding === null ? {} : { contentEncoding: encoding }),
    };
    return { resource, media: receive(call) };
  }
  if (uploadType !== 'multipart') throw badRequest(`Upload type ${uploadType ?? '(none)'} is not known.`, 'badRequest');
  const boundary = /^multipart\/related;.*boundary="?([^";]+)"?/i.exec(contentType ?? '')?.[1];
  if (boundary === undefined)
    throw badRequest('Multipart uploads are multipart/related with a boundary.', 'badRequest');
  return splitRelated(call, boundary);
};

export const insertObject = async (call: Call): Promise<Answer> => {
  const { resource, media } = await readUpload(call);
  const target = uploadTarget(call, resource);
  checkTarget(call.world.store, target);
  const piece = call.world.store.pieces.create();
  try {
    const hasher = new Hasher();
    await store(media, piece, hasher);
    const hashes = hasher.finish();
    checkHashes({ ...expectedFromResource(resource), ...expectedFromHeaders(call.request.headers) }, hashes);
    const content = await contentOf(piece);
    const fields = editableOf({ contentType: 'application/octet-stream', ...resource });
    const object = await publish(call.world.store, target, { content, ...hashes, fields });
    return json(200, objectResource(object, call.baseUrl));
  } catch (error) {
    await piece.release();
    throw error;
  }
};
