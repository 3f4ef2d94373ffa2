/**
 * The log events of `ingestUrls`, as operators query them: names and fields are a contract (docs, alarms), so they are
 * typed here and written nowhere else. `event`, `level` and `ts` come from the logger.
 */
import type { RequestCounts } from '../model/records';

export type IngestLogLevel = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR';

/** Fields of each event. `url` is always a display form: without credentials and query. */
export interface IngestLogFields {
  ingest_start: { run: string; bucket: string; path_prefix: string; concurrency: number; s3_part_mb: number };
  ingest_complete: {
    run: string;
    total_files: number;
    successful: number;
    failed: number;
    skipped: number;
    total_bytes: number;
    elapsed_ms: number;
  };
  ingest_fatal: { run: string; code: string; error: string };
  ingestion_plan: { run: string; date: string; total_files: number; files: readonly { url: string; s3_key: string }[] };
  no_file_urls: { run: string; parameters: string };
  parameters_load_error: { run: string; parameters: string; error: string };
  file_download_start: { url: string; s3_key: string; expected?: number };
  /** Without a declared length there is neither `expected` nor `percent`. */
  file_progress: { s3_key: string; bytes: number; expected?: number; percent?: number };
  file_complete: { s3_key: string; bytes: number; elapsed_ms: number; avg_mbps: number };
  file_complete_zero: { s3_key: string; elapsed_ms: number };
  file_skipped: { url: string; s3_key: string; reason: 'unchanged' };
  file_error: { url: string; error: string; s3_key?: string; code?: string };
  multipart_create_start: { s3_key: string };
  multipart_create_complete: { s3_key: string; upload_id: string };
  /** The upload was completed: the object is visible. */
  multipart_create_done: { s3_key: string; parts: number };
  part_upload_start: { s3_key: string; part: number; bytes: number };
  part_upload_complete: { s3_key: string; part: number; bytes: number };
  multipart_abort_start: { s3_key: string };
  multipart_abort_done: { s3_key: string };
  s3_request_counters: RequestCounts & { readonly total: number };
}
export type IngestLogEvent = keyof IngestLogFields;

export const INGEST_LOG_LEVELS_OF = {
  ingest_start: 'INFO',
  ingest_complete: 'INFO',
  ingest_fatal: 'ERROR',
  ingestion_plan: 'INFO',
  no_file_urls: 'WARNING',
  parameters_load_error: 'ERROR',
  file_download_start: 'INFO',
  file_progress: 'INFO',
  file_complete: 'INFO',
  file_complete_zero: 'INFO',
  file_skipped: 'INFO',
  file_error: 'ERROR',
  multipart_create_start: 'DEBUG',
  multipart_create_complete: 'DEBUG',
  multipart_create_done: 'INFO',
  part_upload_start: 'DEBUG',
  part_upload_complete: 'DEBUG',
  multipart_abort_start: 'INFO',
  multipart_abort_done: 'INFO',
  s3_request_counters: 'INFO',
} as const satisfies Record<IngestLogEvent, IngestLogLevel>;

/** Longer plans are logged without their files: a line of hundreds of KB is cut or dropped by log stores. */
const MAX_PLANNED_FILES = 100;

export interface IngestLogLine<E extends IngestLogEvent = IngestLogEvent> {
  readonly event: E;
  readonly level: IngestLogLevel;
  readonly fields: IngestLogFields[E];
}

export const logLine = <E extends IngestLogEvent>(event: E, fields: IngestLogFields[E]): IngestLogLine<E> => ({
  event,
  level: INGEST_LOG_LEVELS_OF[event],
  fields,
});

export const planLine = (
  run: string,
  date: string,
  records: readonly { readonly source: string; readonly key: string }[],
): IngestLogLine<'ingestion_plan'> =>
  logLine('ingestion_plan', {
    run,
    date,
    total_files: records.length,
    files: records.length > MAX_PLANNED_FILES ? [] : records.map(({ source, key }) => ({ url: source, s3_key: key })),
  });

/** Megabits (10^6) per second with two decimals. What took less than a millisecond counts as one. */
export const avgMbps = (bytes: number, elapsedMs: number): number =>
  Math.round((bytes * 8 * 100) / 1_000 / Math.max(1, elapsedMs)) / 100;

/** `percent` is whole and rounded down: 100 means all bytes. None without a length, and none where more came than declared. */
export const progressOf = (
  bytes: number,
  expected: number | undefined,
): { bytes: number; expected?: number; percent?: number } => {
  if (expected === undefined) return { bytes };
  if (expected === 0 || bytes > expected) return { bytes, expected };
  return { bytes, expected, percent: Math.floor((bytes / expected) * 100) };
};
