/**
 * Redaction, in one place: whatever is logged passes here. Types that hide themselves (Secret, SourceUrl) are the first
 * line; this is the second, for text that comes from elsewhere: messages of SDKs, stacks, replies of servers.
 */
import type { Secret } from '../model/secret';

const CUT = '[redacted]';

/** Names of query parameters, headers, JSON keys and variables whose value is a secret. Compared without case. */
const SECRET_NAMES = [
  'x-amz-signature',
  'x-amz-credential',
  'x-amz-security-token',
  'x-goog-signature',
  'x-goog-credential',
  'x-api-key',
  'signature',
  'sig',
  'awsaccesskeyid',
  'key-pair-id',
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'api[_-]?key',
  '(?:aws[_-]?)?secret[_-]?access[_-]?key',
  '(?:aws[_-]?)?session[_-]?token',
  'access[_-]?token',
  'security[_-]?token',
  'client[_-]?secret',
  'password',
  'passwd',
  'secret',
  'token',
].join('|');

/** A field of a log line with such a name is hidden whole, whatever it holds. */
const SECRET_FIELD = new RegExp(`^(?:${SECRET_NAMES})$`, 'i');

/** A whole URL, taken in one go: a pattern that looked for the query itself would take quadratic time on hostile text. */
const URL_TEXT = /\bhttps?:\/\/[^\s"'<>\\]+/gi;

/** User info and query of a URL are cut as a whole: nobody needs either in a log. */
const cutUrl = (url: string): string =>
  url.replace(/\/\/[^/@?#]*@/g, `//${CUT}@`).replace(/\?(?!\[redacted\])[^)\]}]*/, `?${CUT}`);

/** `Authorization: Bearer …`, `"X-Api-Key": "…"`: a header or field, plain, in JSON, or in JSON within JSON. */
const FIELD = new RegExp(
  `(?<![A-Za-z0-9])((?:${SECRET_NAMES})\\\\*["']?\\s*[:=]\\s*\\\\*["']?)` +
    `(?:(?:Bearer|Basic|Token|AWS4-HMAC-SHA256)\\s+)?(?!\\[redacted\\])[^\\s"'\\\\,;&<>]+`,
  'gi',
);
/** Percent-encoded inside of another URL: `%26X-Amz-Signature%3D…`. */
const ENCODED_PARAMETER = new RegExp(
  `(?:(?<![A-Za-z0-9])|(?<=%26|%3F))((?:${SECRET_NAMES})%3D)(?!\\[redacted\\])(?:(?!%26)[^\\s"'&<>])+`,
  'gi',
);
/** Credentials side by side, as they are pasted: an access key id followed by its secret of 40 characters. */
const KEY_PAIR = /\b((?:AKIA|ASIA)[A-Z0-9]{12,})(\W{1,8})[A-Za-z0-9/+=]{40}(?![A-Za-z0-9/+=])/g;

/** Text shorter than this is no secret worth the name, and cutting it would tear ordinary words apart. */
const SHORTEST_SECRET = 8;
const known = new Set<string>();

/** From now on cuts this very value out of everything that is logged. Call it where a secret is loaded. */
export const hideSecret = (secret: Secret | null | undefined): void => {
  const value = secret?.reveal() ?? '';
  if (value.length < SHORTEST_SECRET) return;
  known.add(value);
  known.add(encodeURIComponent(value));
  // As it looks inside of a JSON string.
  known.add(JSON.stringify(value).slice(1, -1));
};

/**
 * The text without signatures of URLs, API keys, AWS secrets and values given to hideSecret. Idempotent.
 * Paths of URLs and access key ids stay: they are needed to find a fault, and open nothing.
 */
export const redact = (text: string): string => {
  let result = text;
  for (const value of known) if (result.includes(value)) result = result.replaceAll(value, CUT);
  return result
    .replace(URL_TEXT, cutUrl)
    .replace(ENCODED_PARAMETER, `$1${CUT}`)
    .replace(KEY_PAIR, `$1$2${CUT}`)
    .replace(FIELD, `$1${CUT}`);
};

export const isSecretField = (name: string): boolean => SECRET_FIELD.test(name);
