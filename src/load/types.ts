/** The vocabulary of a load. All descriptions are plain data, so that they can travel through a workflow. */
import type { S3Client } from '@aws-sdk/client-s3';
import type { Secret } from '../model/secret';
import type { ByteLimit, MemoryBudget, RetryPolicy, S3Destination } from '../transfer';

/** `sample` is a `full` of the first rows: it replaces what the table holds. */
export type LoadType = 'full' | 'delta' | 'sample';
export type FileFormat = 'csv' | 'ndjson' | 'parquet';

/** One object to be loaded. `index` is its place in the order of keys: where keys repeat in a delta, the later row wins. */
export interface SourceFile {
  readonly bucket: string;
  readonly key: string;
  readonly sizeBytes: number;
  /** With its quotes; an attempt that finds another version fails with SourceChanged. */
  readonly etag: string;
  readonly index: number;
}

/** RFC 4180 with its common variants. All characters are one byte of ASCII. */
export interface CsvDialect {
  readonly delimiter: string;
  /** Null: quotes are characters like any other. */
  readonly quote: string | null;
  /** Before a quote, or itself, within a quoted field; equal to `quote` in RFC 4180. */
  readonly escape: string;
  readonly header: boolean;
  /** An unquoted field of this text is NULL; a quoted one never is. */
  readonly nullText: string;
}

export interface FormatOptions {
  /** 'auto': by the key's extension (.csv, .tsv, .ndjson, .jsonl, .json, .parquet, each also with .gz but the last). */
  readonly format: FileFormat | 'auto';
  readonly csv: CsvDialect;
}

/** From the columns of the files to those of the table. Names are compared exactly. */
export interface ColumnMapping {
  /** Columns of the table that are loaded, constants included. For a CSV without header: their order in the file. */
  readonly columns: readonly string[];
  /** Column of the file to column of the table; others keep their name. */
  readonly rename: Readonly<Record<string, string>>;
  /** Columns of the file that are left out. */
  readonly drop: readonly string[];
  /** Column of the table to the text of its value in every row. */
  readonly constants: Readonly<Record<string, string | null>>;
  /** Columns of the file that nothing names: 'refuse' throws ColumnUnexpected. */
  readonly extra: 'refuse' | 'drop';
}

export interface TableName {
  /** Null: as the search path finds it. */
  readonly schema: string | null;
  readonly table: string;
}

export interface TargetColumn {
  readonly name: string;
  /** As format_type says it: `numeric(10,2)`, `timestamp with time zone`, `text[]`. */
  readonly type: string;
  /** Name of the type in pg_type, of the elements where it is an array: `int4`, `jsonb`, `bytea`. */
  readonly baseType: string;
  readonly isArray: boolean;
  readonly nullable: boolean;
  readonly hasDefault: boolean;
  /** GENERATED ALWAYS AS (…) STORED: can never be loaded. */
  readonly isGenerated: boolean;
  readonly identity: 'always' | 'default' | null;
}

/** The table as it is now. */
export interface TargetTable {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly TargetColumn[];
  /** How `full` replaces the rows: by a table that takes the name, or by DELETE and INSERT (docs/decisions/0016). */
  readonly replaceBy: 'swap' | 'rewrite';
  /** Why not by a swap: "view v depends on it". */
  readonly rewriteReasons: readonly string[];
}

/** Chunks of one file at most; their size grows where a file would make more. */
export const PARTS_PER_FILE = 1_000;

/** One staged object: whole rows of one file, as CSV in the dialect of src/load/csv/dialect.ts. */
export interface StagedChunk {
  readonly key: string;
  readonly part: number;
  /** `s3://bucket/key` of the file. */
  readonly source: string;
  /** What messages count: lines of text, or rows of Parquet. */
  readonly unit: 'line' | 'row';
  /** Line (or row) of the file, from 1, where the chunk's first row begins. */
  readonly firstLine: number;
  readonly rows: number;
  readonly bytes: number;
  readonly crc32: string;
  /** Columns of the table, in the order of the fields. */
  readonly columns: readonly string[];
  /** Where lines of the chunk do not follow those of the file one by one: the object that says which is which. */
  readonly linesKey?: string;
}

export interface StagedFile {
  readonly chunks: readonly StagedChunk[];
  readonly rows: number;
  /** Staged, of all chunks. */
  readonly bytes: number;
  readonly sourceBytes: number;
  readonly columns: readonly string[];
}

/** What a look at the beginning of a file says. */
export interface FileInspection {
  readonly format: FileFormat;
  readonly isGzip: boolean;
  /** Columns in the order of the file; null for NDJSON, where every line has its own. */
  readonly columns: readonly string[] | null;
}

