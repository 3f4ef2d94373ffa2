/** The vendor's `export` object: its shape, tolerant where clients have seen variants, and the records in it. */
import { z } from 'zod';
import { LonghaulError } from '../model/errors';
import { SourceUrl } from '../transfer/source-url';
import type { ExportRecord } from './types';

const entry = z.object({ prefix: z.string().nullish(), urls: z.array(z.string()).nullish() });
const exportShape = z.object({
  id: z.string(),
  status: z.string(),
  dataset: z.string().nullish(),
  // A list at the vendor, one object in some deployments, null while running.
  result: z.union([z.array(entry), entry.transform((one) => [one]), z.null(), z.undefined()]),
});

export interface VendorExport {
  readonly id: string;
  readonly status: string;
  readonly dataset: string | null;
  readonly entries: readonly { readonly prefix: string | null; readonly urls: readonly string[] }[];
}

/** Reads `data` of the GetExport query. Throws ApiRejected where there is no such export, ApiProtocol for a wrong shape. */
export const parseExport = (data: unknown, exportId: string): VendorExport => {
  const found = z.object({ export: z.unknown() }).safeParse(data);
  if (found.data !== undefined && found.data.export === null) {
    throw new LonghaulError('ApiRejected', `The API knows no export ${exportId}`, { operation: 'the poll' });
  }
  const parsed = exportShape.safeParse(found.data?.export);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = ['export', ...(issue?.path ?? [])].join('.');
    // The vendor's values stay out of the message: they may hold signed URLs.
    throw new LonghaulError('ApiProtocol', `The answer to the poll has a wrong shape at ${where}`, {
      operation: 'the poll',
    });
  }
  const { id, status, dataset, result } = parsed.data;
  const entries = (result ?? []).map(({ prefix, urls }) => ({ prefix: prefix ?? null, urls: urls ?? [] }));
  return { id, status, dataset: dataset ?? null, entries };
};

const s3UriOf = (prefix: string | null): string | null => (prefix?.startsWith('s3://') === true ? prefix : null);

/** How many records `recordsOf` would give, without building them. */
export const countRecords = ({ entries }: VendorExport): number =>
  entries.reduce(
    (sum, { prefix, urls }) => sum + (urls.length > 0 ? urls.length : s3UriOf(prefix) === null ? 0 : 1),
    0,
  );

/**
 * The records in the vendor's order. A prefix is a dataset's name, kept as it is even where it is unknown, or, without
 * URLs, an S3 URI. Throws RecordInvalid for a URL that is none, or for URLs that no dataset is named for.
 */
export const recordsOf = (from: VendorExport): ExportRecord[] =>
  from.entries.flatMap(({ prefix, urls }): ExportRecord[] => {
    const s3Uri = s3UriOf(prefix);
    if (urls.length === 0) return s3Uri === null ? [] : [{ kind: 'prefix', dataset: null, prefix: s3Uri }];
    const named = s3Uri === null ? prefix : null;
    const dataset = named === null || named === '' ? from.dataset : named;
    if (dataset === null || dataset === '') {
      throw new LonghaulError('RecordInvalid', `Export ${from.id} names URLs but no dataset for them`);
    }
    return urls.map((url) => ({ kind: 'url', dataset, url: new SourceUrl(url) }));
  });
