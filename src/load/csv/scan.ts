/**
 * Finds where rows of the staging dialect end, at nearly the speed of memory: what staging does with a file that needs no
 * change. It goes from quote to quote and line end to line end with memchr instead of looking at each byte (three times as
 * fast). Quotes are RFC 4180's: a field is quoted as a whole or not at all, so that a lost quote is found where it is and does
 * not swallow half of a file.
 */
import { COMMA, CR, LF, QUOTE } from './dialect';

/** Reused from block to block: hot code allocates nothing. Offsets are those of the buffer. */
export interface Scan {
  /** After the last whole row. */
  end: number;
  rows: number;
  /** Line feeds up to `end`. */
  lines: number;
  /** No carriage return and no backslash with a dot, which COPY would take for the end of the data (PostgreSQL before 18). */
  isPlain: boolean;
  hasBlankLine: boolean;
  /** Offset of a misplaced quote, or -1. */
  fault: number;
}

export const newScan = (): Scan => ({ end: 0, rows: 0, lines: 0, isPlain: true, hasBlankLine: false, fault: -1 });

const END_OF_DATA = Buffer.from('\\.');

/** Looks at whole rows in [start, end) of `buffer`, `maxRows` at most. A last row without its line feed is not whole. */
export function scanRows(buffer: Buffer, start: number, end: number, maxRows: number, scan: Scan): void {
  const view = buffer.subarray(start, end);
  scan.isPlain = !view.includes(CR) && !view.includes(END_OF_DATA);
  scan.hasBlankLine = false;
  scan.fault = -1;
  let rows = 0;
  let lines = 0;
  let linesOfRow = 0;
  let rowStart = 0;
  let lineFeed = view.indexOf(LF);
  let quote = view.indexOf(QUOTE);
  while (lineFeed >= 0 && rows < maxRows) {
    if (quote < 0 || quote > lineFeed) {
      if (lineFeed === rowStart) scan.hasBlankLine = true;
      rows += 1;
      lines += linesOfRow + 1;
      linesOfRow = 0;
      rowStart = lineFeed + 1;
      lineFeed = view.indexOf(LF, rowStart);
      continue;
    }
    if (quote !== rowStart && view[quote - 1] !== COMMA) {
      scan.fault = start + quote;
      break;
    }
    const close = closingQuote(view, quote);
    if (close < 0) break;
    const after = view[close + 1];
    if (after !== undefined && after !== COMMA && after !== LF && after !== CR) {
      scan.fault = start + close + 1;
      break;
    }
    for (; lineFeed >= 0 && lineFeed < close; lineFeed = view.indexOf(LF, lineFeed + 1)) linesOfRow += 1;
    quote = view.indexOf(QUOTE, close + 1);
  }
  scan.rows = rows;
  scan.lines = lines;
  scan.end = start + rowStart;
}

/** The quote that ends the field; two in a row are one within. -1: it is not here. */
function closingQuote(view: Buffer, open: number): number {
  for (let close = view.indexOf(QUOTE, open + 1); close >= 0; close = view.indexOf(QUOTE, close + 2)) {
    if (view[close + 1] !== QUOTE) return close;
  }
  return -1;
}
