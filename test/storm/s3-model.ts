/**
 * An S3 store as a state machine in memory: objects, open uploads, their parts. Strict where the engine relies on it (checksums,
 * part order, preconditions), and with the differences between real stores as flavours. Knows nothing of HTTP: see s3-wire.ts.
 */
import { createHash } from 'node:crypto';
import { crc32Of } from '../../src/transfer/lib/crc32';

export interface StoreFlavour {
  /** Completing a completed upload: as AWS, or NoSuchUpload as others say. */
  readonly repeatsComplete: boolean;
  /** Listings of parts tell their CRC32. */
  readonly listsChecksums: boolean;
  /** HEAD and Complete tell the object's CRC32. */
  readonly tellsChecksum: boolean;
  readonly isVersioned: boolean;
  /** What has come of a part whose client died is kept, and listed with its own size, where S3 keeps nothing. */
  readonly keepsTorn: boolean;
  /** Where no checksums are listed: such a part is kept and listed at the size that its client declared, as versitygw 1.8 does. */
  readonly padsTorn: boolean;
}

export interface ModelPart {
  readonly number: number;
  readonly body: Buffer;
  readonly etag: string;
  readonly crc32: number;
}

export interface ModelUpload {
  readonly id: string;
  readonly key: string;
  readonly initiatedMs: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly parts: Map<number, ModelPart>;
  readonly isForeign: boolean;
}

export interface ModelObject {
  readonly body: Buffer;
  readonly etag: string;
  readonly crc32: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly modifiedMs: number;
  readonly versionId: string;
}

export class StoreRefusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(code);
  }
}

const md5 = (data: Buffer): string => createHash('md5').update(data).digest('hex');

export class S3Model {
  readonly uploads = new Map<string, ModelUpload>();
  /** Newest last; without versioning there is at most one. */
  private readonly versions = new Map<string, ModelObject[]>();
  private readonly completed = new Map<string, ModelObject>();
  private ids = 0;
  /** Told of every object that becomes visible, and of every part that is stored. */
  onVisible: (key: string, object: ModelObject | undefined) => void = () => undefined;
  onPart: (upload: ModelUpload, part: ModelPart) => void = () => undefined;

  constructor(
    readonly flavour: StoreFlavour,
    private readonly nowMs: () => number,
  ) {}

  current(key: string): ModelObject | undefined {
    return this.versions.get(key)?.at(-1);
  }

  versionsOf(key: string): readonly ModelObject[] {
    return this.versions.get(key) ?? [];
  }

  uploadsOf(key: string): ModelUpload[] {
    return [...this.uploads.values()].filter((upload) => upload.key === key);
  }

  put(key: string, body: Buffer, metadata: Record<string, string>, ifAbsent: boolean, crc32?: number): ModelObject {
    this.check(body, crc32);
    if (ifAbsent && this.current(key) !== undefined) throw new StoreRefusal(412, 'PreconditionFailed');
    return this.publish(key, body, metadata, `"${md5(body)}"`);
  }

  create(key: string, metadata: Record<string, string>, isForeign = false, ageMs = 0): ModelUpload {
    const id = `upload-${(this.ids += 1)}`;
    // Listed in whole seconds.
    const initiatedMs = Math.floor((this.nowMs() - ageMs) / 1_000) * 1_000;
    const upload = { id, key, initiatedMs, metadata, parts: new Map<number, ModelPart>(), isForeign };
    this.uploads.set(id, upload);
    return upload;
  }

  part(key: string, id: string, number: number, body: Buffer, crc32: number | undefined): ModelPart {
    const upload = this.find(key, id);
    this.check(body, crc32);
    const part = { number, body, etag: `"${md5(body)}"`, crc32: crc32Of(body) };
    upload.parts.set(number, part);
    this.onPart(upload, part);
    return part;
  }

  /** Its client has declared more than came. Nobody compares a checksum: those who do keep nothing. */
  tornPart(key: string, id: string, number: number, body: Buffer, declaredBytes: number): ModelPart {
    const { keepsTorn, padsTorn, listsChecksums } = this.flavour;
    if (!keepsTorn) throw new StoreRefusal(400, 'IncompleteBody');
    const isPadded = padsTorn && !listsChecksums;
    const kept = isPadded ? Buffer.concat([body], declaredBytes) : body;
    return this.part(key, id, number, kept, undefined);
  }

  list(key: string, id: string): ModelPart[] {
    return [...this.find(key, id).parts.values()].sort((a, b) => a.number - b.number);
  }

  complete(
    key: string,
    id: string,
    wanted: readonly { number: number; etag: string; crc32?: number | undefined }[],
    { sizeBytes, crc32, ifAbsent }: { sizeBytes?: number | undefined; crc32?: number | undefined; ifAbsent: boolean },
  ): ModelObject {
    const before = this.completed.get(id);
    if (before !== undefined && this.flavour.repeatsComplete) return before;
    const upload = this.find(key, id);
    if (wanted.length === 0) throw new StoreRefusal(400, 'MalformedXML');
    const parts = wanted.map(({ number, etag, crc32: sum }, index) => {
      const part = upload.parts.get(number);
      if (index > 0 && number <= (wanted[index - 1]?.number ?? 0)) throw new StoreRefusal(400, 'InvalidPartOrder');
      if (part === undefined || part.etag !== etag || (sum !== undefined && sum !== part.crc32)) {
        throw new StoreRefusal(400, 'InvalidPart');
      }
      return part;
    });
    const body = Buffer.concat(parts.map((part) => part.body));
    if (sizeBytes !== undefined && sizeBytes !== body.length) throw new StoreRefusal(400, 'InvalidRequest');
    this.check(body, crc32);
    if (ifAbsent && this.current(key) !== undefined) throw new StoreRefusal(412, 'PreconditionFailed');
    this.uploads.delete(id);
    const etags = createHash('md5');
    for (const { etag } of parts) etags.update(etag.replaceAll('"', ''), 'hex');
    const object = this.publish(key, body, upload.metadata, `"${etags.digest('hex')}-${parts.length}"`);
    this.completed.set(id, object);
    return object;
  }

  abort(key: string, id: string): void {
    this.uploads.delete(this.find(key, id).id);
  }

  delete(key: string, versionId: string | undefined): void {
    const versions = this.versions.get(key) ?? [];
    const rest =
      versionId === undefined || !this.flavour.isVersioned
        ? []
        : versions.filter((object) => object.versionId !== versionId);
    this.versions.set(key, rest);
    this.onVisible(key, rest.at(-1));
  }

  private find(key: string, id: string): ModelUpload {
    const upload = this.uploads.get(id);
    if (upload === undefined || upload.key !== key) throw new StoreRefusal(404, 'NoSuchUpload');
    return upload;
  }

  private check(body: Buffer, crc32: number | undefined): void {
    if (crc32 !== undefined && crc32 !== crc32Of(body)) throw new StoreRefusal(400, 'BadDigest');
  }

  private publish(key: string, body: Buffer, metadata: Readonly<Record<string, string>>, etag: string): ModelObject {
    const versionId = `v${(this.ids += 1)}`;
    const object = { body, etag, crc32: crc32Of(body), metadata, modifiedMs: this.nowMs(), versionId };
    this.versions.set(key, [...(this.flavour.isVersioned ? (this.versions.get(key) ?? []) : []), object]);
    this.onVisible(key, object);
    return object;
  }
}
