/** A CSV dialect as bytes, and the one that everything is staged in. */
import { LonghaulError } from '../../model/errors';
import type { CsvDialect } from '../types';

export const LF = 10;
export const CR = 13;
export const COMMA = 44;
export const QUOTE = 34;
export const BACKSLASH = 92;
/** No byte is this one. */
export const NONE = -1;

/**
 * What chunks are written in, and COPY is told: comma, double quote, doubled within, line feed, no header, UTF-8; an
 * unquoted empty field is NULL and a quoted one the empty text. COPY's own CSV (PostgreSQL documentation, COPY).
 */
export const STAGING_COPY_OPTIONS = `FORMAT csv, DELIMITER ',', QUOTE '"', ESCAPE '"', NULL '', ENCODING 'UTF8'`;

export const RFC_4180: CsvDialect = { delimiter: ',', quote: '"', escape: '"', header: true, nullText: '' };

export interface DialectBytes {
  readonly delimiter: number;
  readonly quote: number;
  readonly escape: number;
  readonly nullText: Buffer;
  /** Rows can be staged as they are, as far as the dialect goes. */
  readonly isStaging: boolean;
}

/** Throws InvalidInput where a character is not one byte, is a line end, or means two things. */
export function dialectBytes(dialect: CsvDialect): DialectBytes {
  const delimiter = byteOf('delimiter', dialect.delimiter);
  const quote = dialect.quote === null ? NONE : byteOf('quote', dialect.quote);
  const escape = dialect.quote === null ? NONE : byteOf('escape', dialect.escape);
  if (delimiter === quote || delimiter === escape) throw wrong('delimiter', 'is also the quote or escape');
  if (/[\r\n]/.test(dialect.nullText)) throw wrong('null text', 'holds a line end');
  return {
    delimiter,
    quote,
    escape,
    nullText: Buffer.from(dialect.nullText),
    isStaging: delimiter === COMMA && quote === QUOTE && escape === QUOTE && dialect.nullText === '',
  };
}

function byteOf(what: string, text: string): number {
  const code = text.charCodeAt(0);
  if (text.length !== 1 || code > 127 || code === LF || code === CR || code === 0) {
    throw wrong(what, 'must be one ASCII character other than a line end');
  }
  return code;
}

const wrong = (what: string, why: string): LonghaulError =>
  new LonghaulError('InvalidInput', `The ${what} of the CSV dialect ${why}`);
