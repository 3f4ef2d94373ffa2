/** The engine's vocabulary: narrow sources and destinations, and what a transfer reports. Knows nothing of Temporal. */
import type { Readable } from 'node:stream';
import type { Checksums, EncodedChecksums, ChecksumAlgorithm } from './checksums';

/** Identifies one version of a source object (RFC 9110 section 8.8). Two reads are mixed only if these are equal. */
export interface SourceVersion {
  /** A strong ETag with its quotes; absent where the source gives none or a weak one. */
  readonly etag?: string;
  /** Only where there is no strong ETag and the date is strong (RFC 9110 section 8.8.2.2). */
  readonly lastModified?: string;
  /** Version id on a versioned bucket. */
  readonly versionId?: string;
  /** On GCS: every write of an object has its own. */
  readonly generation?: string;
  /** Absent where the source declares no length. */
  readonly sizeBytes?: number;
}

export interface ByteRange {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** What a source said of its file, weak or strong, as it was sent: for asking next time whether it has changed. */
export interface SourceValidators {
  readonly etag?: string;
  readonly lastModified?: string;
}

export interface SourceReply {
  /** 'partial': the range asked for, checked against Content-Range. 'whole': the source ignored or does not know ranges. */
  readonly kind: 'partial' | 'whole';
  readonly version: SourceVersion;
  readonly validators?: SourceValidators;
  readonly contentType?: string;
  /** How the stored bytes are encoded; they are moved as they are, so the destination must say so too. */
  readonly contentEncoding?: string;
  /** Length of this body; absent where it is delimited by close. */
  readonly lengthBytes?: number;
  /** Of the whole object, as the source keeps them; what is read is held against them. */
  readonly declared?: Checksums;
  readonly body: Readable;
}

/** Where bytes come from. Every error it throws is a LonghaulError, except the signal's own reason. */
export interface Source {
  /** For messages: never a query, never user info. */
  readonly display: string;
  /**
   * Reads a range, or everything where `range` is undefined. With `expected` the reply is of that version or
   * SourceChanged is thrown (If-Range / If-Match, and the reply's own validators checked).
   */
  open(range: ByteRange | undefined, expected: SourceVersion | undefined, signal: AbortSignal): Promise<SourceReply>;
  /**
   * Checksums of the whole object of this version, for sources whose ranges do not tell them. One attempt; empty where
   * there are none, or they may not be asked for.
   */
  declaredOf?(version: SourceVersion, signal: AbortSignal): Promise<Checksums>;
}

/** How far one transfer is. Small (≤ 1 KB): it is what activities heartbeat. A hint on resume, never the truth. */
export interface TransferCheckpoint {
  readonly v: 1;
  readonly uploadId?: string;
  readonly version?: SourceVersion;
  readonly partSizeBytes?: number;
  /** Bytes that the destination has acknowledged, of this object. */
  readonly bytes: number;
  readonly parts: number;
  /** All bytes sent to the destination, those sent again included. */
  readonly sentBytes: number;
}

/** A multipart upload that has been begun and has more parts to come. */
export interface BegunUpload {
  readonly uploadId: string;
  readonly version: SourceVersion;
  readonly partSizeBytes: number;
  /** False: the source cannot be read by ranges of one version, so after a crash it is read again from byte 0. */
  readonly resumable: boolean;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly sourceValidators?: SourceValidators;
  /** What parts are sent with; `crc32` where absent. */
  readonly algorithm?: ChecksumAlgorithm;
  /** What the source says of the whole object. */
  readonly declared?: EncodedChecksums;
  /** The part that is written already, where the destination's listing has no checksums: it is known by its ETag. */
  readonly firstPart?: EncodedChecksums & { readonly etag: string };
}

/** All bytes of the object are at the destination; `uploadId` present: not yet visible. */
export interface MovedObject extends EncodedChecksums {
  readonly bytes: number;
  readonly parts: number;
  readonly sentBytes: number;
  readonly verified: 'sha256' | 'crc32' | 'crc32c' | 'etag' | 'size' | 'unverified';
  readonly uploadId?: string;
  readonly partEtag?: string;
  readonly etag?: string;
  readonly versionId?: string;
  /** Absent where an earlier attempt had moved the object already. */
  readonly sourceValidators?: SourceValidators;
}

export type OpenResult =
  { readonly kind: 'begun'; readonly upload: BegunUpload } | { readonly kind: 'moved'; readonly object: MovedObject };

/** What a call gives that leaves alone what is larger than one part. */
export type SmallResult = Extract<OpenResult, { readonly kind: 'moved' }> | { readonly kind: 'large' };

/** What every long call of the engine takes. */
export interface TransferControl {
  /** Aborts all requests of the call; what is thrown then is the signal's reason. */
  readonly signal: AbortSignal;
  /** Called after each acknowledged part and at the beginning; cheap and synchronous. */
  readonly onProgress: (checkpoint: TransferCheckpoint) => void;
  /** The last checkpoint of an earlier attempt, if any: a hint. */
  readonly checkpoint?: TransferCheckpoint;
  /**
   * Set on a repeated attempt: the destination is asked first for what an earlier attempt may have left:
   * the published object by its transfer id, and uploads under the exact key begun after this time.
   */
  readonly repeatedSince?: Date;
}
