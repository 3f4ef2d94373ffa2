/**
 * Checks of what users type for `ingestUrls`. Pure and without zod: workflow code runs it, because the CLI of Temporal
 * and schedules bypass our client. The same rules judge the worker's environment (src/config/ingest.ts).
 */
import { distance } from 'fastest-levenshtein';
import {
  INGEST_LOG_LEVELS,
  INGEST_ON_ERROR,
  ON_COLLISION_MODES,
  type IngestInput,
  type IngestOverride,
} from './ingest-run';
import { MAX_WORKERS_LIMIT } from './run';
import { MAX_BYTES_PER_SEC } from './run-rate';
import { shown } from './shown';

type Field = keyof IngestInput;
export type Checked = { readonly value: unknown } | { readonly fault: string };

/** The names of each field in the environment, beside camelCase and snake_case. */
export const INGEST_NAMES: Readonly<Record<Field, string>> = {
  bucket: 'BUCKET_NAME',
  pathPrefix: 'PATH_PREFIX',
  concurrency: 'CONCURRENCY',
  maxBytesPerSec: 'LONGHAUL_INGEST_MAX_BYTES_PER_SEC',
  s3PartMb: 'S3_PART_MB',
  httpChunkKb: 'HTTP_CHUNK_KB',
  logLevel: 'LOG_LEVEL',
  skipUnchanged: 'LONGHAUL_INGEST_SKIP_UNCHANGED',
  onCollision: 'LONGHAUL_INGEST_ON_COLLISION',
  contentType: 'LONGHAUL_INGEST_CONTENT_TYPE',
  date: 'DATE',
  files: 'FILES',
  onError: 'ON_ERROR',
  failOnError: 'FAIL_ON_ERROR',
  runId: 'RUN_ID',
};

const MAX_FILES = 5_000;
const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/;
/** RFC 9110 section 8.3.1, without control characters, which no header may hold. */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;[\x20-\x7e]*)?$/;

const matching = (value: unknown, pattern: RegExp, expected: string): Checked =>
  typeof value === 'string' && pattern.test(value) ? { value } : { fault: `${expected}, got ${shown(value)}` };

/** Digits in quotes count too: that is how values come from an environment. */
const integer = (value: unknown, min: number, max: number, unit: string): Checked => {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= min && number <= max)
    return { value: number };
  return { fault: `must be a whole number${unit} from ${min} to ${max}, got ${shown(value)}` };
};

const choice = (value: unknown, choices: readonly string[]): Checked => {
  const text = typeof value === 'string' ? value.toLowerCase() : undefined;
  const known = choices.find((one) => one.toLowerCase() === text);
  return known === undefined
    ? { fault: `must be one of ${choices.join(', ')}, got ${shown(value)}` }
    : { value: known };
};

const flag = (value: unknown): Checked => {
  if (typeof value === 'boolean') return { value };
  const text = typeof value === 'string' ? value.toLowerCase() : undefined;
  return text === 'true' || text === 'false'
    ? { value: text === 'true' }
    : { fault: `must be true or false, got ${shown(value)}` };
};

/** Slashes at the ends are a matter of taste; segments that tools normalize would put objects elsewhere. */
const prefix = (value: unknown): Checked => {
  if (typeof value !== 'string') return { fault: `must be text, got ${shown(value)}` };
  const trimmed = value.replace(/^\/+/, '').replace(/(?<!\/)\/+$/, '');
  if (/\p{Cc}/u.test(trimmed)) return { fault: 'must not hold control characters' };
  if (/^s3:/i.test(trimmed)) return { fault: 'must be a key prefix, not an s3:// URI' };
  const bad = trimmed !== '' && trimmed.split('/').some((segment) => ['', '.', '..'].includes(segment));
  return bad ? { fault: 'must not hold "//", "." or ".." as a segment' } : { value: trimmed };
};

