/** What can go wrong, by name: each entry of a scenario's list becomes one of these at the n-th request to that side. */
import type { Clock } from './clock';
import type { WireReply, WireRequest } from './wire-messages';

type Answer = (clock: Clock, request: WireRequest) => WireReply;

/** How the network treats one request (wire.ts). */
type Effect =
  | { readonly kind: 'dns' | 'resetBefore' | 'resetAfter' | 'stallBefore' | 'stallAfter' | 'drip' }
  | { readonly kind: 'cutBody' | 'endBody' | 'stallBody' | 'flip' | 'torn'; readonly at: number }
  /** Instead of the server, and after the server has done what was asked. */
  | { readonly kind: 'answer' | 'answerAfter'; readonly reply: Answer }
  | { readonly kind: 'rewrite'; readonly rewrite: (reply: WireReply) => WireReply }
  | { readonly kind: 'ask'; readonly ask: (request: WireRequest) => WireRequest };
export type WireFault = Effect & { readonly name: string };
type Effects = Readonly<Record<string, (at: number) => Effect>>;

export const errorXml = (code: string, extra = ''): string =>
  `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>by the storm</Message>${extra}</Error>`;

const answerWith =
  (status: number, code: string, headers: Record<string, string> = {}): Answer =>
  () => ({ status, headers: { 'content-type': 'application/xml', ...headers }, body: Buffer.from(errorXml(code)) });

/** Seconds, date, nothing and garbage (RFC 9110 section 10.2.3). */
const retryAfter = (clock: Clock, at: number): Record<string, string> => {
  const texts = ['2', new Date(clock.nowMs + 3_000).toUTCString(), '0', 'soon', '-5', '99999999999999999999', ''];
  return { 'retry-after': texts[at % texts.length] ?? '' };
};

const throttled =
  (status: number, at: number): Answer =>
  (clock) => ({ status, headers: retryAfter(clock, at), body: Buffer.from(errorXml('SlowDown')) });

const header =
  (name: string, value: (old: string) => string | undefined) =>
  (reply: WireReply): WireReply => {
    const { [name]: old = '', ...rest } = reply.headers;
    const text = value(old);
    return { ...reply, headers: text === undefined ? rest : { ...rest, [name]: text } };
  };

const withoutLength = header('content-length', () => undefined);

const errorLater: Answer = (clock, request) => {
  const isComplete = request.method === 'POST' && request.url.searchParams.has('uploadId');
  return answerWith(isComplete ? 200 : 500, 'InternalError')(clock, request);
};

const redirectTo =
  (location: string): Answer =>
  () => ({ status: 302, headers: { location }, body: Buffer.from('moved') });

const withoutRange = (request: WireRequest): WireRequest => {
  const { range, 'if-range': ifRange, ...headers } = request.headers;
  return range === undefined && ifRange === undefined ? request : { ...request, headers };
};

function flipOne(reply: WireReply, at: number): WireReply {
  if (reply.body.length === 0) return reply;
  const body = Buffer.from(reply.body);
  const place = at % body.length;
  body[place] = (body[place] ?? 0) ^ 0x04;
  return { ...reply, body };
}

const named = (kinds: Effects): Readonly<Record<string, (at: number) => WireFault>> =>
  Object.fromEntries(Object.entries(kinds).map(([name, make]) => [name, (at: number) => ({ ...make(at), name })]));

/** Of both sides. */
const CONNECTION: Effects = {
  dns: () => ({ kind: 'dns' }),
  resetBefore: () => ({ kind: 'resetBefore' }),
  resetAfter: () => ({ kind: 'resetAfter' }),
  stallBefore: () => ({ kind: 'stallBefore' }),
  stallAfter: () => ({ kind: 'stallAfter' }),
  cutBody: (at: number) => ({ kind: 'cutBody', at }),
  endBody: (at: number) => ({ kind: 'endBody', at }),
  stallBody: (at: number) => ({ kind: 'stallBody', at }),
  throttled503: (at: number) => ({ kind: 'answer', reply: throttled(503, at) }),
  throttled429: (at: number) => ({ kind: 'answer', reply: throttled(429, at) }),
  internal: () => ({ kind: 'answer', reply: answerWith(500, 'InternalError') }),
  badGateway: () => ({
    kind: 'answer',
    reply: () => ({ status: 502, headers: { 'content-type': 'text/html' }, body: Buffer.from('<html>502<br>') }),
  }),
};

