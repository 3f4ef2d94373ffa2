/**
 * The REST API in front of the discarding store: as much of S3 as a run of exportToS3 speaks (Amazon S3 API Reference). Whatever
 * it does not know is refused with 501 and not guessed at. One bucket, whatever its name; signatures are not checked.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';
import { encodeCrc32 } from '../../src/transfer/lib/crc32';
import { elementsIn, escapeXml, textIn } from '../../src/transfer/lib/xml';
import { DiscardStore, Refusal, type Declared, type Received, type StoredObject } from './discard-store';

export interface DiscardServer {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Manifests, ledgers and reports are smaller; of what is larger only size and checksum stay. */
const KEPT_BYTES = 8 * 2 ** 20;
const PAGE = 1_000;
/** What a run may ask for that this cannot answer as S3 would: other checksums, copies, streamed signatures, ranges. */
const UNKNOWN_HEADERS = [
  'x-amz-checksum-crc32c',
  'x-amz-checksum-sha256',
  'x-amz-copy-source',
  'x-amz-decoded-content-length',
  'range',
  'if-match',
];

interface Asked {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly received: Received;
}

interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export async function startDiscardServer(): Promise<DiscardServer> {
  const store = new DiscardStore();
  const server = createServer((request, response) => void serve(store, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function serve(store: DiscardStore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://store');
  const key = decodeURIComponent(url.pathname.split('/').slice(2).join('/'));
  const { method = '', headers } = request;
  let reply: Reply;
  try {
    const received = await receive(request, !url.searchParams.has('partNumber'));
    const asked = { method, key, query: url.searchParams, headers, received };
    if (UNKNOWN_HEADERS.some((name) => headers[name] !== undefined)) throw new Refusal(501, 'NotImplemented');
    reply = key === '' ? answerBucket(store, asked) : answerKey(store, asked);
  } catch (error) {
    // Cut off before its end: nothing of it is kept, and nobody is there to be told.
    if (!request.complete) return void response.destroy();
    const { status, code } = error instanceof Refusal ? error : new Refusal(500, 'InternalError');
    if (status >= 500) process.stderr.write(`discard store: ${method} ${url.pathname}: ${String(error)}\n`);
    reply = { ...xml('Error', tag('Code', code) + tag('Message', code)), status };
  }
  response.writeHead(reply.status ?? 200, reply.headers ?? {});
  response.end(method === 'HEAD' ? undefined : reply.body);
}

/** Throws where the connection ends before the body does. */
async function receive(request: IncomingMessage, isKept: boolean): Promise<Received> {
  let sizeBytes = 0;
  let sum = 0;
  let kept: Buffer[] | undefined = isKept ? [] : undefined;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    sum = crc32(chunk, sum);
    if (sizeBytes > KEPT_BYTES) kept = undefined;
    kept?.push(chunk);
  }
  return { sizeBytes, crc32: sum, ...(kept === undefined ? {} : { body: Buffer.concat(kept) }) };
}

function answerBucket(store: DiscardStore, { method, query, received }: Asked): Reply {
  if (method === 'PUT' || method === 'HEAD') return {};
  if (method === 'GET' && query.has('uploads')) return listUploads(store, query);
  if (method === 'GET' && query.has('list-type')) return listObjects(store, query);
  if (method === 'POST' && query.has('delete')) {
    const keys = elementsIn(bodyText(received), 'Object').map((each) => textIn(each, 'Key') ?? '');
    for (const key of keys) store.objects.delete(key);
    return xml('DeleteResult', '');
  }
  throw new Refusal(501, 'NotImplemented');
}

function answerKey(store: DiscardStore, asked: Asked): Reply {
  const { method, key, query, headers, received } = asked;
  const id = query.get('uploadId');
  const declared = declaredIn(headers);
  if (id !== null) return answerUpload(store, id, asked, declared);
  switch (method) {
    case 'POST':
      if (!query.has('uploads')) break;
      if ((headers['x-amz-checksum-algorithm'] ?? 'CRC32') !== 'CRC32') break;
      return xml('InitiateMultipartUploadResult', tag('UploadId', store.begin(key, keptHeaders(headers)).id));
    case 'PUT':
      return { headers: told(store.put(key, received, declared, keptHeaders(headers))) };
    case 'DELETE':
      store.objects.delete(key);
      return { status: 204 };
    case 'GET':
    case 'HEAD': {
      const object = store.objects.get(key);
      if (object === undefined) throw new Refusal(404, method === 'HEAD' ? 'NotFound' : 'NoSuchKey');
      // Its bytes were thrown away: no answer of S3 says so.
      if (method === 'GET' && object.body === undefined) break;
      const length = { 'content-length': String(object.sizeBytes), 'last-modified': object.modified.toUTCString() };
      return { headers: { ...object.headers, ...told(object), ...length }, body: object.body ?? '' };
    }
  }
  throw new Refusal(501, 'NotImplemented');
}

function answerUpload(store: DiscardStore, id: string, asked: Asked, declared: Declared): Reply {
  const { method, key, query, headers, received } = asked;
  switch (method) {
    case 'PUT': {
      const part = store.writePart(key, id, Number(query.get('partNumber')), received, declared);
      return { headers: { etag: part.etag, 'x-amz-checksum-crc32': encodeCrc32(part.crc32) } };
    }
    case 'GET':
      return listParts(store, key, id, query);
    case 'POST': {
      const wanted = elementsIn(bodyText(received), 'Part').map((part) => ({
        number: Number(textIn(part, 'PartNumber')),
        etag: textIn(part, 'ETag'),
        crc32: textIn(part, 'ChecksumCRC32'),
      }));
      const size = headers['x-amz-mp-object-size'];
      const sizeBytes = size === undefined ? undefined : Number(size);
      const object = store.complete(key, id, wanted, { ...declared, sizeBytes });
      const sum = tag('ChecksumCRC32', encodeCrc32(object.crc32)) + tag('ChecksumType', 'FULL_OBJECT');
      return xml('CompleteMultipartUploadResult', tag('ETag', object.etag) + sum);
    }
    case 'DELETE':
      store.abort(key, id);
      return { status: 204 };
  }
  throw new Refusal(501, 'NotImplemented');
}

function listParts(store: DiscardStore, key: string, id: string, query: URLSearchParams): Reply {
  const after = Number(query.get('part-number-marker') ?? 0);
  const all = store.listParts(key, id).filter(({ number }) => number > after);
  const page = all.slice(0, Number(query.get('max-parts') ?? PAGE));
  const listed = page.map((part) => {
    const sums = tag('ETag', part.etag) + tag('ChecksumCRC32', encodeCrc32(part.crc32));
    return `<Part>${tag('PartNumber', part.number)}${tag('Size', part.sizeBytes)}${sums}</Part>`;
  });
  return xml('ListPartsResult', listed.join('') + rest(page, all, (last) => tag('NextPartNumberMarker', last.number)));
}

/** In order of key; where a key has several, in that of their ids. */
function listUploads(store: DiscardStore, query: URLSearchParams): Reply {
  const [prefix, keyMarker, idMarker] = ['prefix', 'key-marker', 'upload-id-marker'].map(
    (name) => query.get(name) ?? '',
  );
  const at = (key: string, id: string): string => `${key}\0${id.padStart(20)}`;
  const after = keyMarker === '' ? '' : at(keyMarker ?? '', idMarker === '' ? '\uffff' : (idMarker ?? ''));
  const all = [...store.uploads.values()]
    .filter(({ key, id }) => key.startsWith(prefix ?? '') && at(key, id) > after)
    .sort((a, b) => (at(a.key, a.id) < at(b.key, b.id) ? -1 : 1));
  const page = all.slice(0, Number(query.get('max-uploads') ?? PAGE));
  const listed = page.map(
    ({ key, id, initiated }) =>
      `<Upload>${tag('Key', key)}${tag('UploadId', id)}${tag('Initiated', initiated.toISOString())}</Upload>`,
  );
  const next = rest(page, all, ({ key, id }) => tag('NextKeyMarker', key) + tag('NextUploadIdMarker', id));
  return xml('ListMultipartUploadsResult', listed.join('') + next);
}

function listObjects(store: DiscardStore, query: URLSearchParams): Reply {
  if (query.has('delimiter') || query.has('encoding-type')) throw new Refusal(501, 'NotImplemented');
  const all = store.keys(query.get('prefix') ?? '', query.get('continuation-token') ?? query.get('start-after') ?? '');
  const page = all.slice(0, Number(query.get('max-keys') ?? PAGE));
  const listed = page.map((key) => {
    const object = store.objects.get(key)!;
    const about = tag('ETag', object.etag) + tag('LastModified', object.modified.toISOString());
    return `<Contents>${tag('Key', key)}${tag('Size', object.sizeBytes)}${about}</Contents>`;
  });
  const next = rest(page, all, (last) => tag('NextContinuationToken', last));
  return xml('ListBucketResult', tag('KeyCount', page.length) + listed.join('') + next);
}

/** Whether more follow, and where they go on. */
function rest<T>(page: readonly T[], all: readonly T[], marker: (last: T) => string): string {
  const last = page.at(-1);
  const isTruncated = page.length < all.length && last !== undefined;
  return tag('IsTruncated', String(isTruncated)) + (isTruncated ? marker(last) : '');
}

const declaredIn = (headers: Asked['headers']): Declared => ({
  crc32: headers['x-amz-checksum-crc32'] as string | undefined,
  isOnlyIfAbsent: headers['if-none-match'] === '*',
});

const told = (object: StoredObject): Record<string, string> => ({
  etag: object.etag,
  'x-amz-checksum-crc32': encodeCrc32(object.crc32),
  'x-amz-checksum-type': 'FULL_OBJECT',
});

const keptHeaders = (headers: Asked['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string] =>
        typeof entry[1] === 'string' && /^(x-amz-meta-.*|content-type|content-encoding)$/.test(entry[0]),
    ),
  );

const bodyText = ({ body }: Received): string => body?.toString() ?? '';

const tag = (name: string, value: string | number): string => `<${name}>${escapeXml(String(value))}</${name}>`;

const xml = (root: string, content: string): Reply => ({
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<${root}>${content}</${root}>`,
});
