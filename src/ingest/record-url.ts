/**
 * What to request for a record. A URL with credentials or a signature is never in a manifest or a history; its record
 * holds its place in parameters.json, which lies in the bucket anyway, and the document is read again when it is needed.
 */
import { LonghaulError } from '../model/errors';
import { SourceUrl } from '../transfer/source-url';
import type { ParameterEntry } from './parameters';
import type { IngestRecord } from './plan';

export interface ParametersDocument {
  readonly etag: string;
  readonly entries: readonly ParameterEntry[];
}

/** True where `recordUrl` needs the document. */
export const needsDocument = (record: IngestRecord): boolean => record.urlRef !== undefined;

/**
 * The URL of a record. `read` gives parameters.json as it is now and is called only where it is needed. Throws
 * ParametersChanged where it is not the document of the plan: the same place may be another file now.
 */
export const recordUrl = async (record: IngestRecord, read: () => Promise<ParametersDocument>): Promise<SourceUrl> => {
  const { urlRef, url, source } = record;
  if (urlRef === undefined) return new SourceUrl(url ?? source);
  const document = await read();
  const entry = document.entries[urlRef.index];
  if (document.etag !== urlRef.etag || entry?.url.display !== source) {
    throw new LonghaulError(
      'ParametersChanged',
      `parameters.json was replaced since the run began, so the signed URL of ${source} cannot be had.`,
      { source },
    );
  }
  return entry.url;
};
