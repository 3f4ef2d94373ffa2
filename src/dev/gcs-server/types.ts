/** The vocabulary of the Google Cloud Storage double: its options, its objects, and what a test can see and script. */
import type { Content } from './content';
import type { GcsFault } from './faults';
import type { RequestLog } from './log';

/** The IAM permissions that the double checks, by the names of Google's reference. */
export type GcsPermission =
  | 'storage.buckets.create'
  | 'storage.buckets.delete'
  | 'storage.buckets.get'
  | 'storage.buckets.list'
  | 'storage.buckets.update'
  | 'storage.multipartUploads.abort'
  | 'storage.multipartUploads.create'
  | 'storage.multipartUploads.list'
  | 'storage.multipartUploads.listParts'
  | 'storage.objects.create'
  | 'storage.objects.delete'
  | 'storage.objects.get'
  | 'storage.objects.list'
  | 'storage.objects.update';

/** What one bearer token may do: everything, or the permissions of each bucket (`*` for all buckets). */
export type GcsGrant = 'all' | Readonly<Record<string, readonly GcsPermission[]>>;

/** One version of an object. Timestamps are RFC 3339; a generation is a positive integer that only grows. */
export interface GcsObject {
  readonly bucket: string;
  readonly name: string;
  readonly generation: number;
  metageneration: number;
  readonly content: Content;
  readonly crc32c: string;
  /** Base64. Absent for composite objects and those of an XML multipart upload, as at Google. */
  readonly md5Hash?: string;
  readonly componentCount?: number;
  readonly timeCreated: string;
  updated: string;
  /** Set once it is a noncurrent version of a versioned bucket. */
  timeDeleted?: string;
  fields: GcsEditable;
}

/** As the store and the folder that keeps it have it. */
export interface Bucket {
  readonly name: string;
  versioned: boolean;
  readonly location: string;
  readonly timeCreated: string;
  /** Versions by name, oldest first. */
  readonly objects: Map<string, GcsObject[]>;
}

/** What a caller may set. */
export interface GcsEditable {
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly contentDisposition?: string;
  readonly contentLanguage?: string;
  readonly cacheControl?: string;
  readonly storageClass?: string;
  readonly customTime?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** As Pub/Sub notifications name them. */
export type GcsEventType = 'OBJECT_FINALIZE' | 'OBJECT_DELETE' | 'OBJECT_ARCHIVE' | 'OBJECT_METADATA_UPDATE';

export interface GcsEvent {
  readonly eventType: GcsEventType;
  readonly bucket: string;
  readonly object: string;
  readonly generation: string;
  readonly eventTime: string;
  /** The object resource of the JSON API: the payload of a notification in the format JSON_API_V1. */
  readonly resource: Readonly<Record<string, unknown>>;
  readonly overwroteGeneration?: string;
}

export interface GcsBucketOptions {
  /** Keeps noncurrent versions. Default false. */
  readonly versioned?: boolean;
  /** Default US. */
  readonly location?: string;
}

/** Messages about a bucket's objects to a Pub/Sub topic, as a notification configuration of Google's makes them. */
export interface GcsNotification {
  readonly bucket: string;
  /** `projects/<project>/topics/<topic>`. */
  readonly topic: string;
  /** `host:port` of a Pub/Sub emulator. */
  readonly emulatorHost: string;
  /** Default: OBJECT_FINALIZE alone. */
  readonly eventTypes?: readonly GcsEventType[];
  /** Only objects whose names begin so. */
  readonly objectNamePrefix?: string;
}

export interface GcsServerOptions {
  readonly host?: string;
  /** A free one where it is left out. */
  readonly port?: number;
  /** Bytes and metadata lie here and are found again by a later server; without it all is in memory. */
  readonly dataDir?: string;
  /** Buckets that are there from the start. */
  readonly buckets?: readonly (string | ({ readonly name: string } & GcsBucketOptions))[];
  /** Bearer tokens and what they may do. Left out: no token is asked for, and all is allowed but what `deny` forbids. */
  readonly tokens?: Readonly<Record<string, GcsGrant>>;
  /** A rewrite moves at most this much per call: a multiple of 1 MiB. Default: all of it, as within one location. */
  readonly rewriteBytesPerCall?: number;
  readonly notifications?: readonly GcsNotification[];
  readonly onEvent?: (event: GcsEvent) => void;
}

export interface GcsDenial {
  readonly permission: GcsPermission;
  /** All buckets where it is left out. */
  readonly bucket?: string;
}

export interface GcsServer {
  /** `http://host:port`: what STORAGE_EMULATOR_HOST is for Google's clients. */
  readonly endpoint: string;
  readonly port: number;
  readonly log: RequestLog;
  /** Scripts a fault for requests to come; the function takes it back. The oldest fault that matches hits. */
  failNext(fault: GcsFault): () => void;
  /** Tells of every change from now on; the function ends that. */
  onEvent(listener: (event: GcsEvent) => void): () => void;
  /** Takes all faults back; what they hold up goes on. */
  clearFaults(): void;
  /** Refuses a permission with 403 to everybody; the function allows it again. */
  deny(denial: GcsDenial): () => void;
  createBucket(name: string, options?: GcsBucketOptions): void;
  /** Creates it unless it is there. */
  ensureBucket(name: string, options?: GcsBucketOptions): void;
  /** Puts an object without a request of the log. Bytes up to what memory holds. */
  putObject(bucket: string, name: string, bytes: Uint8Array, fields?: GcsEditable): Promise<GcsObject>;
  /** The live version, or null. */
  object(bucket: string, name: string): GcsObject | null;
  /** All of its bytes. Throws where there is no live version. */
  readObject(bucket: string, name: string): Promise<Buffer>;
  /** Names of the live objects in order. */
  names(bucket: string, prefix?: string): string[];
  /** Resumable sessions and XML multipart uploads that are neither finished nor given up. */
  openUploads(): { readonly kind: 'resumable' | 'multipart'; readonly bucket: string; readonly name: string }[];
  /** Forgets every open resumable session: 410 from now on (404 where `status` says so). */
  loseSessions(status?: 404 | 410): Promise<void>;
  /** Ends all open connections; the server goes on. */
  dropConnections(): void;
  /** Publishes what notifications are under way, then closes all. Idempotent. */
  stop(): Promise<void>;
}
