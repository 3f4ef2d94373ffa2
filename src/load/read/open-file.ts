/** From a listed object to its reader: format by name, gzip undone, whatever the format. */
import { LonghaulError } from '../../model/errors';
import { createS3Source } from '../../transfer';
import type { RowReader } from '../batch';
import { openCsv } from '../csv/csv-reader';
import { openNdjson } from '../ndjson/ndjson-reader';
import { openParquet } from '../parquet/parquet-reader';
import type { FileFormat, FormatOptions, InspectRequest, TargetColumn } from '../types';
import { gunzip } from './gunzip';
import { listedVersion, ObjectReader, type ObjectToRead } from './object-reader';

export interface OpenFile {
  readonly format: FileFormat;
  readonly isGzip: boolean;
  readonly reader: RowReader;
  /** Lets go of connections and threads. */
  readonly close: () => void;
}

export interface OpenFileOptions {
  readonly blockBytes: number;
  readonly maxRows: number;
  readonly expectedColumns?: readonly string[] | undefined;
  /** Empty: types are not looked at. */
  readonly target: readonly TargetColumn[];
  readonly signal: AbortSignal;
}

const BY_EXTENSION: Readonly<Record<string, FileFormat>> = {
  csv: 'csv',
  tsv: 'csv',
  txt: 'csv',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
  json: 'ndjson',
  parquet: 'parquet',
};

/** Throws FormatUnknown. A name that ends in .gz is gzip, also where the format is given. */
export function formatOf(key: string, { format }: FormatOptions): { format: FileFormat; isGzip: boolean } {
  const name = key.toLowerCase();
  const isGzip = name.endsWith('.gz');
  const bare = isGzip ? name.slice(0, -'.gz'.length) : name;
  const found = format === 'auto' ? BY_EXTENSION[/\.([a-z0-9]+)$/.exec(bare)?.[1] ?? ''] : format;
  if (found === undefined) throw new LonghaulError('FormatUnknown', `${key} does not say its format`, { source: key });
  return { format: found, isGzip };
}

/** Throws FormatUnknown, FileMalformed, FileTruncated, the errors of columns, Source… errors, or the signal's reason. */
export async function openFile(request: InspectRequest, options: OpenFileOptions): Promise<OpenFile> {
  const { client, file, mapping } = request;
  const { format, isGzip } = formatOf(file.key, request.format);
  const source = createS3Source({ client, bucket: file.bucket, key: file.key });
  const object: ObjectToRead = {
    source,
    version: listedVersion(file),
    signal: options.signal,
    retry: request.retry,
    stallTimeoutMs: request.stallTimeoutMs,
    limiter: request.limiter,
  };
  const shared = { display: source.display, mapping, ...options };
  if (format === 'parquet') {
    const reader = await openParquet({ ...shared, object });
    return { format, isGzip: false, reader, close: () => undefined };
  }
  const raw = new ObjectReader(object);
  const unzipped = isGzip ? gunzip(raw.fill, source.display, options.signal) : undefined;
  const close = (): void => {
    unzipped?.close();
    raw.close();
  };
  try {
    const fill = unzipped?.fill ?? raw.fill;
    const reader =
      format === 'csv'
        ? await openCsv({ ...shared, fill, dialect: request.format.csv })
        : openNdjson({ ...shared, fill });
    return { format, isGzip, reader, close };
  } catch (error) {
    close();
    throw error;
  }
}
