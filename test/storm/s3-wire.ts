/** The S3 REST API in front of the model: as much of it as the engine speaks (Amazon S3 API Reference). */
import { decodeCrc32, encodeCrc32 } from '../../src/transfer/lib/crc32';
import { errorXml } from './faults';
import { rangeReply } from './ranges';
import { StoreRefusal, type ModelObject, type S3Model } from './s3-model';
import type { Server } from './wire';
import type { WireReply, WireRequest } from './wire-messages';

const META = 'x-amz-meta-';

const xml = (name: string, content: string): WireReply => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?><${name}>${content}</${name}>`),
});
const tag = (name: string, value: string | number | boolean): string =>
  `<${name}>${String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</${name}>`;
const textIn = (document: string, name: string): string | undefined =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(document)?.[1]?.replaceAll('&quot;', '"').replaceAll('&amp;', '&');

export class S3Server implements Server {
  constructor(
    readonly model: S3Model,
    private readonly nowMs: () => number,
  ) {}

  handle(request: WireRequest): WireReply {
    let reply: WireReply;
    try {
      reply = this.dispatch(request);
    } catch (error) {
      if (!(error instanceof StoreRefusal)) throw error;
      const isHead = request.method === 'HEAD';
      reply = {
        status: error.status,
        headers: { 'content-type': 'application/xml' },
        body: Buffer.from(isHead ? '' : errorXml(error.code)),
      };
    }
    const headers = {
      date: new Date(this.nowMs()).toUTCString(),
      'content-length': String(reply.body.length),
      ...reply.headers,
    };
    return { ...reply, headers };
  }

  private dispatch(request: WireRequest): WireReply {
    const { method, url, headers, body } = request;
    const key = decodeURIComponent(url.pathname.split('/').slice(2).join('/'));
    const query = url.searchParams;
    const id = query.get('uploadId');
    const crc32 = decodeCrc32(headers['x-amz-checksum-crc32']);
    const ifAbsent = headers['if-none-match'] === '*';
    if (method === 'GET' && query.has('uploads')) return this.listUploads(query);
    if (id !== null) {
      if (method === 'PUT') {
        const number = Number(query.get('partNumber'));
        const part =
          request.declaredBytes === undefined
            ? this.model.part(key, id, number, body, crc32)
            : this.model.tornPart(key, id, number, body, request.declaredBytes);
        return { status: 200, headers: { etag: part.etag }, body: Buffer.alloc(0) };
      }
      if (method === 'GET') return this.listParts(key, id, query);
      if (method === 'POST') return this.complete(key, id, request, crc32, ifAbsent);
      this.model.abort(key, id);
      return { status: 204, headers: {}, body: Buffer.alloc(0) };
    }
    if (method === 'POST') {
      return xml('InitiateMultipartUploadResult', tag('UploadId', this.model.create(key, metadataIn(headers)).id));
    }
    if (method === 'PUT') {
      if (request.declaredBytes !== undefined) throw new StoreRefusal(400, 'IncompleteBody');
      const object = this.model.put(key, body, metadataIn(headers), ifAbsent, crc32);
      return { status: 200, headers: this.told(object), body: Buffer.alloc(0) };
    }
    if (method === 'DELETE') {
      this.model.delete(key, query.get('versionId') ?? undefined);
      return { status: 204, headers: {}, body: Buffer.alloc(0) };
    }
    return this.read(method, key, headers);
  }

  private read(method: string, key: string, headers: WireRequest['headers']): WireReply {
    const object = this.model.current(key);
    if (object === undefined) throw new StoreRefusal(404, method === 'HEAD' ? 'NotFound' : 'NoSuchKey');
    const ifMatch = headers['if-match'];
    if (ifMatch !== undefined && ifMatch !== object.etag) throw new StoreRefusal(412, 'PreconditionFailed');
    const meta = Object.fromEntries(Object.entries(object.metadata).map(([name, value]) => [META + name, value]));
    const told = {
      ...(headers['x-amz-checksum-mode'] === undefined ? { etag: object.etag } : this.told(object)),
      ...meta,
      'last-modified': new Date(object.modifiedMs).toUTCString(),
      'content-type': 'application/octet-stream',
    };
    if (method === 'HEAD') {
      return { status: 200, headers: { ...told, 'content-length': String(object.body.length) }, body: Buffer.alloc(0) };
    }
    const reply = rangeReply(object.body, headers['range']);
    if (reply.status === 416) throw new StoreRefusal(416, 'InvalidRange');
    return { ...reply, headers: { ...told, ...reply.headers } };
  }

  private told(object: ModelObject): Record<string, string> {
    const { tellsChecksum, isVersioned } = this.model.flavour;
    return {
      etag: object.etag,
      ...(isVersioned ? { 'x-amz-version-id': object.versionId } : {}),
      ...(tellsChecksum
        ? { 'x-amz-checksum-crc32': encodeCrc32(object.crc32), 'x-amz-checksum-type': 'FULL_OBJECT' }
        : {}),
    };
  }

  private listParts(key: string, id: string, query: URLSearchParams): WireReply {
    const after = Number(query.get('part-number-marker') ?? 0);
    const all = this.model.list(key, id).filter((part) => part.number > after);
    const page = all.slice(0, Number(query.get('max-parts') ?? 1_000));
    const parts = page.map((part) =>
      [
        tag('PartNumber', part.number),
        tag('Size', part.body.length),
        tag('ETag', part.etag),
        this.model.flavour.listsChecksums ? tag('ChecksumCRC32', encodeCrc32(part.crc32)) : '',
      ].join(''),
    );
    const more = page.length < all.length;
    const next = more ? tag('NextPartNumberMarker', page.at(-1)?.number ?? 0) : '';
    return xml(
      'ListPartsResult',
      tag('IsTruncated', more) + next + parts.map((part) => `<Part>${part}</Part>`).join(''),
    );
  }

  private listUploads(query: URLSearchParams): WireReply {
    const prefix = query.get('prefix') ?? '';
    const [keyMarker, idMarker] = [query.get('key-marker') ?? '', query.get('upload-id-marker') ?? ''];
    const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
    const all = [...this.model.uploads.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .sort((a, b) => order(a.key, b.key) || order(a.id, b.id))
      .filter(({ key, id }) => key > keyMarker || (key === keyMarker && id > idMarker));
    const page = all.slice(0, Number(query.get('max-uploads') ?? 1_000));
    const last = page.at(-1);
    const more = page.length < all.length && last !== undefined;
    const uploads = page.map(({ key, id, initiatedMs }) =>
      [tag('Key', key), tag('UploadId', id), tag('Initiated', new Date(initiatedMs).toISOString())].join(''),
    );
    const next = more ? tag('NextKeyMarker', last.key) + tag('NextUploadIdMarker', last.id) : '';
    return xml(
      'ListMultipartUploadsResult',
      tag('IsTruncated', more) + next + uploads.map((upload) => `<Upload>${upload}</Upload>`).join(''),
    );
  }

  private complete(
    key: string,
    id: string,
    request: WireRequest,
    crc32: number | undefined,
    ifAbsent: boolean,
  ): WireReply {
    const document = request.body.toString('utf8');
    const wanted = [...document.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
      number: Number(textIn(part, 'PartNumber')),
      etag: textIn(part, 'ETag') ?? '',
      crc32: decodeCrc32(textIn(part, 'ChecksumCRC32')),
    }));
    const size = request.headers['x-amz-mp-object-size'];
    const sizeBytes = size === undefined ? undefined : Number(size);
    const object = this.model.complete(key, id, wanted, { sizeBytes, crc32, ifAbsent });
    const { tellsChecksum, isVersioned } = this.model.flavour;
    const reply = xml(
      'CompleteMultipartUploadResult',
      tag('ETag', object.etag) + (tellsChecksum ? tag('ChecksumCRC32', encodeCrc32(object.crc32)) : ''),
    );
    return isVersioned ? { ...reply, headers: { ...reply.headers, 'x-amz-version-id': object.versionId } } : reply;
  }
}

const metadataIn = (headers: WireRequest['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.startsWith(META))
      .map(([name, value]) => [name.slice(META.length), value]),
  );
