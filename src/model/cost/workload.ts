/** What there is to move, summed: all that costs depend on. Pure. */

export interface UrlWorkload {
  records: number;
  bytes: number;
  /** Of more than one part: two activities, and an upload by parts. */
  large: number;
  /** Of the large ones together. */
  parts: number;
  /** Largest number of parts of one of them. */
  mostParts: number;
  /** ListParts for each look at the large ones: one for 1,000 parts. */
  listPages: number;
  /** Records whose size nobody has told; counted as small ones of no bytes. */
  unknown: number;
}

export interface PrefixWorkload {
  records: number;
  objects: number;
  bytes: number;
  /** Of 200 objects, for each record by itself. */
  pages: number;
  /** Largest number of pages of one of them. */
  mostPages: number;
  /** LIST requests: 1,000 objects each, one at least for a record. */
  listPages: number;
  /** Objects above the size that one request copies, and their parts. */
  large: number;
  parts: number;
}

export interface Workload {
  readonly url: UrlWorkload;
  readonly prefix: PrefixWorkload;
}

/** Objects of a page of a prefix record; the activities that copy them use the same. */
export const PREFIX_PAGE_OBJECTS = 200;
const LIST_OBJECTS = 1_000;
const LIST_PARTS = 1_000;

export const emptyWorkload = (): Workload => ({
  url: { records: 0, bytes: 0, large: 0, parts: 0, mostParts: 0, listPages: 0, unknown: 0 },
  prefix: { records: 0, objects: 0, bytes: 0, pages: 0, mostPages: 0, listPages: 0, large: 0, parts: 0 },
});

/** Adds `times` URL records of this size. `parts`: as the engine cuts it, 1 for what fits in one; bytes null: not known. */
export function addUrls({ url }: Workload, bytes: number | null, parts: number, times = 1): void {
  url.records += times;
  if (bytes === null) url.unknown += times;
  url.bytes += (bytes ?? 0) * times;
  if (parts <= 1) return;
  url.large += times;
  url.parts += parts * times;
  url.mostParts = Math.max(url.mostParts, parts);
  url.listPages += Math.ceil(parts / LIST_PARTS) * times;
}

export interface PrefixObjects {
  readonly objects: number;
  readonly bytes: number;
  readonly large: number;
  readonly parts: number;
}

/** Adds `times` prefix records with these objects below each. */
export function addPrefix({ prefix }: Workload, found: PrefixObjects, times = 1): void {
  prefix.records += times;
  prefix.objects += found.objects * times;
  prefix.bytes += found.bytes * times;
  prefix.large += found.large * times;
  prefix.parts += found.parts * times;
  const pages = Math.ceil(found.objects / PREFIX_PAGE_OBJECTS);
  prefix.pages += pages * times;
  prefix.mostPages = Math.max(prefix.mostPages, pages);
  prefix.listPages += Math.max(1, Math.ceil(found.objects / LIST_OBJECTS)) * times;
}

/** The same URL records, in proportion, as `records` of them: from a sample to the whole. */
export function scaled(sample: UrlWorkload, records: number): UrlWorkload {
  if (sample.records === 0) return { ...emptyWorkload().url, records, unknown: records };
  const times = records / sample.records;
  const of = (value: number): number => Math.round(value * times);
  const { bytes, large, parts, mostParts, listPages, unknown } = sample;
  return {
    records,
    bytes: of(bytes),
    large: of(large),
    parts: of(parts),
    mostParts,
    listPages: of(listPages),
    unknown: of(unknown),
  };
}

export const recordsOf = ({ url, prefix }: Workload): number => url.records + prefix.records;
export const bytesOf = ({ url, prefix }: Workload): number => url.bytes + prefix.bytes;
export const objectsOf = ({ url, prefix }: Workload): number => url.records + prefix.objects;
