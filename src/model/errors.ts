/**
 * The one table of errors. Temporal failure types, retry decisions, CLI exit codes and the docs page
 * (docs/reference/errors.md) all derive from it; nothing else in Longhaul decides whether an error is retried.
 * Pure: workflow code imports it.
 */

import { BRIDGE_ERRORS } from './error-table/bridge';
import { DESTINATION_ERRORS } from './error-table/destination';
import { ENVIRONMENT_ERRORS } from './error-table/environment';
import { EXPORT_API_ERRORS } from './error-table/export-api';
import { GCS_ERRORS } from './error-table/gcs';
import { INGEST_ERRORS } from './error-table/ingest';
import { INPUT_ERRORS } from './error-table/input';
import { LOAD_ERRORS } from './error-table/load';
import { LOAD_JOB_ERRORS } from './error-table/load-job';
import { LOCAL_ERRORS } from './error-table/local';
import { PAYLOAD_ERRORS } from './error-table/payload';
import { QUEUE_ERRORS } from './error-table/queue';
import { RESTORE_ERRORS } from './error-table/restore';
import { RUN_ERRORS } from './error-table/run';
import { SOURCE_ERRORS } from './error-table/source';
import { EXIT_CODES, type ErrorEntry } from './error-table/entry';

export { EXIT_CODES, type Actor, type ErrorEntry, type ErrorKind } from './error-table/entry';

export const ERRORS = {
  ...INPUT_ERRORS,
  ...INGEST_ERRORS,
  ...EXPORT_API_ERRORS,
  ...SOURCE_ERRORS,
  ...DESTINATION_ERRORS,
  ...GCS_ERRORS,
  ...LOCAL_ERRORS,
  ...RESTORE_ERRORS,
  ...BRIDGE_ERRORS,
  ...QUEUE_ERRORS,
  ...LOAD_ERRORS,
  ...LOAD_JOB_ERRORS,
  ...RUN_ERRORS,
  ...PAYLOAD_ERRORS,
  ...ENVIRONMENT_ERRORS,
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

export const isErrorCode = (value: unknown): value is ErrorCode =>
  typeof value === 'string' && Object.hasOwn(ERRORS, value);

/** What an error was about. Never a signed URL: `source` and `destination` are display forms without a query. */
export interface ErrorContext {
  readonly operation?: string;
  readonly source?: string;
  readonly destination?: string;
  readonly offsetBytes?: number;
  readonly httpStatus?: number;
  /** How long the other side asks us to wait, from Retry-After. */
  readonly retryAfterMs?: number;
  /** Of a row that a database refuses: its line in the file, its column, and the SQLSTATE. */
  readonly line?: number;
  readonly column?: string;
  readonly sqlState?: string;
}

/** Every error that Longhaul throws on purpose. The message is one sentence that names the thing and the fault. */
export class LonghaulError extends Error {
  override readonly name = 'LonghaulError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly context: ErrorContext = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  get entry(): ErrorEntry {
    return ERRORS[this.code];
  }

  get retryable(): boolean {
    return this.entry.retryable;
  }

  get hint(): string {
    return this.entry.hint;
  }

  get exitCode(): number {
    return EXIT_CODES[this.entry.kind];
  }
}

/** The codes that Temporal must not retry: the `nonRetryableErrorTypes` of every activity. */
export const NON_RETRYABLE_CODES: ErrorCode[] = (Object.keys(ERRORS) as ErrorCode[]).filter(
  (code) => !ERRORS[code].retryable,
);
