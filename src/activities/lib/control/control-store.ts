/** A run's own files in the bucket, read and written whole. */
import { eachOf } from '../../../model/each-of';
import { LonghaulError } from '../../../model/errors';
import type { LedgerLine, ManifestRecord, StagedLine } from '../../../model/records';
import type { RecordSettings } from '../../../model/run';
import type { SmallStore } from './small-store';
import { fromNdjson, jsonIn, PAGE_KINDS, RunFiles, toNdjson, type PageKind } from './run-files';

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
    private readonly settings: Pick<RecordSettings, 'controlPrefix' | 'run'>,
    private readonly store: SmallStore,
    private readonly signal: AbortSignal,
  ) {
    this.files = new RunFiles(settings);
  }

  /** The same files, asked for under another signal. */
  under(signal: AbortSignal): ControlStore {
    return new ControlStore(this.settings, this.store, signal);
  }

  async readPage<K extends PageKind>(kind: K, page: number): Promise<PageTypes[K][]> {
    return this.readLines(this.files.page(kind, page));
  }

  async writePage<K extends PageKind>(kind: K, page: number, lines: readonly PageTypes[K][]): Promise<void> {
    await this.write(this.files.page(kind, page), toNdjson(lines), 'application/x-ndjson');
  }

  async readRecordPage<T>(kind: PageKind, record: number, page: number): Promise<T[]> {
    return this.readLines(this.files.recordPage(kind, record, page));
  }

  async writeRecordPage(kind: PageKind, record: number, page: number, lines: readonly unknown[]): Promise<void> {
    await this.write(this.files.recordPage(kind, record, page), toNdjson(lines), 'application/x-ndjson');
  }

  /** Pages of an earlier try under the same run id would end up in this one's ledger. */
  async clearPages(): Promise<void> {
    await eachOf(PAGE_KINDS, PAGE_KINDS.length, (kind) => this.removePages(kind));
  }

  async readJson<T>(key: string): Promise<T> {
    return jsonIn(await this.read(key), this.uri(key), 1) as T;
  }

  async writeJson(key: string, value: unknown): Promise<void> {
    await this.write(key, jsonText(value), 'application/json');
  }

  async writeHtml(html: string): Promise<void> {
    await this.write(this.files.file('report.html'), html, 'text/html; charset=utf-8');
  }

  async write(key: string, text: string, contentType: string): Promise<void> {
    await this.store.write(key, Buffer.from(text), contentType, this.signal);
  }

  /** Throws ObjectNotFound. */
  async read(key: string): Promise<string> {
    return (await this.store.read(key, this.signal)).toString();
  }

  /** All pages of the ledger as one file, one page in memory at a time, however long it gets; `onLine` sees each line. */
  async joinLedger(onLine: (line: LedgerLine) => void): Promise<void> {
    const key = this.files.file('ledger.ndjson');
    await this.store.writeStream(key, this.ledgerPages(onLine), 'application/x-ndjson', this.signal);
  }

  /** One file, there or not. */
  async remove(key: string): Promise<void> {
    await this.store.removeAll(key, this.signal);
  }

  async removePages(kind: PageKind): Promise<void> {
    await this.store.removeAll(this.files.folder(kind), this.signal);
  }

  uri(key: string): string {
    return this.store.uri(key);
  }

  private async readLines<T>(key: string): Promise<T[]> {
    return fromNdjson<T>(await this.read(key), this.uri(key));
  }

  private async *ledgerPages(onLine: (line: LedgerLine) => void): AsyncGenerator<Buffer> {
    for await (const key of this.store.list(this.files.folder('ledger'), this.signal)) {
      const page = await this.store.read(key, this.signal);
      for (const line of fromNdjson<LedgerLine>(page.toString(), this.uri(key))) onLine(line);
      yield page;
    }
  }
}

/** For people too: indented, with a line break at its end. */
export const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** The value, or null where the object is not there (yet); every other error goes on. */
export async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof LonghaulError && error.code === 'ObjectNotFound') return null;
    throw error;
  }
}