/** What every long call takes. */
export interface LoadControl {
  readonly signal: AbortSignal;
  /** Called now and then, cheap and synchronous: for heartbeats. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
}

export interface LoadProgress {
  readonly rows: number;
  readonly bytes: number;
}

export interface InspectRequest {
  readonly client: S3Client;
  readonly file: SourceFile;
  readonly format: FormatOptions;
  readonly mapping: ColumnMapping;
  readonly retry?: RetryPolicy;
  readonly stallTimeoutMs?: number;
  /** Of what is read from the file. */
  readonly limiter?: ByteLimit;
}

export interface StageRequest extends InspectRequest {
  readonly target: TargetTable;
  readonly staging: S3Destination;
  /** Ends in `/`; from stagingPrefix(). */
  readonly prefix: string;
  /** Number of the file's first part: `file.index * PARTS_PER_FILE` where all files of a run share a prefix. */
  readonly firstPart: number;
  /** About; chunks are whole rows. */
  readonly chunkSizeBytes?: number;
  /** Stop after so many rows. */
  readonly maxRows?: number;
  /** Columns of the first file; another set of them throws HeadersDiffer. */
  readonly expectedColumns?: readonly string[];
  /** Where part buffers come from; without one they are simply allocated (some 24 MiB a call). */
  readonly memory?: MemoryBudget;
  /** Called for each chunk when it can be read, in their order; must not throw. */
  readonly onChunk?: ((chunk: StagedChunk) => void) | undefined;
}

export type SslMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface DatabaseSettings {
  /** `postgres://user:password@host:port/database?sslmode=…`; with `iam` its password is not used. */
  readonly url: Secret;
  /** For messages: `environment variable DATABASE_URL`. */
  readonly source: string;
  /** Beats sslmode of the URL. Default: that, else 'prefer', as psql has it. */
  readonly sslMode?: SslMode;
  /** PEM text of the authorities; also sslrootcert=<file> in the URL. */
  readonly ca?: string;
  /** A token of RDS instead of a password, made new for each connection. */
  readonly iam?: { readonly region: string; readonly credentials: () => Promise<AwsKeys> };
  readonly maxConnections?: number;
  readonly connectTimeoutMs?: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
}

/** The table that one run's chunks go to before they become rows of the target. */
export interface LoadTable {
  readonly schema: string;
  readonly table: string;
  /** Where the ledger is: the schema of the target unless configured. */
  readonly ledgerSchema: string;
}

export interface TargetRequest {
  readonly table: TableName;
  readonly loadType: LoadType;
  readonly mapping: ColumnMapping;
  /** Needed for delta: a unique index must be on exactly these. */
  readonly key: readonly string[];
}

export interface PrepareRequest {
  readonly runId: string;
  readonly loadType: LoadType;
  readonly target: TargetTable;
  readonly key: readonly string[];
  readonly ledgerSchema?: string;
}

export interface RejectOptions {
  /** Bad rows that the whole run may have. 0: the first one fails it. */
  readonly limit: number;
  readonly destination: S3Destination;
  /** Ends in `/`, outside of the staging prefix; `part-00000.ndjson` of each chunk that has any. */
  readonly prefix: string;
}

export interface CopyRequest {
  readonly runId: string;
  readonly chunk: StagedChunk;
  readonly load: LoadTable;
  readonly staging: S3Destination;
  readonly rejects?: RejectOptions;
  /** Of the one COPY; none by default. */
  readonly statementTimeoutMs?: number;
  /** 'aws_s3': the database reads the chunk itself (RDS, Aurora). */
  readonly via?: { readonly kind: 'stream' } | { readonly kind: 'aws_s3'; readonly region: string };
  readonly retry?: RetryPolicy;
  readonly stallTimeoutMs?: number;
}

export interface CopiedChunk {
  readonly rows: number;
  readonly rejected: number;
  /** True: an earlier attempt had loaded it, and this one has loaded nothing. */
  readonly already: boolean;
  readonly rejectsKey?: string;
}

export interface MeanwhileRequest {
  /** Chunks at once. */
  readonly lanes: number;
  /** Called again for none; a failure that may pass leaves the chunk, and those behind it, to the caller. */
  readonly copy: (chunk: StagedChunk, signal: AbortSignal) => Promise<CopiedChunk>;
  readonly onPostponed?: ((error: Error) => void) | undefined;
}

