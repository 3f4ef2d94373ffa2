/** Records, the manifest and the ledger: what travels between activities through the bucket. Pure. */
import type { ErrorCode } from './errors';
import { addLoadCounts, type LoadCounts } from './load-run';

/** What became of one object. Exhaustive: every switch over it has a case for each. */
export const OUTCOMES = ['transferred', 'copied', 'skipped', 'healed', 'failed', 'aborted'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** A record as a user or provider gives it. `url` must carry no signature when it is given by a user. */
export type GivenRecord = { url: string; dataset?: string } | { prefix: string; dataset?: string };

/**
 * One line of `<control_prefix>/<run>/manifest/page-00000.ndjson`.
 * `source` is the display form: a URL without query or user info, or `s3://bucket/prefix`.
 * A signed URL is never here: it is asked for again by export id and `position` when it is needed.
 */
export interface ManifestRecord {
  /** Position in the whole run, from 0: the `<n>` of the child's id. */
  readonly n: number;
  readonly kind: 'url' | 'prefix' | 'file' | 'load';
  readonly dataset: string;
  readonly source: string;
  /**
   * `url`: the object's key. `prefix`: the key prefix, ending in `/`, under which relative names are kept.
   * `file`: the path relative to the destination folder, with `/`.
   * `load`: the prefix of the staged chunks, ending in `/`.
   */
  readonly key: string;
  /** Set where the user gave the URL with a (non-secret) query: what to ask for, verbatim. */
  readonly url?: string;
  /** What the export's provider calls the record when it lists it again, where the path of its URL is not enough. */
  readonly ref?: string;
  /** Overrides the content type that the source declares. */
  readonly contentType?: string;
  /** Metadata of the object beside our marker; no secrets. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Hex; checked over the bytes moved, before the object is visible. */
  readonly sha256?: string;
  /** Name of the worker's environment variable that holds request headers for this source. */
  readonly headersEnv?: string;
  /** `file`: why it is not even tried; it fails with PathConflict and this sentence. */
  readonly refused?: string;
  /** `file`: what the catalogue says the file must be. `load`: what the listing said of the source. */
  readonly expected?: { readonly bytes: number; readonly etag: string };
}

export interface ManifestSize {
  readonly records: number;
  readonly pages: number;
}

/** So few go along with the answer: three histories hold them then (the run's, as a result and for its batch, and the batch's). */
export const FEW_RECORDS = 10;

/** A manifest that has just been written. */
export interface ManifestWritten extends ManifestSize {
  /** All records, where they are a few: their batch is given them, and has no page to read before it moves the first. */
  readonly few?: readonly ManifestRecord[];
}

/** One line of a ledger page and of ledger.ndjson. Times are ISO 8601 UTC. */
export interface LedgerLine {
  readonly n: number;
  readonly dataset: string;
  readonly source: string;
  readonly key: string;
  readonly bytes: number;
  /** Base64 of the big-endian CRC32 of the whole object, as S3 writes it; absent where it is not known. */
  readonly crc32?: string;
  /** The same by CRC32C, of objects that are held against that: those of GCS. */
  readonly crc32c?: string;
  readonly parts: number;
  readonly attempts: number;
  readonly outcome: Outcome;
  readonly versionId?: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  /** When its bytes were in, where it was published later than that. */
  readonly movedAt?: string;
  /** How the bytes were verified; 'unverified' where the source declared no length and gave no checksum. */
  readonly verified?: 'sha256' | 'crc32' | 'crc32c' | 'etag' | 'size' | 'unverified';
  readonly errorCode?: ErrorCode;
  readonly error?: string;
  /** Of a loaded file. */
  readonly load?: LoadCounts;
}

/**
 * An upload (atomic) or an object (direct) that a run has made and may have to take back.
 * Lines of `<control_prefix>/<run>/staged/page-00000.ndjson`.
 */
export interface StagedObject {
  readonly line: LedgerLine;
  /** Bytes of this object that were sent more than once. */
  readonly resentBytes: number;
  /** Identifies the writer: in the object's metadata as `longhaul-transfer-id`. */
  readonly transferId: string;
  /** Present while the object is not published (atomic). */
  readonly uploadId?: string;
  /** For an upload of one part: its ETag, so that publishing needs no ListParts. */
  readonly partEtag?: string;
  /** ETag of the published object (direct). */
  readonly etag?: string;
}

/** Stands for a prefix record in a staged page: its objects are in `staged/record-<n>-page-00000.ndjson` and on. */
export interface StagedPrefix {
  readonly prefixRecord: number;
  readonly pages: number;
}

export type StagedLine = StagedObject | StagedPrefix;

/** How many requests of each operation: `{"create_multipart": 2, "upload_part": 16}`. */
export type RequestCounts = Readonly<Record<string, number>>;

export const addRequests = (a: RequestCounts | undefined, b: RequestCounts | undefined): RequestCounts | undefined => {
  if (a === undefined || b === undefined) return a ?? b;
  const sum: Record<string, number> = { ...a };
  for (const [operation, count] of Object.entries(b)) sum[operation] = (sum[operation] ?? 0) + count;
  return sum;
};

/** Sums over records and objects. One prefix record counts as one record and many objects. */
export interface Totals {
  records: number;
  transferred: number;
  copied: number;
  healed: number;
  skipped: number;
  failed: number;
  aborted: number;
  objects: number;
  bytes: number;
  /** Bytes that were sent more than once, after a crash or a damaged part. */
  resentBytes: number;
  /** Requests to S3 by operation (`upload_part`), retries included; absent where none was counted. */
  requests?: RequestCounts;
  /** Of loadToPostgres alone. */
  load?: LoadCounts;
}

export const emptyTotals = (): Totals => ({
  records: 0,
  transferred: 0,
  copied: 0,
  healed: 0,
  skipped: 0,
  failed: 0,
  aborted: 0,
  objects: 0,
  bytes: 0,
  resentBytes: 0,
});

/** For results that must be the same when they are told again: the report that tells them cannot count its own requests. */
export const withoutRequests = (totals: Totals): Totals => {
  const copy = { ...totals };
  delete copy.requests;
  return copy;
};

export const addTotals = (a: Totals, b: Totals): Totals => {
  const sum = emptyTotals();
  for (const key of Object.keys(sum) as Exclude<keyof Totals, 'requests' | 'load'>[]) sum[key] = a[key] + b[key];
  const requests = addRequests(a.requests, b.requests);
  const load = addLoadCounts(a.load, b.load);
  return { ...sum, ...(requests === undefined ? {} : { requests }), ...(load === undefined ? {} : { load }) };
};
