/**
 * S3 for sizes that the disk cannot take: of small objects it keeps the bytes, of parts and of what they are joined to only what S3
 * tells of them. Checksums are computed from the bytes that come, so that what is resumed wrongly is refused as S3 refuses it.
 * ETags are of checksum and size, not MD5: that alone would take as long as all the rest of a part. Knows nothing of HTTP.
 */
import { combineCrc32, encodeCrc32 } from '../../src/transfer/lib/crc32';

/** What has come of a request's body. */
export interface Received {
  readonly sizeBytes: number;
  readonly crc32: number;
  /** Left out where it is not kept. */
  readonly body?: Buffer;
}

export interface StoredPart extends Received {
  readonly number: number;
  readonly etag: string;
}

export interface StoredObject extends Received {
  readonly etag: string;
  readonly modified: Date;
  /** Metadata, type and encoding, as they were sent. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface OpenUpload {
  readonly id: string;
  readonly key: string;
  readonly initiated: Date;
  readonly headers: StoredObject['headers'];
  readonly parts: Map<number, StoredPart>;
}

/** What a request says of the bytes; each is checked where it is there. */
export interface Declared {
  readonly crc32?: string | undefined;
  readonly sizeBytes?: number | undefined;
  readonly isOnlyIfAbsent: boolean;
}

/** As in the document of CompleteMultipartUpload. */
export interface WantedPart {
  readonly number: number;
  readonly etag: string | undefined;
  readonly crc32: string | undefined;
}

/** An error of S3: status and code. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(code);
  }
}

/** S3's limits (Amazon S3 User Guide, "Multipart upload limits"). */
const MIN_PART_BYTES = 5 * 2 ** 20;
const MAX_PARTS = 10_000;

const etagOf = ({ crc32, sizeBytes }: Received): string => `"${crc32.toString(16).padStart(8, '0')}-of-${sizeBytes}"`;

export class DiscardStore {
  readonly objects = new Map<string, StoredObject>();
  readonly uploads = new Map<string, OpenUpload>();
  private lastUpload = 0;

  put(key: string, received: Received, declared: Declared, headers: StoredObject['headers']): StoredObject {
    this.check(key, received, declared);
    return this.store(key, received, etagOf(received), headers);
  }

  begin(key: string, headers: StoredObject['headers']): OpenUpload {
    const id = `upload-${(this.lastUpload += 1)}`;
    const upload = { id, key, initiated: new Date(), headers, parts: new Map<number, StoredPart>() };
    this.uploads.set(id, upload);
    return upload;
  }

  /** Throws NoSuchUpload. */
  upload(key: string, id: string): OpenUpload {
    const upload = this.uploads.get(id);
    if (upload?.key !== key) throw new Refusal(404, 'NoSuchUpload');
    return upload;
  }

  writePart(key: string, id: string, number: number, received: Received, declared: Declared): StoredPart {
    const upload = this.upload(key, id);
    if (!(Number.isInteger(number) && number >= 1 && number <= MAX_PARTS)) throw new Refusal(400, 'InvalidArgument');
    this.check(key, received, declared);
    const part = { number, ...received, etag: etagOf(received) };
    upload.parts.set(number, part);
    return part;
  }

  listParts(key: string, id: string): StoredPart[] {
    return [...this.upload(key, id).parts.values()].sort((a, b) => a.number - b.number);
  }

  /** All or nothing: the upload stays open where its parts are not what was asked for. */
  complete(key: string, id: string, wanted: readonly WantedPart[], declared: Declared): StoredObject {
    const upload = this.upload(key, id);
    if (wanted.length === 0) throw new Refusal(400, 'MalformedXML');
    const isInOrder = wanted.every(({ number }, index) => number > (wanted[index - 1]?.number ?? 0));
    if (!isInOrder) throw new Refusal(400, 'InvalidPartOrder');
    let joined: Received = { sizeBytes: 0, crc32: 0 };
    wanted.forEach(({ number, etag, crc32 }, index) => {
      const part = upload.parts.get(number);
      const isSame = part?.etag === etag && (crc32 === undefined || crc32 === encodeCrc32(part?.crc32 ?? 0));
      if (part === undefined || !isSame) throw new Refusal(400, 'InvalidPart');
      if (part.sizeBytes < MIN_PART_BYTES && index < wanted.length - 1) throw new Refusal(400, 'EntityTooSmall');
      joined = {
        sizeBytes: joined.sizeBytes + part.sizeBytes,
        crc32: combineCrc32(joined.crc32, part.crc32, part.sizeBytes),
      };
    });
    this.check(key, joined, declared);
    this.uploads.delete(id);
    return this.store(key, joined, `${etagOf(joined).slice(0, -1)}-${wanted.length}"`, upload.headers);
  }

  abort(key: string, id: string): void {
    this.uploads.delete(this.upload(key, id).id);
  }

  /** Keys of objects under a prefix and behind `after`, in order. */
  keys(prefix: string, after: string): string[] {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
  }

  private check(key: string, { sizeBytes, crc32 }: Received, declared: Declared): void {
    if (declared.sizeBytes !== undefined && declared.sizeBytes !== sizeBytes) throw new Refusal(400, 'IncompleteBody');
    if (declared.crc32 !== undefined && declared.crc32 !== encodeCrc32(crc32)) throw new Refusal(400, 'BadDigest');
    if (declared.isOnlyIfAbsent && this.objects.has(key)) throw new Refusal(412, 'PreconditionFailed');
  }

  private store(key: string, received: Received, etag: string, headers: StoredObject['headers']): StoredObject {
    const object = { ...received, etag, headers, modified: new Date() };
    this.objects.set(key, object);
    return object;
  }
}
