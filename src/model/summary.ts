/** Sentences that label workflows, activities and timers in the Web UI. Pure. */

/**
 * Temporal's limit is 400 bytes with the encoding (limit.userMetadataSummarySize); a server that holds to it refuses the whole
 * workflow task for more, again and again. Encryption adds up to 180; keys of objects have up to 1,024 bytes.
 */
const MAX_SUMMARY_BYTES = 200;
const MAX_END_BYTES = 80;
const ELLIPSIS = '…';
const ELLIPSIS_BYTES = 3;

/** In UTF-8, without TextEncoder: workflow code uses it. */
const bytesOfLetter = (letter: string): number => {
  const point = letter.codePointAt(0) ?? 0;
  // As JSON escapes them.
  if (point < 0x20) return 6;
  if (letter === '"' || letter === '\\') return 2;
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x10000 ? 3 : 4;
};

const bytesOf = (letters: readonly string[]): number => letters.reduce((sum, letter) => sum + bytesOfLetter(letter), 0);

/** As many letters from the start as fit. */
const fitting = (letters: readonly string[], maxBytes: number): string[] => {
  let bytes = 0;
  const end = letters.findIndex((letter) => (bytes += bytesOfLetter(letter)) > maxBytes);
  return end === -1 ? [...letters] : letters.slice(0, end);
};

const shortened = (text: string, maxBytes: number): string => {
  const letters = Array.from(text);
  if (bytesOf(letters) <= maxBytes) return text;
  // Paths tell most at both ends.
  const head = fitting(letters, Math.floor((maxBytes - ELLIPSIS_BYTES) / 2));
  const tail = fitting(letters.slice(head.length).reverse(), Math.floor((maxBytes - ELLIPSIS_BYTES) / 2)).reverse();
  return [...head, ELLIPSIS, ...tail].join('');
};

/** The sentence, or its start and its end where Temporal would not take it whole. */
export const summaryText = (text: string): string => shortened(text, MAX_SUMMARY_BYTES);

/** `s3://a/b to gs://c/d`, both ends of each, with room for a few words before it. */
export const routeSummary = (source: string, destination: string): string =>
  `${shortened(source, MAX_END_BYTES)} to ${shortened(destination, MAX_END_BYTES)}`;