/** A real day of the calendar: Date.parse would make 2 March of 30 February. */
const day = (value: unknown): Checked => {
  const checked = matching(value, /^\d{4}-\d{2}-\d{2}$/, 'must be a day as YYYY-MM-DD');
  if ('fault' in checked) return checked;
  const time = Date.parse(`${String(value)}T00:00:00Z`);
  const isReal = !Number.isNaN(time) && new Date(time).toISOString().startsWith(String(value));
  return isReal ? checked : { fault: `must be a day of the calendar, got ${shown(value)}` };
};

const names = (value: unknown): Checked => {
  if (!Array.isArray(value) || value.length === 0)
    return { fault: `must be a list of names or URLs, got ${shown(value)}` };
  if (value.length > MAX_FILES) return { fault: `holds ${value.length} names; at most ${MAX_FILES} fit into an input` };
  const wrong = value.findIndex((name) => typeof name !== 'string' || name === '');
  return wrong === -1 ? { value } : { fault: `must hold names or URLs alone; item ${wrong} is ${shown(value[wrong])}` };
};

const RULES: Readonly<Record<Field, (value: unknown) => Checked>> = {
  bucket: (value) => matching(value, BUCKET, 'must be the name of a bucket'),
  pathPrefix: prefix,
  concurrency: (value) => integer(value, 1, MAX_WORKERS_LIMIT, ''),
  maxBytesPerSec: (value) => integer(value, 1, MAX_BYTES_PER_SEC, ''),
  // S3 takes parts of 5 MiB to 5 GiB (Amazon S3 User Guide, "Multipart upload limits").
  s3PartMb: (value) => integer(value, 5, 5_120, ' of MiB'),
  httpChunkKb: (value) => integer(value, 1, 1_048_576, ' of KiB'),
  logLevel: (value) => choice(value, INGEST_LOG_LEVELS),
  skipUnchanged: flag,
  onCollision: (value) => choice(value, ON_COLLISION_MODES),
  contentType: (value) =>
    value === 'detect' ? { value } : matching(value, MEDIA_TYPE, 'must be a media type such as text/csv, or "detect"'),
  date: day,
  files: names,
  onError: (value) => choice(value, INGEST_ON_ERROR),
  failOnError: flag,
  runId: (value) => matching(value, RUN_ID, 'must be letters, digits, ".", "_" or "-", at most 128'),
};

/** The value of one setting in its own type, or a phrase that goes after the setting's name. */
export const checkIngestSetting = (field: IngestOverride | 'bucket', value: unknown): Checked => RULES[field](value);

const FIELDS = Object.keys(RULES) as Field[];
const snake = (field: string): string => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
/** `s3PartMb` in snake case is `s3_part_mb`, which is its variable in lower case too. */
const spellings = (field: Field): string[] => [field, snake(field), INGEST_NAMES[field]];

const nearest = (name: string): string => {
  const cost = (known: string): number => distance(name.toLowerCase(), known.toLowerCase());
  return FIELDS.flatMap(spellings).reduce((best, known) => (cost(known) < cost(best) ? known : best));
};

/**
 * The input under its own names, with values in their own types. `problem` is one sentence for the person who typed it;
 * it never repeats a URL. `null` and `undefined` mean: not given, as schedules and shells write it.
 */
export const normalizeIngestInput = (
  input: unknown,
): { readonly input: IngestInput } | { readonly problem: string } => {
  if (input === undefined || input === null) return { input: {} };
  if (typeof input !== 'object' || Array.isArray(input)) {
    return { problem: `The input must be one JSON object, for example {"bucket": "my-bucket"}; got ${shown(input)}` };
  }
  const found = new Map<Field, string>();
  const result: Partial<Record<Field, unknown>> = {};
  for (const [name, value] of Object.entries(input)) {
    const field = FIELDS.find((known) => spellings(known).includes(name));
    if (field === undefined)
      return { problem: `Unknown input field "${name}" (nearest known field: "${nearest(name)}")` };
    if (value === null || value === undefined) continue;
    const other = found.get(field);
    if (other !== undefined) return { problem: `Input fields "${other}" and "${name}" are the same setting; give one` };
    found.set(field, name);
    const checked = RULES[field](value);
    if ('fault' in checked) return { problem: `Input field "${name}" ${checked.fault}` };
    result[field] = checked.value;
  }
  return { input: result as IngestInput };
};
