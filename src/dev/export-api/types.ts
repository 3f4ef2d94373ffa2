/** The sample export API's vocabulary: the files it exports, its options, and what a test can see and script. */
import type { ExportType } from '../../model/export-run';
import type { FaultBook } from './faults';
import type { ApiOperation, Stats } from './stats';

/** Where a sample file's bytes come from. Both kinds are plain JSON, so that another process can name them. */
export type SampleContent =
  | { readonly kind: 'disk'; readonly file: string }
  /** Pseudo-random bytes, computed from the seed and the offset: files of GiBs need no disk. */
  | { readonly kind: 'generated'; readonly seed: number };

export interface SampleFile {
  /** The vendor's dataset name; may hold a slash. */
  readonly dataset: string;
  /** Below the dataset, usually a bare file name; base names may collide across datasets. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly content: SampleContent;
}

export interface StatusDurations {
  /** How long an export stays PENDING. */
  readonly pendingMs: number;
  /** How long it is IN_PROGRESS (then PROCESSING for the second half) before SUCCEEDED. */
  readonly runningMs: number;
}

export interface ExportApiOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 (the default): any free port. */
  readonly apiPort?: number;
  readonly filesPort?: number;
  readonly apiKey?: string;
  /** Origin that URLs of files name, where clients reach the file host by another name (containers). */
  readonly publicFilesUrl?: string;
  /** Files of each export type; a type that is left out has a small default set. */
  readonly files?: Partial<Record<ExportType, readonly SampleFile[]>>;
  /** `s3://bucket/path` records of each export type, without URLs. */
  readonly prefixes?: Partial<Record<ExportType, readonly string[]>>;
  /** Default 15 minutes, as at the vendor. */
  readonly urlLifetimeMs?: number;
  readonly statusDurationsMs?: StatusDurations;
  /** Serves /admin/… at the API's port, so that another process can script faults. Default false. */
  readonly admin?: boolean;
}

export interface ExportApi {
  /** The GraphQL endpoint: `http://127.0.0.1:<port>/export/graphql`. */
  readonly endpoint: string;
  readonly apiKey: string;
  /** Origin of the file host: `http://127.0.0.1:<other port>` or `publicFilesUrl`. */
  readonly filesUrl: string;
  /** `http://127.0.0.1:<port>/admin`; answers only with the option `admin`. */
  readonly adminUrl: string;
  readonly faults: FaultBook;
  /** Requests at the file host by URL path (`/<type>/<dataset>/<path>`). */
  readonly requests: Stats['files'];
  /** Requests at the API by operation. */
  readonly operations: Record<ApiOperation, number>;
  /** True once any request to the file host carried an X-Api-Key header: must never happen. */
  readonly apiKeySeenAtFileHost: boolean;
  stats(): Stats;
  /** The files of a type now, and the URL path under which the file host serves one. */
  files(type: ExportType): readonly SampleFile[];
  urlPath(type: ExportType, file: SampleFile): string;
  setFiles(type: ExportType, files: readonly SampleFile[]): void;
  setPrefixes(type: ExportType, prefixes: readonly string[]): void;
  /** Starts an export as if another client had; returns its id. It stays in flight until `finishExport`. */
  startForeignExport(type: ExportType): string;
  /** Makes an export SUCCEEDED now. */
  finishExport(exportId: string): void;
  /** Ends all sockets, also those in the middle of a body. Idempotent. */
  close(): Promise<void>;
}
