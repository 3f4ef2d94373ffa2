/** parameters.json: the list of files to ingest, as people write it. */
import { ConfigText } from '../config/config-text';
import { LonghaulError } from '../model/errors';
import { SourceUrl } from '../transfer/source-url';
import { explicitKeyFault, type KeyBounds } from './keys';

/** The document is read whole and parsed at once. 8 MiB are some 50,000 URLs. */
export const MAX_PARAMETERS_BYTES = 8 * 1024 ** 2;
const MAX_PROBLEMS = 20;

export interface ParameterEntry {
  /** Position in `file_urls`, from 0. */
  readonly index: number;
  readonly url: SourceUrl;
  /** The object's whole key. */
  readonly key?: string;
  readonly headersEnv?: string;
  /** A media type, or `detect`: what the source declares. */
  readonly contentType?: string;
  /** Hex, in lower case. */
  readonly sha256?: string;
}

export interface ParseOptions extends KeyBounds {
  /** For messages: `s3://bucket/config/parameters.json`. */
  readonly display: string;
}

const FIELDS = ['url', 'key', 'headers_env', 'content_type', 'sha256'];
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const kindOf = (value: unknown): string => {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value;
};

/** One optional text of an entry; its fault is told to `problem`. */
const optional = (
  entry: Record<string, unknown>,
  field: string,
  fault: (text: string) => string | null,
  problem: (text: string) => void,
): string | undefined => {
  const value = entry[field];
  if (value === undefined || value === null) return undefined;
  const found = typeof value === 'string' ? fault(value) : `must be text, not ${kindOf(value)}`;
  if (found !== null) problem(`"${field}" ${found}`);
  return typeof value === 'string' ? value : undefined;
};

const matches =
  (pattern: RegExp, expected: string) =>
  (text: string): string | null =>
    pattern.test(text) ? null : expected;

const headersEnvFault = matches(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'must be the name of an environment variable');
const contentTypeFault = matches(
  /^(detect|[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;[\x20-\x7e]*)?)$/,
  'must be a media type such as text/csv, or "detect"',
);
const sha256Fault = matches(/^[0-9a-fA-F]{64}$/, 'must be 64 hex digits');

/** Null where something is wrong; all of it has been told to `problem`. */
const readEntry = (
  value: unknown,
  index: number,
  bounds: KeyBounds,
  problem: (text: string) => void,
): ParameterEntry | null => {
  const entry = typeof value === 'string' ? { url: value } : value;
  if (!isObject(entry)) {
    problem(`must be a URL or an object with "url", not ${kindOf(value)}`);
    return null;
  }
  const unknown = Object.keys(entry).filter((field) => !FIELDS.includes(field));
  if (unknown.length > 0) problem(`has the unknown field "${unknown.join('", "')}"; known are ${FIELDS.join(', ')}`);
  const key = optional(entry, 'key', (text) => explicitKeyFault(text, bounds), problem);
  const headersEnv = optional(entry, 'headers_env', headersEnvFault, problem);
  const contentType = optional(entry, 'content_type', contentTypeFault, problem);
  const sha256 = optional(entry, 'sha256', sha256Fault, problem);
  if (typeof entry.url !== 'string') {
    problem(entry.url === undefined ? 'has no "url"' : `"url" must be text, not ${kindOf(entry.url)}`);
    return null;
  }
  try {
    return {
      index,
      url: new SourceUrl(entry.url.trim()),
      ...(key === undefined ? {} : { key }),
      ...(headersEnv === undefined ? {} : { headersEnv }),
      ...(contentType === undefined ? {} : { contentType }),
      ...(sha256 === undefined ? {} : { sha256: sha256.toLowerCase() }),
    };
  } catch (error) {
    if (!(error instanceof LonghaulError)) throw error;
    // Its message is without query and credentials.
    problem(error.message.replace(/^Not/, 'is not'));
    return null;
  }
};

const parseText = (text: string, display: string): ConfigText => {
  const fault = (why: string): LonghaulError => new LonghaulError('ParametersLoad', `${display} ${why}`);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_PARAMETERS_BYTES) throw fault(`has ${bytes} bytes; ${MAX_PARAMETERS_BYTES} are allowed.`);
  try {
    return new ConfigText(display, text);
  } catch (error) {
    if (!(error instanceof LonghaulError)) throw error;
    throw new LonghaulError('ParametersLoad', `Malformed: ${error.message}`);
  }
};

/**
 * The entries of `{"file_urls": [...]}` in their order; an empty list is fine.
 * Throws ParametersLoad with every problem (20 are spelled out), each with its index, line and column; never with a query.
 */
export const parseParameters = (text: string, options: ParseOptions): ParameterEntry[] => {
  const { display } = options;
  const parsed = parseText(text, display);
  const { file_urls: list, ...rest } = parsed.value;
  const problems: string[] = [];
  const placed = (path: (string | number)[], phrase: string): void => {
    const place = parsed.placeOf(path);
    problems.push(place === undefined ? phrase : `${phrase} (line ${place.line}, column ${place.column})`);
  };
  for (const { path, place } of parsed.repeatedKeys()) {
    problems.push(`"${path.join('.')}" is given twice (line ${place.line}, column ${place.column})`);
  }
  for (const name of Object.keys(rest))
    placed([name], `unknown key "${name.slice(0, 60)}"; the only one is "file_urls"`);
  if (list === undefined) problems.push('"file_urls" is missing');
  else if (!Array.isArray(list)) placed(['file_urls'], `"file_urls" must be a list, not ${kindOf(list)}`);
  const entries = (Array.isArray(list) ? list : []).map((value: unknown, index) =>
    readEntry(value, index, options, (phrase) => placed(['file_urls', index], `file_urls[${index}] ${phrase}`)),
  );
  if (problems.length > 0) {
    const more = problems.length > MAX_PROBLEMS ? [`and ${problems.length - MAX_PROBLEMS} more problems`] : [];
    throw new LonghaulError(
      'ParametersLoad',
      `Malformed: ${display}: ${[...problems.slice(0, MAX_PROBLEMS), ...more].join('; ')}.`,
    );
  }
  return entries.filter((entry) => entry !== null);
};