export const SOURCE_FAULTS = named({
  ...CONNECTION,
  drip: () => ({ kind: 'drip' }),
  surplus: (at) => ({
    kind: 'rewrite',
    rewrite: (reply) => ({
      ...withoutLength(reply),
      body: Buffer.concat([reply.body, Buffer.alloc(1 + (at % 40), 0x7a)]),
    }),
  }),
  noLength: () => ({ kind: 'rewrite', rewrite: withoutLength }),
  wrongLength: () => ({ kind: 'rewrite', rewrite: header('content-length', (old) => String(Number(old) + 7)) }),
  garbageLength: () => ({ kind: 'rewrite', rewrite: header('content-length', () => '12 bytes') }),
  wholeForRange: () => ({ kind: 'ask', ask: withoutRange }),
  wrongRangeStart: () => ({
    kind: 'rewrite',
    rewrite: header('content-range', (old) => old.replace(/\d+/, (first) => String(Number(first) + 1)) || undefined),
  }),
  wrongRangeTotal: () => ({
    kind: 'rewrite',
    rewrite: header('content-range', (old) => old.replace(/\d+$/, (total) => String(Number(total) + 1)) || undefined),
  }),
  garbageRange: () => ({
    kind: 'rewrite',
    rewrite: header('content-range', (old) => (old === '' ? undefined : 'bytes 0-zz/*')),
  }),
  manyRanges: () => ({ kind: 'rewrite', rewrite: header('content-type', () => 'multipart/byteranges; boundary=x') }),
  gzip: () => ({ kind: 'rewrite', rewrite: header('content-encoding', () => 'gzip') }),
  otherEtag: () => ({ kind: 'rewrite', rewrite: header('etag', () => '"of-another-node"') }),
  status416: () => ({ kind: 'answer', reply: answerWith(416, 'InvalidRange', { 'content-range': 'bytes */3' }) }),
  forbidden: () => ({ kind: 'answer', reply: answerWith(403, 'AccessDenied') }),
  notFound: () => ({ kind: 'answer', reply: answerWith(404, 'NoSuchKey') }),
  redirectSame: () => ({ kind: 'answer', reply: redirectTo('/moved.bin?token=SECRET-moved') }),
  redirectOther: () => ({ kind: 'answer', reply: redirectTo('https://cdn.test/there.bin?token=SECRET-there') }),
  redirectLoop: () => ({ kind: 'answer', reply: redirectTo('/loop') }),
  redirectDown: () => ({ kind: 'answer', reply: redirectTo('http://cdn.test/plain?token=SECRET-plain') }),
  redirectPrivate: () => ({ kind: 'answer', reply: redirectTo('https://[::ffff:169.254.169.254]/latest') }),
  flipAnswer: (at) => ({ kind: 'rewrite', rewrite: (reply) => flipOne(reply, at) }),
});

export const STORE_FAULTS = named({
  ...CONNECTION,
  errorAfter: () => ({ kind: 'answerAfter', reply: answerWith(500, 'InternalError') }),
  /** As CompleteMultipartUpload and CopyObject may answer: the status came before the error. */
  errorIn200: () => ({ kind: 'answer', reply: errorLater }),
  errorIn200After: () => ({ kind: 'answerAfter', reply: errorLater }),
  conflict: () => ({ kind: 'answer', reply: answerWith(409, 'ConditionalRequestConflict') }),
  expiredToken: () => ({ kind: 'answer', reply: answerWith(400, 'ExpiredToken') }),
  clockSkewed: () => ({ kind: 'answer', reply: answerWith(403, 'RequestTimeTooSkewed') }),
  /** A body was too slow in coming. */
  requestTimeout: () => ({
    kind: 'answer',
    reply: (clock, request) =>
      (request.body.length > 0 ? answerWith(400, 'RequestTimeout') : answerWith(500, 'InternalError'))(clock, request),
  }),
  flip: (at) => ({ kind: 'flip', at }),
  torn: (at) => ({ kind: 'torn', at }),
});

/** Done by the world itself, when the request is sent: see world.ts. */
export const WORLD_FAULTS = ['expired', 'uploadLost'] as const;
/** Of the file system, at the n-th call: see disk.ts. */
export const DISK_FAULTS = ['ENOSPC', 'EIO', 'EMFILE', 'short'] as const;
