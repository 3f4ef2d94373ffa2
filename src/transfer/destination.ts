/** Where bytes go: the narrow interface that the engine writes through. Each method is one attempt; the engine retries. */

export interface ObjectAttributes {
  readonly transferId: string;
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface ListedPart {
  readonly number: number;
  readonly bytes: number;
  readonly etag: string;
  /** Absent: the store cannot vouch for the part's bytes, so it is not trusted. */
  readonly crc32?: number;
}

export interface ListedUpload {
  readonly uploadId: string;
  readonly initiated: Date;
}

export interface StoredObject {
  readonly bytes: number;
  readonly etag?: string;
  readonly versionId?: string;
  /** Of the whole object; absent where the store keeps none or a composite one. */
  readonly crc32?: number;
  /** Our marker, where one of our transfers wrote the object. */
  readonly transferId?: string;
}

export interface PartToWrite {
  readonly number: number;
  readonly body: Buffer;
  readonly crc32: number;
}

export interface CompleteRequest {
  readonly parts: readonly ListedPart[];
  readonly bytes: number;
  /** Absent where not every part's is known. */
  readonly crc32?: number;
}

/** Errors are LonghaulErrors of the destination's kind, or the signal's reason. */
export interface Destination {
  /** For messages: `s3://bucket/key`. */
  display(key: string): string;
  /** Begins a multipart upload and returns its id. Not idempotent: a lost answer leaves an upload behind. */
  begin(key: string, attributes: ObjectAttributes, signal: AbortSignal): Promise<string>;
  /** All parts, in order of number. Throws UploadLost where the upload is gone. */
  listParts(key: string, uploadId: string, signal: AbortSignal): Promise<ListedPart[]>;
  /** Idempotent: the same number again replaces the part. */
  writePart(key: string, uploadId: string, part: PartToWrite, signal: AbortSignal): Promise<ListedPart>;
  complete(key: string, uploadId: string, request: CompleteRequest, signal: AbortSignal): Promise<StoredObject>;
  /** Throws UploadLost where the upload is gone. */
  abort(key: string, uploadId: string, signal: AbortSignal): Promise<void>;
  /** The whole object by one request. */
  putWhole(
    key: string,
    attributes: ObjectAttributes,
    body: Buffer,
    crc32: number,
    signal: AbortSignal,
  ): Promise<StoredObject>;
  /** Undefined where there is no such object. */
  stat(key: string, signal: AbortSignal): Promise<StoredObject | undefined>;
  /** Open uploads under exactly this key, begun at or after `since` (5 s are allowed for clocks that differ). */
  findUploads(key: string, since: Date, signal: AbortSignal): Promise<ListedUpload[]>;
  /** Without `versionId` the current version; deleting what is not there is no error. */
  deleteObject(key: string, versionId: string | undefined, signal: AbortSignal): Promise<void>;
}
