/** `restoreFiles`: its input and result, as both sides of Temporal and the CLI see them. Pure. */
import type { Overrides } from './run';
import { shown } from './shown';

/** The one argument of `restoreFiles`: one raw file, or several. Where the files go is never the caller's choice. */
export type RestoreInput = ({ readonly raw_file_id: string } | { readonly raw_file_ids: readonly string[] }) & {
  /** Globs over the paths of `file_info`; without it every file. */
  readonly include?: readonly string[];
  /** Identifies the run in child ids. */
  readonly runId?: string;
  /** Overrides of settings that decide about neither trust nor place: `{"files_in_parallel": 2}`. */
  readonly set?: Overrides;
};

export type RestoreStatus = 'SUCCESS' | 'PARTIAL FAILURE' | 'COMPLETE FAILURE';

/** One raw file of a run. What failed before any file was looked at has no counts, report or destination. */
export interface RestoredRecord {
  readonly raw_file_id: string;
  readonly project_id: string | null;
  readonly destination: string | null;
  readonly status: RestoreStatus;
  readonly total_files: number;
  readonly successful: number;
  readonly failed: number;
  /** Fetched, skipped and healed add up to `successful`. */
  readonly downloaded: number;
  readonly skipped: number;
  readonly healed: number;
  /** Bytes of the files that were fetched or healed. */
  readonly bytes: number;
  /** Path of the status report on the host that restored. */
  readonly report: string | null;
  /** Why nothing could be tried, or the first file that failed. */
  readonly error?: { readonly code: string; readonly message: string };
}

export interface RestoreResult {
  readonly runId: string;
  readonly status: RestoreStatus;
  /** The host whose disk has the files. */
  readonly host: string;
  readonly seconds: number;
  readonly restores: readonly RestoredRecord[];
}

/** Nothing done is a complete failure too: a report that says SUCCESS has a file to show. */
export const restoreStatus = (counts: { readonly successful: number; readonly failed: number }): RestoreStatus => {
  if (counts.successful === 0) return 'COMPLETE FAILURE';
  return counts.failed === 0 ? 'SUCCESS' : 'PARTIAL FAILURE';
};

const FIELDS = ['raw_file_id', 'raw_file_ids', 'include', 'runId', 'set'] as const;
const EXAMPLE = `for example --input '{"raw_file_id":"20250115_sample"}'`;
const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const MIN_ID_CHARACTERS = 3;
/** The report is named by the id and 37 bytes more, and a file name has 255. */
const MAX_ID_BYTES = 200;
/** Ids of a batch travel in one payload and each is a child workflow: beyond this, start several runs. */
export const MAX_RAW_FILES = 1_000;
const MAX_GLOBS = 100;
const MAX_GLOB_CHARACTERS = 500;

/** Whether it can name a file and a workflow: no slash, no control, direction or line character, no space at its ends. */
const isPlainName = (text: string): boolean =>
  !/[/\\]|\p{Cc}|\p{Cf}|\p{Cs}|\p{Zl}|\p{Zp}/u.test(text) && text.trim() === text;

/** Whether it is one segment of a path that stays where it is put. */
export const isSafeSegment = (text: string): boolean =>
  text !== '' && text !== '.' && text !== '..' && text.length <= 200 && isPlainName(text);

/** Workflow code has no Buffer. A lone surrogate, which cannot be encoded, is refused before. */
const utf8Bytes = (text: string): number => encodeURIComponent(text).replace(/%../g, '.').length;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const idFault = (name: string, value: unknown): string | null => {
  if (typeof value !== 'string') return `Input field "${name}" must be text, ${EXAMPLE}; got ${shown(value)}`;
  if (value.length < MIN_ID_CHARACTERS)
    return `Input field "${name}" must have at least ${MIN_ID_CHARACTERS} characters; got ${shown(value)}`;
  if (!isPlainName(value) || /^\.+$/.test(value))
    return `Input field "${name}" must hold no slash, backslash or control character; got ${shown(value)}`;
  const bytes = utf8Bytes(value);
  return bytes > MAX_ID_BYTES ? `Input field "${name}" must have at most ${MAX_ID_BYTES} bytes; got ${bytes}` : null;
};

