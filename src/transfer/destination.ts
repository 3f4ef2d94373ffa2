/** Where bytes go: the narrow interface that the engine writes through. Each method is one attempt; the engine retries. */
import type { ChecksumAlgorithm, Checksums } from './checksums';

export interface ObjectAttributes {
  readonly transferId: string;
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Of the sums that the parts will carry; the destination's first where absent. */
  readonly algorithm?: ChecksumAlgorithm | undefined;
  /** Throw DestinationExists where there is an object under the key. Uploads are refused when they are completed. */
  readonly ifAbsent?: boolean | undefined;
  /** False: nothing under the key or beside it will be read, so that the right to create is enough. */
  readonly readBack?: boolean | undefined;
}

/** `crc32` and `crc32c` both absent: the store does not list them. See `Destination.listsMd5`. */
export interface ListedPart extends Checksums {
  readonly number: number;
  readonly bytes: number;
  readonly etag: string;
}

export interface ListedUpload {
  readonly uploadId: string;
  readonly initiated: Date;
  /** Where the store tells of whose transfer an upload is: one of another transfer is left alone. */
  readonly transferId?: string;
}

/** `crc32` and `crc32c` are of the whole object; absent where the store keeps none or a composite one. */
export interface StoredObject extends Checksums {
  readonly bytes: number;
  readonly etag?: string;
  readonly versionId?: string;
  /** Our marker, where one of our transfers wrote the object. */
  readonly transferId?: string;
}

/** With one of `Destination.algorithms` at least; others are for the caller's own use. */
export interface PartToWrite extends Checksums {
  readonly number: number;
  readonly body: Buffer;
}

/** `crc32` and `crc32c` are of the whole object; absent where not every part's is known. */
export interface CompleteRequest extends Checksums {
  readonly parts: readonly ListedPart[];
  readonly bytes: number;
  /** The marker that the object must carry, for stores that complete in several steps. */
  readonly transferId?: string | undefined;
  /** As in the attributes of `begin`. */
  readonly ifAbsent?: boolean | undefined;
}

/** One object on its way in order, through a session that lives in memory alone: see `Destination.session`. */
export interface ObjectSession {
  /**
   * Sends the bytes from `offsetBytes`, which is where the last call ended, and resolves when the store has all of them.
   * With `sums`, those of the whole object, this is the last call, and the object is visible when it resolves. Retryable errors
   * may be answered by the same call again; UploadLost says that the session is gone and the object must start again.
   */
  send(
    offsetBytes: number,
    body: Buffer,
    sums: Checksums | undefined,
    signal: AbortSignal,
  ): Promise<StoredObject | undefined>;
  /** Gives the session up; nothing becomes visible. */
  cancel(signal: AbortSignal): Promise<void>;
}

/** An optional capability: objects that need no parallel parts go by one session. What is left is nothing that can be seen. */
export interface SessionCapability {
  /** Larger objects are moved by parts: a session does not survive its process. */
  readonly maxBytes: number;
  /** All bodies but the last have a length that is a multiple of this. */
  readonly granuleBytes: number;
  open(key: string, attributes: ObjectAttributes, sizeBytes: number, signal: AbortSignal): Promise<ObjectSession>;
}

/** Errors are LonghaulErrors of the destination's kind, or the signal's reason. */
export interface Destination {
  /** For messages: `s3://bucket/key`. */
  display(key: string): string;
  /** What it can hold bytes against, the one it does best first. */
  readonly algorithms: readonly ChecksumAlgorithm[];
  /**
   * True: listed parts carry no checksums, but the store has taken none whose bytes were not those of its checksum, and a
   * part's ETag is its MD5.
   */
  readonly listsMd5?: boolean;
  readonly session?: SessionCapability;
  /** Begins a multipart upload and returns its id. Not idempotent: a lost answer leaves an upload behind. */
  begin(key: string, attributes: ObjectAttributes, signal: AbortSignal): Promise<string>;
  /** All parts, in order of number. Throws UploadLost where the upload is gone. */
  listParts(key: string, uploadId: string, signal: AbortSignal): Promise<ListedPart[]>;
  /** Idempotent: the same number again replaces the part. */
  writePart(key: string, uploadId: string, part: PartToWrite, signal: AbortSignal): Promise<ListedPart>;
  /** Makes the object of its parts visible. Without any parts: goes on with what `staged` tells. */
  complete(key: string, uploadId: string, request: CompleteRequest, signal: AbortSignal): Promise<StoredObject>;
  /**
   * Of destinations that complete in several steps: the object that an earlier attempt has made of an upload's parts and not yet
   * put in its place. The upload itself is gone then.
   */
  staged?(key: string, uploadId: string, signal: AbortSignal): Promise<StoredObject | undefined>;
  /** Throws UploadLost where the upload is gone. */
  abort(key: string, uploadId: string, signal: AbortSignal): Promise<void>;
  /** The whole object by one request. */
  putWhole(
    key: string,
    attributes: ObjectAttributes,
    body: Buffer,
    sums: Checksums,
    signal: AbortSignal,
  ): Promise<StoredObject>;
  /**
   * Removes what an upload of this transfer has left beside a published object. Idempotent; absent where there is never
   * anything.
   */
  settle?(key: string, transferId: string, signal: AbortSignal): Promise<void>;
  /** Undefined where there is no such object. */
  stat(key: string, signal: AbortSignal): Promise<StoredObject | undefined>;
  /** Open uploads under exactly this key, begun at or after `since` (5 s are allowed for clocks that differ). */
  findUploads(key: string, since: Date, signal: AbortSignal): Promise<ListedUpload[]>;
  /** Without `versionId` the current version; deleting what is not there is no error. */
  deleteObject(key: string, versionId: string | undefined, signal: AbortSignal): Promise<void>;
}
