/** A list of URLs as a document or config.json gives it, and the records in it. */
import { z } from 'zod';
import type { ListedUrl } from '../config/provider-settings';
import { LonghaulError } from '../model/errors';
import { SourceUrl } from '../transfer/source-url';
import type { UrlExportRecord } from './types';

/** Null counts as absent: many languages write it for what is not set. */
const named = z
  .string()
  .min(1)
  .nullish()
  .transform((value) => value ?? undefined);
const entry = z.union([
  z.string().transform((url) => ({ url })),
  z.object({ url: z.string(), dataset: named, name: named }),
]);
const list = z.union([z.array(entry), z.object({ urls: z.array(entry) }).transform(({ urls }) => urls)]);

/** A document is a JSON list, or `{"urls": [...]}`. Throws RecordInvalid that names the first wrong entry, never its value. */
export const parseUrlList = (value: unknown, where: string): ListedUrl[] => {
  const parsed = list.safeParse(value);
  if (parsed.success) return parsed.data;
  const items: unknown = Array.isArray(value) ? value : (value as { urls?: unknown } | null)?.urls;
  const index = Array.isArray(items) ? items.findIndex((item) => !entry.safeParse(item).success) : -1;
  const what = index === -1 ? `${where} is no list of URLs` : `Entry ${index} of ${where} is no URL`;
  throw new LonghaulError('RecordInvalid', `${what}: give "https://…" or {"url": "https://…", "dataset": "…"}`);
};

/**
 * The records in the list's order. A record is known by its name, else by its URL without the query, and its file is
 * called after that. Throws RecordInvalid for what is no URL, and where two records of a dataset cannot be told apart.
 */
export const urlRecords = (urls: readonly ListedUrl[], defaultDataset: string): UrlExportRecord[] => {
  const seen = new Set<string>();
  return urls.map(({ url: text, dataset = defaultDataset, name }) => {
    const url = new SourceUrl(text);
    const ref = name ?? url.display;
    const id = JSON.stringify([dataset, ref]);
    if (seen.has(id)) {
      throw new LonghaulError(
        'RecordInvalid',
        `The list names ${ref} twice in the dataset ${dataset}; give each a "name" where only their queries differ`,
      );
    }
    seen.add(id);
    return { kind: 'url', dataset, url, ref, ...(name === undefined ? {} : { fileName: name }) };
  });
};
