/**
 * Secret request headers of one URL: `headers_env` in parameters.json names the variable that holds them. The list lies
 * in a bucket, and whoever writes it chooses the URL too: the worker's own credentials must never be what is sent.
 */
import { LonghaulError } from '../model/errors';
import { Secret } from '../model/secret';
import type { EnvironmentVariables } from './read-variable';

export type SecretHeaders = Readonly<Record<string, Secret>>;

const OWN_VARIABLES = /^(AWS|TEMPORAL|LONGHAUL|GOOGLE|AZURE)_/i;
/** RFC 9110 section 5.6.2. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Visible ASCII and spaces: what undici sends unchanged. */
const HEADER_VALUE = /^[\x20-\x7e\t]*$/;
/** The engine's own: another value would change which bytes come, or break the connection. */
const RESERVED = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'keep-alive',
  'range',
  'te',
  'transfer-encoding',
  'upgrade',
]);

const refuse = (name: string, fault: string): LonghaulError =>
  new LonghaulError('ConfigInvalid', `Environment variable ${name} (headers_env) ${fault}.`);

const fromJson = (name: string, text: string): [string, unknown][] => {
  let value: unknown;
  try {
    value = JSON.parse(text) as unknown;
  } catch {
    // The parser's own message quotes the text.
    throw refuse(name, 'begins as a JSON object but is not JSON');
  }
  return Object.entries(value as object);
};

const fromLines = (name: string, text: string): [string, string][] =>
  text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line, index) => {
      const colon = line.indexOf(':');
      if (colon === -1) throw refuse(name, `has no colon in line ${index + 1}; expected "Name: value"`);
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    });

/**
 * The headers of the variable `name`: a JSON object of text, or lines `Name: value`; names in lower case.
 * Throws ConfigInvalid that names the variable and never its value, also where it is not set.
 * @param allowed the only variables that may be named; null: any but those of AWS, Google, Azure, Temporal and Longhaul.
 */
export const readHeaders = (
  name: string,
  env: EnvironmentVariables = process.env,
  allowed: readonly string[] | null = null,
): SecretHeaders => {
  if (allowed !== null && !allowed.includes(name)) throw refuse(name, 'is not in LONGHAUL_INGEST_HEADER_VARIABLES');
  if (OWN_VARIABLES.test(name)) throw refuse(name, 'belongs to the worker and is never sent');
  const text = env[name]?.trim() ?? '';
  if (text === '') throw refuse(name, 'is not set');
  const pairs = text.startsWith('{') ? fromJson(name, text) : fromLines(name, text);
  const headers: Record<string, Secret> = {};
  for (const [index, [header, value]] of pairs.entries()) {
    const key = header.toLowerCase();
    if (!HEADER_NAME.test(header)) throw refuse(name, `has a name that is no header's at position ${index + 1}`);
    if (RESERVED.has(key)) throw refuse(name, `must not set the header ${key}`);
    if (Object.hasOwn(headers, key)) throw refuse(name, `sets the header ${key} twice`);
    if (typeof value !== 'string' || !HEADER_VALUE.test(value)) {
      throw refuse(name, `has a value of the header ${key} that cannot be sent`);
    }
    headers[key] = new Secret(value);
  }
  return headers;
};
