/** `exportToS3`: its input and result, as both sides of Temporal and the CLI see them. Pure. */
import type { GivenRecord, Totals } from './records';
import type { Overrides, RunSettings } from './run';

export const EXPORT_TYPES = ['vulnerability', 'policy', 'remediation', 'software'] as const;
export type ExportType = (typeof EXPORT_TYPES)[number];
/** Of a run whose input names none. */
export const DEFAULT_EXPORT_TYPE: ExportType = 'vulnerability';

/**
 * What to ask the vendor for. Dates are `YYYY-MM-DD`, for `remediation` alone. The types are those of rapid7; other
 * providers have their settings in config.json and take the default, `vulnerability`, for a request without a type.
 */
export interface ExportRequest {
  readonly type: ExportType;
  readonly startDate?: string;
  readonly endDate?: string;
}

/** The one argument of `exportToS3`. */
export interface ExportInput {
  readonly project: string;
  readonly export?: ExportType;
  readonly startDate?: string;
  readonly endDate?: string;
  /** Skip the API and move these. */
  readonly records?: GivenRecord[];
  /** The same as `records`, as NDJSON in a bucket the worker can read, for lists too long for one payload. */
  readonly recordsUri?: string;
  /** Overrides of non-secret settings, by the dotted names of config.json: `{"aws.max_workers": 4}`. */
  readonly set?: Overrides;
  /** Identifies the run in keys and child ids; running it again once it succeeded gives the same result, moving nothing. */
  readonly runId?: string;
}

/** Settings of an export run. */
export interface ExportSettings extends RunSettings {
  readonly pollIntervalMs: number;
  readonly exportTimeoutMs: number;
  /** What the provider makes, for people: 'policy export'. Absent in runs that began before it was known. */
  readonly exportName?: string;
}

export interface ExportResult extends Totals {
  readonly runId: string;
  readonly exportId: string | null;
  readonly seconds: number;
  /** s3:// URIs of report.json and of the manifest folder. */
  readonly report: string;
  readonly manifest: string;
}
