/**
 * The plan of a run: one manifest record per file, made before anything moves. The same list, day and settings give the
 * same plan. Invariants: no two records have one key; no record holds credentials or a signature.
 */
import type { FileNameRule } from '../config/ingest-types';
import { LonghaulError } from '../model/errors';
import type { OnCollision, UrlRef } from '../model/ingest-run';
import type { ManifestRecord } from '../model/records';
import { datedKey, fileNameOf, MAX_KEY_BYTES, numbered } from './keys';
import type { ParameterEntry } from './parameters';
import { selectFiles } from './select';

/** S3 takes 2 KB of metadata in all (Amazon S3 User Guide, "Working with object metadata"); ours and the marker fit beside. */
const MAX_SOURCE_URL_BYTES = 1_500;
const MAX_COLLISIONS_SHOWN = 5;

/** A manifest record, with what stands for a URL that must not be stored. */
export interface IngestRecord extends ManifestRecord {
  readonly urlRef?: UrlRef;
}

export interface PlanOptions {
  readonly pathPrefix: string;
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string;
  readonly fileNames: readonly FileNameRule[];
  /** Null: what the source declares. */
  readonly contentType: string | null;
  readonly onCollision: OnCollision;
  /** Of all objects of the run. */
  readonly ingestionTime: Date;
  /** Of parameters.json as it was parsed. */
  readonly etag: string;
  /** Only these: names, keys or URLs. Numbering is that of the whole list, so that a retry writes the same keys. */
  readonly files?: readonly string[] | undefined;
}

interface Named {
  readonly entry: ParameterEntry;
  readonly dataset: string;
  key: string;
}

/** Headers are ASCII. A parsed URL holds whole characters alone, so that encoding cannot throw. */
const ascii = (text: string): string =>
  text.replace(/[^\x21-\x7e]/gu, (char) => encodeURIComponent(char)).slice(0, MAX_SOURCE_URL_BYTES);

/** The first of each key keeps it; the others get the next number that is free among all keys of the run. */
const numberRepeats = (files: readonly Named[]): void => {
  const taken = new Set(files.map(({ key }) => key));
  const seen = new Set<string>();
  const next = new Map<string, number>();
  for (const file of files) {
    const wanted = file.key;
    if (seen.has(wanted)) {
      let number = next.get(wanted) ?? 2;
      while (taken.has(numbered(wanted, number))) number += 1;
      next.set(wanted, number + 1);
      file.key = numbered(wanted, number);
      taken.add(file.key);
    }
    seen.add(file.key);
  }
};

const refuseRepeats = (files: readonly Named[]): void => {
  const first = new Map<string, ParameterEntry>();
  const found: string[] = [];
  for (const { key, entry } of files) {
    const other = first.get(key);
    if (other === undefined) first.set(key, entry);
    else found.push(`${name(other)} and ${name(entry)} both give ${key}`);
  }
  if (found.length === 0) return;
  const more = found.length > MAX_COLLISIONS_SHOWN ? `; and ${found.length - MAX_COLLISIONS_SHOWN} more` : '';
  throw new LonghaulError('KeyCollision', `${found.slice(0, MAX_COLLISIONS_SHOWN).join('; ')}${more}.`);
};

/** The index tells apart what differs in its query alone. */
const name = ({ url, index }: ParameterEntry): string => `${url.display} (file_urls[${index}])`;

const assertLength = (file: Named): void => {
  const bytes = Buffer.byteLength(file.key);
  if (bytes <= MAX_KEY_BYTES) return;
  throw new LonghaulError(
    'KeyTooLong',
    `The key of ${name(file.entry)} has ${bytes} bytes; ${MAX_KEY_BYTES} are allowed.`,
    { source: file.entry.url.display },
  );
};

/** How the record's URL is had again: by its display form, verbatim, or by its place in the list. */
const addressOf = ({ url, index }: ParameterEntry, etag: string): Pick<IngestRecord, 'url' | 'urlRef'> => {
  if (url.isSigned) return { urlRef: { index, etag } };
  const whole = url.reveal();
  whole.hash = '';
  return whole.href === url.display ? {} : { url: whole.href };
};

const recordOf = ({ entry, dataset, key }: Named, n: number, options: PlanOptions): IngestRecord => {
  const { url, headersEnv, sha256 } = entry;
  const contentType = entry.contentType ?? options.contentType;
  return {
    n,
    kind: 'url',
    dataset,
    source: url.display,
    key,
    ...addressOf(entry, options.etag),
    ...(contentType === null || contentType === 'detect' ? {} : { contentType }),
    metadata: { source_url: ascii(url.display), ingestion_time: options.ingestionTime.toISOString() },
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(headersEnv === undefined ? {} : { headersEnv }),
  };
};

/**
 * Throws KeyCollision (with `onCollision` "error"), KeyTooLong, and InvalidInput where `files` names what is not in the
 * list.
 */
export const planIngest = (entries: readonly ParameterEntry[], options: PlanOptions): IngestRecord[] => {
  const files = entries.map((entry): Named => {
    const { name: fileName, dataset } = fileNameOf(entry.url, options.fileNames);
    return { entry, dataset, key: entry.key ?? datedKey(options.pathPrefix, options.day, fileName) };
  });
  if (options.onCollision === 'number') numberRepeats(files);
  else refuseRepeats(files);
  for (const file of files) assertLength(file);
  const chosen = selectFiles(files, options.files);
  return chosen.map((file, n) => recordOf(file, n, options));
};
