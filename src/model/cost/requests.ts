/**
 * Requests of a run that nothing goes wrong in, by the names of the request counters (`report.json`, totals.requests).
 * Counted from what the code does; test/e2e/plan.test.ts and bench/plan hold them against a proxy on the wire.
 */
import type { RequestCounts } from '../records';
import { pagesGiven, pagesOf, type RunShape } from './shape';
import { recordsOf, type Workload } from './workload';

/** S3 lists, and deletes, this many keys a request. */
const KEYS_A_REQUEST = 1_000;
/** The result of `ingestUrls` holds the lines of this many files, and reads them back for it. */
const INLINE_FILES = 500;

type Mutable = Record<string, number>;

const add = (counts: Mutable, more: Readonly<Record<string, number>>): void => {
  for (const [name, count] of Object.entries(more)) counts[name] = (counts[name] ?? 0) + count;
};

/** A URL record that fits in one part: one PutObject, or an upload of one part that is completed when the run publishes. */
function smallUrls(counts: Mutable, { url }: Workload, { publish }: RunShape): void {
  const small = url.records - url.large;
  if (publish === 'direct') add(counts, { put_object: small });
  else add(counts, { create_multipart: small, upload_part: small, complete_multipart: small });
}

/** Two looks at the parts, one before they move and one before they are completed; HEAD says what the store then has. */
function largeUrls(counts: Mutable, { url }: Workload): void {
  const { large, parts, listPages } = url;
  add(counts, {
    create_multipart: large,
    upload_part: parts,
    list_parts: large + listPages,
    complete_multipart: large,
    head_object: large,
  });
}

function prefixes(counts: Mutable, { prefix }: Workload, { publish }: RunShape): void {
  const { objects, large, parts, listPages, pages } = prefix;
  const whole = objects - large;
  add(counts, { head_object: objects + large, list_objects: listPages });
  if (publish === 'direct') add(counts, { copy_object: whole });
  else add(counts, { create_multipart: whole, list_parts: whole, upload_part_copy: whole, complete_multipart: whole });
  add(counts, { create_multipart: large, list_parts: 2 * large, upload_part_copy: parts, complete_multipart: large });
  // Its pages: listed, read, staged; published from there (atomic); a ledger page, read again for the whole ledger.
  const published = publish === 'atomic' ? pages : 0;
  add(counts, { put_object: 3 * pages, get_object: 2 * pages + published });
}

/** The run's own files: manifest, staged and ledger pages, reports; and the check of the bucket before all. */
function ownFiles(counts: Mutable, workload: Workload, shape: RunShape): void {
  const { job, publish } = shape;
  const records = recordsOf(workload);
  const pages = pagesOf(records, shape);
  const pageFiles = pages + workload.prefix.pages;
  const listings = Math.max(1, Math.ceil(pageFiles / KEYS_A_REQUEST));
  add(counts, { head_bucket: 1, create_multipart: 1, abort_multipart: 1, list_parts: 1 });
  // Leftovers of an earlier try are looked for in three folders; the ledger is listed to join it, staged pages to remove them.
  add(counts, { list_objects: 3 + 2 * listings, delete_objects: Math.ceil(pageFiles / KEYS_A_REQUEST) });
  const pagesRead = pages - pagesGiven(records, shape);
  add(counts, { get_object: 1 + pagesRead + (publish === 'atomic' ? 3 : 1) * pages, put_object: 3 * pages });
  // run.json, ledger.ndjson and three reports; an export's manifest.json and _SUCCESS.
  add(counts, { put_object: job === 'exportToS3' ? 7 : 5 });
  // parameters.json: its size, then itself.
  if (job === 'ingestUrls') add(counts, { head_object: 1, get_object: 1 + (records <= INLINE_FILES ? 1 : 0) });
}

/** Requests to S3, by operation. */
export function s3Requests(workload: Workload, shape: RunShape): RequestCounts {
  const counts: Mutable = {};
  smallUrls(counts, workload, shape);
  largeUrls(counts, workload);
  prefixes(counts, workload, shape);
  ownFiles(counts, workload, shape);
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

/** Requests to the sources of URL records: the first part is read to learn the size, each other part by a request of its own. */
export const sourceRequests = ({ url }: Workload): number => url.records - url.large + url.parts;

export const totalRequests = (counts: RequestCounts): number => Object.values(counts).reduce((sum, n) => sum + n, 0);

/** What AWS does not charge for. */
const FREE = ['delete_objects', 'delete_object', 'abort_multipart'];
const READS = ['get_object', 'head_object', 'head_bucket', 'get_object_tagging'];

/** As S3 bills them: PUT, COPY, POST and LIST are writes (ListParts is a LIST), GET and HEAD reads. */
export function billedRequests(counts: RequestCounts): { readonly writes: number; readonly reads: number } {
  let writes = 0;
  let reads = 0;
  for (const [name, count] of Object.entries(counts)) {
    if (FREE.includes(name)) continue;
    if (READS.includes(name)) reads += count;
    else writes += count;
  }
  return { writes, reads };
}
