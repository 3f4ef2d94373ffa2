/** A run's own files in the bucket, read and written whole. */
import { LonghaulError } from '../../model/errors';
import type { LedgerLine, ManifestRecord, StagedLine } from '../../model/records';
import type { RunSettings } from '../../model/export-run';
import { deletePrefix, getSmall, putSmall, type S3Destination } from '../../transfer';
import { fromNdjson, PAGE_KINDS, RunFiles, toNdjson, type PageKind } from './run-files';

/** One object below a prefix record, as its own manifest pages list it. */
export interface PrefixObject {
  readonly sourceKey: string;
  readonly key: string;
  readonly bytes: number;
  readonly etag: string;
}

interface PageTypes {
  manifest: ManifestRecord;
  staged: StagedLine;
  ledger: LedgerLine;
}

export class ControlStore {
  readonly files: RunFiles;

  constructor(
    settings: Pick<RunSettings, 'bucket' | 'controlPrefix' | 'run'>,
    private readonly destination: S3Destination,
    private readonly signal: AbortSignal,
  ) {
    this.files = new RunFiles(settings);
  }

  async readPage<K extends PageKind>(kind: K, page: number): Promise<PageTypes[K][]> {
    return fromNdjson(await this.read(this.files.page(kind, page)));
  }

  async writePage<K extends PageKind>(kind: K, page: number, lines: readonly PageTypes[K][]): Promise<void> {
    await this.write(this.files.page(kind, page), toNdjson(lines), 'application/x-ndjson');
  }

  async readRecordPage<T>(kind: PageKind, record: number, page: number): Promise<T[]> {
    return fromNdjson(await this.read(this.files.recordPage(kind, record, page)));
  }

  async writeRecordPage(kind: PageKind, record: number, page: number, lines: readonly unknown[]): Promise<void> {
    await this.write(this.files.recordPage(kind, record, page), toNdjson(lines), 'application/x-ndjson');
  }

  /** Pages of an earlier try under the same run id would end up in this one's ledger. */
  async clearPages(): Promise<void> {
    const { destination, signal } = this;
    for (const kind of PAGE_KINDS) await deletePrefix({ destination, prefix: this.files.folder(kind), signal });
  }

  async readJson<T>(key: string): Promise<T> {
    return JSON.parse(await this.read(key)) as T;
  }

  async writeJson(key: string, value: unknown): Promise<void> {
    await this.write(key, `${JSON.stringify(value, null, 2)}\n`, 'application/json');
  }

  async write(key: string, text: string, contentType: string): Promise<void> {
    await putSmall(this.destination, key, Buffer.from(text), { contentType, signal: this.signal });
  }

  /** Throws ObjectNotFound. */
  /** Throws ObjectNotFound. */
  async read(key: string): Promise<string> {
    return (await getSmall(this.destination, key, { signal: this.signal })).toString();
  }
}

/** The value, or null where the object is not there (yet); every other error goes on. */
export async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof LonghaulError && error.code === 'ObjectNotFound') return null;
    throw error;
  }
}
