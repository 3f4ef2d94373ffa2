/**
 * Buckets and the versions of their objects. Invariants: generations only grow; at most the last version of a name is
 * live; a version becomes visible in one step, with its bytes and checksums complete.
 */
import { GcsError, noSuchBucket } from './answers';
import { Content, type Piece, type PieceStore } from './content';
import type { Keeper } from './keeper';
import type { Bucket, GcsBucketOptions, GcsEditable, GcsEventType, GcsObject } from './types';

/** A complete object that is not visible yet. */
export interface Finished {
  readonly content: Content;
  readonly crc32c: string;
  readonly md5Hash?: string;
  readonly componentCount?: number;
  readonly fields: GcsEditable;
}

export type Announce = (type: GcsEventType, object: GcsObject, overwrote?: GcsObject) => void;

/** https://cloud.google.com/storage/docs/buckets#naming, without the rules for dotted names. */
const BUCKET_NAME = /^[a-z0-9][a-z0-9_.-]{1,61}[a-z0-9]$/;
/** Object names: 1 to 1,024 bytes of UTF-8, no line breaks; `.` and `..` are not allowed. */
const MAX_NAME_BYTES = 1_024;

export const checkObjectName = (name: string): void => {
  if (name === '') throw new GcsError(400, 'required', 'Required', 'InvalidObjectName');
  if (Buffer.byteLength(name) > MAX_NAME_BYTES || /[\r\n]/.test(name) || name === '.' || name === '..') {
    throw new GcsError(400, 'invalid', `Disallowed object name`, 'InvalidObjectName');
  }
};

const byUtf8 = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

export class ObjectStore {
  readonly buckets = new Map<string, Bucket>();
  #lastGeneration = 0;

  constructor(
    readonly pieces: PieceStore,
    private readonly keeper: Keeper | null,
    private readonly announce: Announce,
  ) {
    for (const bucket of keeper?.buckets() ?? []) this.buckets.set(bucket.name, bucket);
    for (const object of keeper?.objects(pieces) ?? []) {
      const versions = this.#versions(this.bucket(object.bucket), object.name);
      versions.push(object);
      versions.sort((a, b) => a.generation - b.generation);
      this.#lastGeneration = Math.max(this.#lastGeneration, object.generation);
    }
  }

  createBucket(name: string, { versioned = false, location = 'US' }: GcsBucketOptions = {}): Bucket {
    if (!BUCKET_NAME.test(name)) throw new GcsError(400, 'invalid', 'Invalid bucket name', 'InvalidBucketName');
    if (this.buckets.has(name)) {
      const message = 'Your previous request to create the named bucket succeeded and you already own it.';
      throw new GcsError(409, 'conflict', message, 'BucketAlreadyOwnedByYou');
    }
    const bucket = { name, versioned, location, timeCreated: new Date().toISOString(), objects: new Map() };
    this.buckets.set(name, bucket);
    this.keeper?.saveBuckets([...this.buckets.values()]);
    return bucket;
  }

  deleteBucket(name: string): void {
    if (this.bucket(name).objects.size > 0) {
      throw new GcsError(409, 'conflict', 'The bucket you tried to delete is not empty.', 'BucketNotEmpty');
    }
    this.buckets.delete(name);
    this.keeper?.saveBuckets([...this.buckets.values()]);
  }

  setVersioned(name: string, versioned: boolean): void {
    this.bucket(name).versioned = versioned;
    this.keeper?.saveBuckets([...this.buckets.values()]);
  }

  bucket(name: string): Bucket {
    const bucket = this.buckets.get(name);
    if (bucket === undefined) throw noSuchBucket();
    return bucket;
  }

  /** The live version, or the one of that generation. */
  find(bucket: string, name: string, generation?: number): GcsObject | null {
    const versions = this.bucket(bucket).objects.get(name) ?? [];
    if (generation !== undefined) return versions.find((version) => version.generation === generation) ?? null;
    const last = versions.at(-1);
    return last === undefined || last.timeDeleted !== undefined ? null : last;
  }

  names(bucket: string): string[] {
    return [...this.bucket(bucket).objects.keys()].sort(byUtf8);
  }

  versions(bucket: string, name: string): readonly GcsObject[] {
    return this.bucket(bucket).objects.get(name) ?? [];
  }

  /** Makes it the live version. Takes over the reference to its content. */
  async publish(bucketName: string, name: string, finished: Finished): Promise<GcsObject> {
    const bucket = this.bucket(bucketName);
    checkObjectName(name);
    const now = Date.now();
    // Microseconds, as at Google; two in one of them still differ.
    this.#lastGeneration = Math.max(this.#lastGeneration + 1, now * 1_000);
    const time = new Date(now).toISOString();
    const object: GcsObject = {
      bucket: bucketName,
      name,
      generation: this.#lastGeneration,
      metageneration: 1,
      timeCreated: time,
      updated: time,
      ...finished,
    };
    const previous = this.find(bucketName, name);
    this.#versions(bucket, name).push(object);
    this.keeper?.saveObject(object);
    if (previous !== null) await this.#retire(bucket, previous, object);
    this.announce('OBJECT_FINALIZE', object, previous ?? undefined);
    return object;
  }

  /** Removes a version for good, or makes the live one of a versioned bucket noncurrent. */
  async delete(object: GcsObject, generationGiven: boolean): Promise<void> {
    const bucket = this.bucket(object.bucket);
    if (!generationGiven) await this.#retire(bucket, object);
    else {
      this.announce('OBJECT_DELETE', object);
      await this.#remove(bucket, object);
    }
  }

  edit(object: GcsObject, fields: GcsEditable): void {
    object.fields = fields;
    object.metageneration += 1;
    object.updated = new Date().toISOString();
    this.keeper?.saveObject(object);
    this.announce('OBJECT_METADATA_UPDATE', object);
  }

  async #retire(bucket: Bucket, object: GcsObject, successor?: GcsObject): Promise<void> {
    if (bucket.versioned) {
      object.timeDeleted = new Date().toISOString();
      this.keeper?.saveObject(object);
      this.announce('OBJECT_ARCHIVE', object, successor);
      return;
    }
    this.announce('OBJECT_DELETE', object, successor);
    await this.#remove(bucket, object);
  }

  async #remove(bucket: Bucket, object: GcsObject): Promise<void> {
    const left = this.#versions(bucket, object.name).filter((version) => version !== object);
    if (left.length > 0) bucket.objects.set(object.name, left);
    else bucket.objects.delete(object.name);
    this.keeper?.removeObject(object);
    await object.content.release();
  }

  #versions(bucket: Bucket, name: string): GcsObject[] {
    const versions = bucket.objects.get(name) ?? [];
    bucket.objects.set(name, versions);
    return versions;
  }
}

/** A sealed piece as the content of an object. */
export const contentOf = async (piece: Piece): Promise<Content> => {
  await piece.seal();
  return new Content([piece]);
};