const idsFault = (value: unknown): string | null => {
  if (!Array.isArray(value) || value.length === 0)
    return `Input field "raw_file_ids" must be a list of ids; got ${shown(value)}`;
  if (value.length > MAX_RAW_FILES)
    return `Input field "raw_file_ids" holds ${value.length} ids; at most ${MAX_RAW_FILES} fit into a run`;
  for (const [index, id] of value.entries()) {
    const fault = idFault(`raw_file_ids[${index}]`, id);
    if (fault !== null) return fault;
    // Two restores of one raw file at once would write to the same files.
    if (value.indexOf(id) !== index) return `Input field "raw_file_ids" names ${shown(id)} twice`;
  }
  return null;
};

const includeFault = (value: unknown): string | null => {
  if (!Array.isArray(value) || value.length === 0)
    return `Input field "include" must be a list of globs such as ["**/*.bin"]; got ${shown(value)}`;
  if (value.length > MAX_GLOBS) return `Input field "include" holds ${value.length} globs; at most ${MAX_GLOBS}`;
  const wrong = value.findIndex(
    (glob) => typeof glob !== 'string' || glob.trim() === '' || glob.length > MAX_GLOB_CHARACTERS,
  );
  if (wrong === -1) return null;
  return `include[${wrong}] must be a glob of 1 to ${MAX_GLOB_CHARACTERS} characters; got ${shown(value[wrong])}`;
};

const setFault = (value: unknown): string | null => {
  if (!isObject(value))
    return `Input field "set" must be an object of settings, such as {"files_in_parallel": 2}; got ${shown(value)}`;
  const wrong = Object.entries(value).find(
    ([, one]) => one !== null && !['string', 'number', 'boolean'].includes(typeof one),
  );
  return wrong === undefined ? null : `set["${wrong[0].slice(0, 80)}"] must be text, a number, true, false or null`;
};

/**
 * What is wrong with the input of `restoreFiles`, in one sentence without its full stop, or null: then it is a
 * RestoreInput. `null` as a value means: not given, as schedules and shells write it.
 */
export const validateRestoreInput = (input: unknown): string | null => {
  if (!isObject(input)) return `The input must be one JSON object, ${EXAMPLE}; got ${shown(input)}`;
  const unknown = Object.keys(input).find((key) => !(FIELDS as readonly string[]).includes(key));
  if (unknown !== undefined) return `Unknown input field "${unknown.slice(0, 80)}"; known are ${FIELDS.join(', ')}`;
  const { raw_file_id: id = null, raw_file_ids: ids = null, include = null, runId = null, set = null } = input;
  if (id === null && ids === null) return `Input field "raw_file_id" is missing, ${EXAMPLE}`;
  if (id !== null && ids !== null) return 'Give "raw_file_id" or "raw_file_ids", not both';
  const fault = id === null ? idsFault(ids) : idFault('raw_file_id', id);
  if (fault !== null) return fault;
  if (runId !== null && (typeof runId !== 'string' || !RUN_ID.test(runId)))
    return `Input field "runId" must be letters, digits, ".", "_" or "-", at most 128; got ${shown(runId)}`;
  return (include === null ? null : includeFault(include)) ?? (set === null ? null : setFault(set));
};

/** The raw files of a valid input, in its order. */
export const rawFileIds = (input: RestoreInput): readonly string[] =>
  // Either may be there as null.
  'raw_file_ids' in input && (input.raw_file_ids as readonly string[] | null) !== null
    ? input.raw_file_ids
    : [(input as { readonly raw_file_id: string }).raw_file_id];
