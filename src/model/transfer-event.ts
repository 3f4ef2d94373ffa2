/** Job C: one event asks for one object to be moved between S3 and GCS, once. Pure: workflow code imports it. */

export const PROVIDERS = ['aws_s3', 'gcp_gcs'] as const;
export type ObjectProvider = (typeof PROVIDERS)[number];

export const PRIORITIES = ['low', 'normal', 'high'] as const;
export type EventPriority = (typeof PRIORITIES)[number];

/** Temporal's priority keys: 1 is served first, 3 is its default, 5 last. */
export const PRIORITY_KEYS: Readonly<Record<EventPriority, number>> = { high: 1, normal: 3, low: 5 };

export const IF_EXISTS_MODES = ['overwrite', 'ifAbsent'] as const;
export type IfExists = (typeof IF_EXISTS_MODES)[number];

/** Tries after the first one, where the event names no other number. */
export const DEFAULT_MAX_RETRIES = 3;
export const MAX_RETRIES_LIMIT = 10;

export interface ObjectAddress {
  readonly provider: ObjectProvider;
  readonly bucket: string;
  readonly key: string;
  readonly region: string;
}

export interface EventMetadata {
  /** Of the destination; the source's where absent. */
  readonly contentType?: string;
  /** 64 hexadecimal digits, of the whole object; compared before anything is visible. */
  readonly checksumSHA256?: string;
  /** 0 to MAX_RETRIES_LIMIT. */
  readonly maxRetries?: number;
  readonly priority?: EventPriority;
  /** What happens to an object that is at the destination already; overwritten where absent. */
  readonly ifExists?: IfExists;
  /** `read-back`: the stored object is asked for, and compared, once more; needs leave to read the destination. */
  readonly verify?: 'read-back';
}

/** As published in configs/transfer-event.schema.json. Members that it does not name are kept. */
export interface TransferEvent {
  /** `1.x`. */
  readonly schemaVersion: string;
  /** A UUID: what makes a repeated event the same event. */
  readonly eventId: string;
  /** A UUID: of whatever the event belongs to at its sender. */
  readonly correlationId: string;
  /** When it was sent, ISO 8601. */
  readonly timestamp: string;
  readonly source: ObjectAddress;
  readonly destination: ObjectAddress;
  readonly metadata?: EventMetadata;
}

/** Where failed events go; without any secret, because it lives in history. */
export type DeadLetterTarget =
  | { readonly kind: 'sqs'; readonly queueUrl: string; readonly region: string }
  | { readonly kind: 'pubsub'; readonly topic: string };

/** What the workflow `transferEvent` takes: the bare event, as `temporal workflow start` gives it, or this. */
export interface TransferEventInput {
  readonly event: TransferEvent;
  /** Absent: a transfer that fails just fails. */
  readonly deadLetter?: DeadLetterTarget;
}

/** By what the bytes at the destination were compared with those of the source. */
type VerifiedBy = 'sha256' | 'crc32' | 'crc32c' | 'etag' | 'size' | 'unverified';

export interface TransferEventResult {
  readonly eventId: string;
  readonly correlationId: string;
  /** `s3://bucket/key` or `gs://bucket/key`. */
  readonly source: string;
  readonly destination: string;
  readonly bytes: number;
  readonly parts: number;
  /** Bytes that had to be sent more than once. */
  readonly resentBytes: number;
  /** What the strongest comparison was made with. */
  readonly verified: VerifiedBy;
  /** SHA-256 in hexadecimal digits, CRCs as the stores write them (base64). */
  readonly checksums: { readonly sha256?: string; readonly crc32?: string; readonly crc32c?: string };
  /** What was written: the version of a versioned S3 bucket, the generation of GCS. */
  readonly stored: { readonly etag?: string; readonly versionId?: string; readonly generation?: string };
  /** From the workflow's start to its end. */
  readonly seconds: number;
  /** 1 and every retry after a failure; a worker that was lost is no attempt. */
  readonly attempts: number;
}

/** What goes to the dead-letter queue: everything that is needed to find out why, and to try again. */
export interface DlqEnvelope {
  readonly schemaVersion: '1.0.0';
  /** Present where the message was a valid event. */
  readonly event?: TransferEvent;
  /** The message as it came, where it was none; as much of it as the queue takes. */
  readonly body?: string;
  /** About all of the message that `body` is of. */
  readonly bodyInfo?: {
    readonly bytes: number;
    /** Hexadecimal digits. */
    readonly sha256: string;
    readonly encoding: 'utf8' | 'base64';
    /** True where `body` is its beginning only. */
    readonly truncated: boolean;
  };
  readonly error: { readonly code: string; readonly message: string };
  /** 0 where the transfer was never begun. */
  readonly attempts: number;
  readonly workflowId: string | null;
  readonly runId: string | null;
  /** ISO 8601. */
  readonly failedAt: string;
  /** The command that sends this envelope's event again. */
  readonly replay: string;
}

/** One workflow id for one event, however its UUID is written: this is what makes a duplicate harmless. */
export const transferWorkflowId = (eventId: string): string => `transfer-event/${eventId.toLowerCase()}`;

const SCHEMES: Readonly<Record<ObjectProvider, string>> = { aws_s3: 's3', gcp_gcs: 'gs' };

/** `s3://bucket/key` or `gs://bucket/key`. */
export const addressText = ({ provider, bucket, key }: ObjectAddress): string =>
  `${SCHEMES[provider]}://${bucket}/${key}`;

export const priorityKey = ({ metadata }: Pick<TransferEvent, 'metadata'>): number =>
  PRIORITY_KEYS[metadata?.priority ?? 'normal'];

/** An upload whose parts are gone or of no use: the object starts again, as one more try. */
const RESTARTED: readonly string[] = ['UploadLost', 'SourceDamaged'];
/** An upload that is taken away this often has an enemy that more tries do not help against. */
const MAX_STARTS = 3;

/** Whether a transfer that failed with `code` in its `starts`th start is begun anew: that counts as one of its retries. */
export const startsAgain = (code: string, starts: number, maxRetries = DEFAULT_MAX_RETRIES): boolean =>
  RESTARTED.includes(code) && starts < MAX_STARTS && starts <= maxRetries;

/** What the dead-letter envelope tells an operator to type. */
export const replayCommand = (eventId: string | null): string =>
  eventId === null ? 'longhaul dlq replay --all' : `longhaul dlq replay --event-id ${eventId}`;
