/**
 * Checks of what users type. Hand-written and pure: the CLI of Temporal and schedules bypass our client, so this is
 * the first code that sees the input, and zod in a workflow bundle costs memory in every cached workflow.
 */
import { DEFAULT_EXPORT_TYPE, EXPORT_TYPES, type ExportInput, type ExportRequest } from '../../../model/export-run';
import type { GivenRecord } from '../../../model/records';
import { shown } from '../../../model/shown';
import { failure } from '../failures';

const KEYS = ['project', 'export', 'startDate', 'endDate', 'records', 'recordsUri', 'set', 'runId'] as const;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
/** A list longer than this belongs into a bucket (recordsUri): one payload is limited to 2 MiB. */
const MAX_INLINE_RECORDS = 20_000;

const wrong = (message: string): Error => failure('InvalidInput', message);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** A real day of the calendar: Date.parse would make 2 March of 30 February. */
const isDate = (value: unknown): boolean =>
  typeof value === 'string' &&
  DATE.test(value) &&
  new Date(`${value}T00:00:00Z`).getTime() > 0 &&
  new Date(`${value}T00:00:00Z`).toISOString().startsWith(value);

/** @throws ApplicationFailure InvalidInput that names the field and the fix; never anything else. */
export function validateExportInput(input: unknown): ExportInput {
  const example = `for example --input '{"project":"project_01"}'`;
  if (!isObject(input)) throw wrong(`The input must be one JSON object, ${example}; got ${shown(input)}`);
  for (const key of Object.keys(input)) {
    if (!(KEYS as readonly string[]).includes(key))
      throw wrong(`Unknown input field "${key}"; known are ${KEYS.join(', ')}`);
  }
  const { project, runId, recordsUri } = input;
  if (typeof project !== 'string' || !NAME.test(project)) {
    throw wrong(`Input field "project" must be the name of a folder below configs/, ${example}; got ${shown(project)}`);
  }
  if (runId !== undefined && (typeof runId !== 'string' || !NAME.test(runId))) {
    throw wrong(`Input field "runId" must be letters, digits, ".", "_" or "-", at most 128; got ${shown(runId)}`);
  }
  if (recordsUri !== undefined && (typeof recordsUri !== 'string' || !/^s3:\/\/[^/]+\/.+/.test(recordsUri))) {
    throw wrong(`Input field "recordsUri" must be s3://bucket/key of an NDJSON file; got ${shown(recordsUri)}`);
  }
  if (recordsUri !== undefined && input.records !== undefined) throw wrong('Give "records" or "recordsUri", not both');
  validateRequest(input);
  if (input.records !== undefined) validateRecords(input.records);
  validateOverrides(input.set);
  return input as unknown as ExportInput;
}

function validateRequest(input: Record<string, unknown>): void {
  const { export: type = DEFAULT_EXPORT_TYPE, startDate, endDate } = input;
  if (!(EXPORT_TYPES as readonly unknown[]).includes(type)) {
    throw wrong(`Input field "export" must be one of ${EXPORT_TYPES.join(', ')}; got ${shown(type)}`);
  }
  for (const [name, value] of Object.entries({ startDate, endDate })) {
    if (value === undefined) {
      if (type === 'remediation') throw wrong(`An export of type "remediation" needs "${name}" as YYYY-MM-DD`);
      continue;
    }
    if (type !== 'remediation') throw wrong(`Input field "${name}" goes with "export": "remediation" alone`);
    if (!isDate(value)) throw wrong(`Input field "${name}" must be YYYY-MM-DD; got ${shown(value)}`);
  }
  if (typeof startDate === 'string' && typeof endDate === 'string' && startDate > endDate) {
    throw wrong(`"startDate" ${startDate} is after "endDate" ${endDate}`);
  }
}

function validateRecords(records: unknown): asserts records is GivenRecord[] {
  if (!Array.isArray(records))
    throw wrong(`Input field "records" must be a list of {"url"} or {"prefix"}; got ${shown(records)}`);
  if (records.length > MAX_INLINE_RECORDS) {
    throw wrong(
      `"records" holds ${records.length}; more than ${MAX_INLINE_RECORDS} go into a bucket as NDJSON, named by "recordsUri"`,
    );
  }
  records.forEach((record: unknown, index) => {
    const where = `records[${index}]`;
    if (!isObject(record)) throw wrong(`${where} must be {"url": "https://…"} or {"prefix": "s3://bucket/path"}`);
    const { url, prefix, dataset, ...rest } = record;
    const unknown = Object.keys(rest)[0];
    if (unknown !== undefined)
      throw wrong(`${where} has an unknown field "${unknown}"; known are url, prefix, dataset`);
    if ((url === undefined) === (prefix === undefined)) throw wrong(`${where} needs either "url" or "prefix"`);
    if (url !== undefined && (typeof url !== 'string' || !/^https?:\/\/[^/]/.test(url)))
      throw wrong(`${where}.url must be an http or https URL`);
    if (prefix !== undefined && (typeof prefix !== 'string' || !/^s3:\/\/[^/]+/.test(prefix)))
      throw wrong(`${where}.prefix must be s3://bucket/path`);
    if (dataset !== undefined && (typeof dataset !== 'string' || dataset === ''))
      throw wrong(`${where}.dataset must be text`);
  });
}

function validateOverrides(set: unknown): void {
  if (set === undefined) return;
  if (!isObject(set))
    throw wrong('Input field "set" must be an object of dotted settings, such as {"aws.max_workers": 4}');
  for (const [key, value] of Object.entries(set)) {
    if (value !== null && !['string', 'number', 'boolean'].includes(typeof value))
      throw wrong(`set["${key}"] must be text, a number, true, false or null`);
  }
}

/** What to ask the API for, or null where records are given. */
export function exportRequest(input: ExportInput): ExportRequest | null {
  if (input.records !== undefined || input.recordsUri !== undefined) return null;
  return {
    type: input.export ?? DEFAULT_EXPORT_TYPE,
    ...(input.startDate === undefined ? {} : { startDate: input.startDate }),
    ...(input.endDate === undefined ? {} : { endDate: input.endDate }),
  };
}