export interface CopiedMeanwhile<T> {
  readonly staged: T;
  /** Of the first chunks, in their order; those behind are not copied, or may be: ask again for all of them. */
  readonly copied: readonly CopiedChunk[];
}

export interface FinishRequest {
  readonly runId: string;
  readonly loadType: LoadType;
  readonly target: TableName;
  readonly load: LoadTable;
  readonly key: readonly string[];
  /** StagedFile.columns: those that the files and constants fill. */
  readonly columns: readonly string[];
  /** Rows of all staged chunks. */
  readonly stagedRows: number;
  readonly rejectLimit?: number;
  /** How long to wait for readers and other loads before LoadConflict. */
  readonly lockWaitMs?: number;
  readonly statementTimeoutMs?: number;
}

export interface FinishedLoad {
  /** Rows that came from the files into the table: staged − rejected − duplicates. */
  readonly rows: number;
  readonly rejected: number;
  /** delta: rows whose key came again later. */
  readonly duplicates: number;
  readonly method: 'swap' | 'rewrite' | 'upsert';
  /** True: an earlier attempt had done it. */
  readonly already: boolean;
}

export interface AbandonedStaging {
  readonly prefix: string;
  /** `<job>-<unix seconds>-<8 hex>`. */
  readonly name: string;
  readonly startedAtMs: number;
  readonly objects: number;
  readonly bytes: number;
}

/** A pool of connections to one database. Connects when it is first used. */
export interface Database {
  /** For messages: host, port and database; never a user or password. */
  readonly display: string;
  close(): Promise<void>;
}

/**
 * The functions of src/load, by their types; index.ts exports them under the names of the fields. Every one throws
 * LonghaulErrors or the signal's reason, may be called again after a lost answer, and says in its docstring what it writes.
 */
export interface LoadEngine {
  openDatabase(settings: DatabaseSettings): Database;
  /** In order of keys, without folder markers, names that begin with `_` or `.`, and empty objects. Throws LoadPathEmpty. */
  listSourceFiles(
    request: { readonly client: S3Client; readonly bucket: string; readonly prefix: string },
    control: LoadControl,
  ): Promise<SourceFile[]>;
  /** Reads the beginning (or footer) of a file: its format and columns. Throws as stageFile does. */
  inspectFile(request: InspectRequest, control: LoadControl): Promise<FileInspection>;
  /** Throws TableMissing, TargetUnfit, ColumnMissing, KeyUnfit, PostgresRefused. */
  inspectTarget(database: Database, request: TargetRequest, control: LoadControl): Promise<TargetTable>;
  /** `tmp/postgres-copy/<job>-<unix seconds>-<8 hex>/`; `unique` is the 8 hex digits. */
  stagingPrefix(job: string, startedAtMs: number, unique: string): string;
  stageFile(request: StageRequest, control: LoadControl): Promise<StagedFile>;
  /** Makes the ledger (once) and the run's load table (if it is not there). */
  prepareLoad(database: Database, request: PrepareRequest, control: LoadControl): Promise<LoadTable>;
  copyChunk(database: Database, request: CopyRequest, control: LoadControl): Promise<CopiedChunk>;
  /** Copies chunks while `stage` makes more of them. */
  copyMeanwhile<T>(
    request: MeanwhileRequest,
    stage: (onChunk: (chunk: StagedChunk) => void, signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<CopiedMeanwhile<T>>;
  /** Replaces or upserts the rows of the target in one transaction, checks the counts, analyses. */
  finishLoad(database: Database, request: FinishRequest, control: LoadControl): Promise<FinishedLoad>;
  /** Removes what prepareLoad made for the run; true if there was something. Safe after a finish. */
  dropLoadTables(
    database: Database,
    request: { readonly runId: string; readonly schema: string },
    control: LoadControl,
  ): Promise<boolean>;
  /** Objects and open uploads under the prefix; answers how many objects. Throws CleanupIncomplete. */
  removeStaging(
    request: { readonly staging: S3Destination; readonly prefix: string },
    control: LoadControl,
  ): Promise<number>;
  /** Folders of tmp/postgres-copy/ that began longer ago than `olderThanMs`. Whether their runs live is the caller's to ask. */
  findAbandonedStaging(
    request: { readonly staging: S3Destination; readonly olderThanMs: number; readonly nowMs?: number },
    control: LoadControl,
  ): Promise<AbandonedStaging[]>;
  /** Load tables of any run in a schema, with the run's id and age: for the janitor. */
  findLoadTables(
    database: Database,
    request: { readonly schema: string },
    control: LoadControl,
  ): Promise<{ readonly runId: string; readonly table: string; readonly startedAtMs: number }[]>;
}
