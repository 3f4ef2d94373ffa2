/**
 * Checks of what users type for `loadToPostgres`. Pure and without zod: workflow code runs it, because the CLI of Temporal
 * and schedules bypass our client.
 */
import { distance } from 'fastest-levenshtein';
import { LOAD_ENVIRONMENTS, LOAD_TYPES, type LoadInput } from './load-run';
import { MAX_BYTES_PER_SEC } from './run-rate';
import { shown } from './shown';

type Field = keyof LoadInput;
type Rule = (value: unknown) => string | null;

const EXAMPLE =
  'for example {"load_type": "full", "data_set": "entity", "path": "s3://bucket/data/", "env": "development"}';
const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
export const DATA_SET_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;
/** Amazon S3 User Guide, "General purpose bucket naming rules", and what other stores add to them. */
export const BUCKET_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/;
/** A path that carries a query would be a signed URL. */
const S3_PATH = /^s3:\/\/[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9](\/[^?\p{Cc}]*)?$/u;

export const MAX_SAMPLE_ROWS = 100_000_000;
export const MAX_REJECT_LIMIT = 1_000_000;
/** Connections to one database; more than that is a mistake before it is a speed. */
export const MAX_PARALLELISM = 64;

const matching =
  (pattern: RegExp, expected: string): Rule =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? null : `must be ${expected}, got ${shown(value)}`;

const choice =
  (choices: readonly string[]): Rule =>
  (value) =>
    choices.some((known) => known === value) ? null : `must be one of ${choices.join(', ')}, got ${shown(value)}`;

const integer =
  (min: number, max: number): Rule =>
  (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
      ? null
      : `must be a whole number from ${min} to ${max}, got ${shown(value)}`;

const RULES: Readonly<Record<Field, Rule>> = {
  load_type: choice(LOAD_TYPES),
  data_set: matching(DATA_SET_NAME, 'the name of a data set of configs/load.json'),
  path: matching(S3_PATH, 's3://bucket/prefix/ or s3://bucket/file'),
  env: choice(LOAD_ENVIRONMENTS),
  s3_bucket: matching(BUCKET_NAME, 'the name of a bucket, without s3://'),
  sample_rows: integer(1, MAX_SAMPLE_ROWS),
  reject_limit: integer(0, MAX_REJECT_LIMIT),
  parallelism: integer(1, MAX_PARALLELISM),
  max_bytes_per_sec: integer(1, MAX_BYTES_PER_SEC),
  runId: matching(RUN_ID, 'letters, digits, ".", "_" or "-", at most 128'),
};
const FIELDS = Object.keys(RULES) as Field[];
const REQUIRED: readonly Field[] = ['load_type', 'data_set', 'path'];

const nearest = (name: string): string =>
  FIELDS.reduce((best, known) => (distance(name, known) < distance(name, best) ? known : best));

/**
 * The input without what is null, or one sentence for the person who typed it, without its full stop. `null` means: not
 * given, as schedules and shells write it.
 */
export const normalizeLoadInput = (input: unknown): { readonly input: LoadInput } | { readonly problem: string } => {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return { problem: `The input must be one JSON object, ${EXAMPLE}; got ${shown(input)}` };
  const given = Object.entries(input).filter(([, value]) => value !== null && value !== undefined);
  for (const [name, value] of given) {
    const field = FIELDS.find((known) => known === name);
    if (field === undefined)
      return { problem: `Unknown input field "${name.slice(0, 80)}" (nearest known field: "${nearest(name)}")` };
    const fault = RULES[field](value);
    if (fault !== null) return { problem: `Input field "${name}" ${fault}` };
  }
  const fields = Object.fromEntries(given);
  const missing = REQUIRED.find((field) => fields[field] === undefined);
  if (missing !== undefined) return { problem: `Input field "${missing}" is missing, ${EXAMPLE}` };
  if (fields['sample_rows'] !== undefined && fields['load_type'] !== 'sample')
    return { problem: 'Input field "sample_rows" goes with "load_type": "sample" alone' };
  return { input: fields as unknown as LoadInput };
};
