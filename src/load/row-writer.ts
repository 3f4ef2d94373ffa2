/** Writes rows in the staging dialect into one buffer that grows as needed and is used again for each batch. */
import { BACKSLASH, COMMA, CR, LF, QUOTE } from './csv/dialect';

/** Below this a loop is faster than the call into native code. */
const SHORT_BYTES = 48;
const ZERO = 48;
const MINUS = 45;

export class RowWriter {
  buffer: Buffer;
  length = 0;
  /** Line feeds written. */
  lines = 0;
  rows = 0;
  private isRowBegun = false;

  constructor(capacityBytes: number) {
    this.buffer = Buffer.allocUnsafeSlow(capacityBytes);
  }

  clear(): void {
    this.length = 0;
    this.lines = 0;
    this.rows = 0;
  }

  /** Room for `bytes` more, without which the methods that write bytes must not be called. */
  reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.length + bytes));
    this.buffer.copy(grown, 0, 0, this.length);
    this.buffer = grown;
  }

  /** Before each field: the delimiter, from the second on. A field that is only begun is NULL. */
  begin(): void {
    if (this.isRowBegun) {
      this.buffer[this.length] = COMMA;
      this.length += 1;
    }
    this.isRowBegun = true;
  }

  endRow(): void {
    this.buffer[this.length] = LF;
    this.length += 1;
    this.lines += 1;
    this.rows += 1;
    this.isRowBegun = false;
  }

  /** Bytes as they are; the caller knows that they need no quotes, or that they have them. */
  raw(bytes: Uint8Array, start: number, end: number): void {
    const { buffer } = this;
    let to = this.length;
    if (end - start > SHORT_BYTES) buffer.set(bytes.subarray(start, end), to);
    else for (let at = start; at < end; at += 1, to += 1) buffer[to] = bytes[at] as number;
    this.length += end - start;
  }

  /** Text as bytes: quoted where it must be, the empty text too. Needs 2 × its length + 2. */
  bytes(bytes: Uint8Array, start: number, end: number): void {
    if (needsQuotes(bytes, start, end)) this.quoted(bytes, start, end, QUOTE, QUOTE);
    else this.raw(bytes, start, end);
  }

  /** The same with quotes in any case; escapes of another dialect (`escape` before `quote` or itself) are undone. */
  quoted(bytes: Uint8Array, start: number, end: number, quote: number, escape: number, isEscaped = false): void {
    const { buffer } = this;
    let to = this.length;
    buffer[to++] = QUOTE;
    for (let at = start; at < end; at += 1) {
      let byte = bytes[at] as number;
      if (isEscaped && byte === escape && at + 1 < end) {
        const after = bytes[at + 1] as number;
        if (after === quote || after === escape) {
          byte = after;
          at += 1;
        }
      }
      if (byte === LF) this.lines += 1;
      if (byte === QUOTE) buffer[to++] = QUOTE;
      buffer[to++] = byte;
    }
    buffer[to++] = QUOTE;
    this.length = to;
  }

  /** Reserves for itself, as do the ones below. */
  text(text: string): void {
    this.reserve(text.length * 6 + 4);
    const start = this.length;
    const length = this.buffer.write(text, start, 'utf8');
    if (!needsQuotes(this.buffer, start, start + length)) {
      this.length = start + length;
      return;
    }
    const copy = Buffer.from(this.buffer.subarray(start, start + length));
    this.quoted(copy, 0, length, QUOTE, QUOTE);
  }

  /** Text of digits, letters, signs, dots, colons and spaces: never in need of quotes. */
  ascii(text: string): void {
    this.reserve(text.length + 2);
    this.length += this.buffer.write(text, this.length, 'latin1');
  }

  /** A safe integer. */
  integer(value: number): void {
    if (value > 999_999_999 || value < -999_999_999) {
      this.ascii(String(value));
      return;
    }
    this.reserve(12);
    const { buffer } = this;
    let rest = value;
    if (value < 0) {
      buffer[this.length++] = MINUS;
      rest = -value;
    }
    let digits = 1;
    for (let power = 10; power <= rest; power *= 10) digits += 1;
    for (let at = this.length + digits - 1; at >= this.length; at -= 1) {
      const tenth = (rest / 10) | 0;
      buffer[at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.length += digits;
  }
}

/** An unquoted empty field would be NULL; a backslash at the beginning could be read as the end of the data. */
function needsQuotes(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end || bytes[start] === BACKSLASH) return true;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte === COMMA || byte === QUOTE || byte === LF || byte === CR) return true;
  }
  return false;
}
