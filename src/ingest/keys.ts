/** Names and keys of ingested files. Promise: no key is outside of the prefix, and none is a file of Longhaul itself. */
import type { FileNameRule } from '../config/ingest-types';
import type { SourceUrl } from '../transfer/source-url';

/** S3's limit for a key, in bytes of UTF-8 (Amazon S3 User Guide, "Naming Amazon S3 objects"). */
export const MAX_KEY_BYTES = 1024;
/** A URL whose path ends in a slash still needs a name. */
const UNNAMED = 'data.csv';
/** The dataset of files that no rule names. */
const OTHER = 'other';

export interface KeyBounds {
  /** No slashes at the ends; may be empty. */
  readonly pathPrefix: string;
  readonly controlPrefix: string;
  readonly parametersKey: string;
}

export interface FileName {
  readonly name: string;
  /** What the rule matched, or `other`: few different values, so that reports can sum by it. */
  readonly dataset: string;
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** Credentials are left out of the search: a password must not decide what a file is called. */
const searchable = (url: SourceUrl): string => {
  const whole = url.reveal();
  whole.username = whole.password = '';
  return `${whole.href}\n${decoded(whole.href)}`.toLowerCase();
};

/** The first rule whose text appears in the URL, in any case; else the path's base name; else `data.csv`. */
export const fileNameOf = (url: SourceUrl, rules: readonly FileNameRule[]): FileName => {
  const text = searchable(url);
  const rule = rules.find(({ match }) => text.includes(match.toLowerCase()));
  if (rule !== undefined) return { name: rule.name, dataset: rule.match };
  const base = url.baseName.replace(/[/\\]|\p{Cc}/gu, '_');
  return { name: base === '' || base === '.' || base === '..' ? UNNAMED : base, dataset: OTHER };
};

/** `<prefix>/<YYYY>/<MM>/<DD>/<name>` of a day `YYYY-MM-DD`. */
export const datedKey = (pathPrefix: string, day: string, name: string): string =>
  [...(pathPrefix === '' ? [] : [pathPrefix]), ...day.split('-'), name].join('/');

/** `data.csv` and 2 give `data-2.csv`; a leading dot begins no extension. */
export const numbered = (key: string, number: number): string => {
  const name = key.lastIndexOf('/') + 1;
  const dot = key.lastIndexOf('.');
  return dot > name ? `${key.slice(0, dot)}-${number}${key.slice(dot)}` : `${key}-${number}`;
};

/** Why a key that parameters.json gives cannot be used, or null. The list must not be able to write anywhere else. */
export const explicitKeyFault = (key: string, bounds: KeyBounds): string | null => {
  const { pathPrefix, controlPrefix, parametersKey } = bounds;
  if (/\p{Cc}/u.test(key)) return 'must not hold control characters';
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return `has more than ${MAX_KEY_BYTES} bytes`;
  if (key.split('/').some((segment) => ['', '.', '..'].includes(segment))) {
    return 'must not have an empty segment, "." or ".."';
  }
  if (pathPrefix !== '' && !key.startsWith(`${pathPrefix}/`)) {
    return `is the whole key of the object and must begin with "${pathPrefix}/" (PATH_PREFIX)`;
  }
  const isOurs = key === parametersKey || key === controlPrefix || key.startsWith(`${controlPrefix}/`);
  return isOurs ? 'is a place where Longhaul keeps its own files' : null;
};
