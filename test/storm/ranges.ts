/** A range of a body (RFC 9110 section 14), as web servers and S3 answer it. */
import type { WireReply } from './wire-messages';

export function rangeReply(body: Buffer, range: string | undefined): WireReply {
  const match = /^bytes=(\d+)-(\d+)$/.exec(range ?? '');
  if (match === null) return { status: 200, headers: { 'content-length': String(body.length) }, body };
  const [first, last] = [Number(match[1]), Math.min(Number(match[2]), body.length - 1)];
  if (first >= body.length) {
    return { status: 416, headers: { 'content-range': `bytes */${body.length}` }, body: Buffer.alloc(0) };
  }
  const part = body.subarray(first, last + 1);
  return {
    status: 206,
    headers: { 'content-length': String(part.length), 'content-range': `bytes ${first}-${last}/${body.length}` },
    body: part,
  };
}
