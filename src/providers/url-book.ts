/**
 * Fresh URLs of running exports, for the whole process: signed URLs live 15 minutes and are never stored, so every
 * transfer asks here. Many transfers share one listing, and many that fail together cause one new listing.
 */
import { LonghaulError } from '../model/errors';
import type { SourceUrl } from '../transfer/source-url';
import { SharedCall } from './shared-call';
import type { ExportProvider, ExportRecord } from './types';

/** Two thirds of the vendor's 15 minutes: what is left is enough to begin a part with. */
const REUSE_MS = 10 * 60_000;
/** Listings of large exports take 100 MB and more: only those of runs that are active now stay. */
const MAX_LISTINGS = 4;

/** Which record: by its place in the vendor's list, by its own `ref`, or by what stays the same in its URL. */
export type RecordRef =
  | { readonly position: number }
  | { readonly dataset: string; readonly ref: string }
  | { readonly dataset: string; /** Percent-encoded. */ readonly pathname: string };

interface Listing {
  readonly records: readonly ExportRecord[];
  readonly byName: ReadonlyMap<string, SourceUrl>;
  readonly askedAtMs: number;
}

/** A `ref` and a path of the same text are two names. */
const nameOf = (dataset: string, name: { readonly ref: string } | { readonly pathname: string }): string =>
  JSON.stringify('ref' in name ? [dataset, 'ref', name.ref] : [dataset, 'path', name.pathname]);

const toListing = (records: readonly ExportRecord[], askedAtMs: number): Listing => {
  const byName = new Map<string, SourceUrl>();
  for (const record of records) {
    if (record.kind !== 'url') continue;
    const { dataset, url, ref } = record;
    byName.set(nameOf(dataset, ref === undefined ? { pathname: url.reveal().pathname } : { ref }), url);
  }
  return { records, byName, askedAtMs };
};

const describe = (ref: RecordRef): string =>
  'position' in ref ? `record ${ref.position}` : `${'ref' in ref ? ref.ref : ref.pathname} of dataset ${ref.dataset}`;

export class UrlBook {
  readonly #listings = new Map<string, Listing>();
  readonly #calls = new Map<string, SharedCall<Listing>>();

  constructor(
    private readonly reuseMs = REUSE_MS,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * A URL from a listing younger than 10 minutes. Throws SourceNotFound where the export no longer names the record,
   * whatever listRecords throws, or the signal's reason.
   */
  async resolve(provider: ExportProvider, exportId: string, ref: RecordRef, signal: AbortSignal): Promise<SourceUrl> {
    const known = this.#fresh(this.#keyOf(provider, exportId));
    return this.#find(known ?? (await this.#list(provider, exportId, signal)), exportId, ref);
  }

  /**
   * A URL that is newer than `failed`, which the file host refused: lists again only where the listing at hand still
   * gives that very URL. Throws as `resolve` does.
   */
  async refresh(
    provider: ExportProvider,
    exportId: string,
    ref: RecordRef,
    failed: SourceUrl,
    signal: AbortSignal,
  ): Promise<SourceUrl> {
    const known = this.#fresh(this.#keyOf(provider, exportId));
    if (known !== undefined) {
      const current = this.#find(known, exportId, ref);
      if (current.reveal().href !== failed.reveal().href) return current;
    }
    return this.#find(await this.#list(provider, exportId, signal), exportId, ref);
  }

  /** Forgets an export, at the end of its run. */
  forget(provider: ExportProvider, exportId: string): void {
    this.#listings.delete(this.#keyOf(provider, exportId));
  }

  #keyOf(provider: ExportProvider, exportId: string): string {
    return JSON.stringify([provider.key ?? provider.name, exportId]);
  }

  #fresh(key: string): Listing | undefined {
    const listing = this.#listings.get(key);
    if (listing === undefined || this.now() - listing.askedAtMs < this.reuseMs) return listing;
    this.#listings.delete(key);
    return undefined;
  }

  /** Joins the listing under way for this export, or starts one. A failed one is not remembered. */
  async #list(provider: ExportProvider, exportId: string, signal: AbortSignal): Promise<Listing> {
    const key = this.#keyOf(provider, exportId);
    let call = this.#calls.get(key);
    if (call === undefined || call.abandoned || call.settled) {
      call = new SharedCall((shared) => this.#ask(provider, exportId, key, shared));
      this.#calls.set(key, call);
    }
    try {
      return await call.join(signal);
    } finally {
      if (this.#calls.get(key) === call && (call.abandoned || call.settled)) this.#calls.delete(key);
    }
  }

  async #ask(provider: ExportProvider, exportId: string, key: string, signal: AbortSignal): Promise<Listing> {
    // Age counts from before the request: the URLs may have been signed at its very beginning.
    const askedAtMs = this.now();
    const listing = toListing(await provider.listRecords(exportId, signal), askedAtMs);
    this.#listings.delete(key);
    this.#listings.set(key, listing);
    for (const oldest of this.#listings.keys()) {
      if (this.#listings.size <= MAX_LISTINGS) break;
      this.#listings.delete(oldest);
    }
    return listing;
  }

  #find(listing: Listing, exportId: string, ref: RecordRef): SourceUrl {
    if ('position' in ref) {
      const record = listing.records[ref.position];
      if (record?.kind === 'url') return record.url;
    } else {
      const url = listing.byName.get(nameOf(ref.dataset, ref));
      if (url !== undefined) return url;
    }
    throw new LonghaulError('SourceNotFound', `Export ${exportId} no longer names ${describe(ref)}`);
  }
}
