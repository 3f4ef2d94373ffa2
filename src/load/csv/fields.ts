/** Splits one row of CSV into its fields, without making anything of them. */
import { BACKSLASH, CR, LF, type DialectBytes } from './dialect';

/** What has to be done with a field's bytes. */
export const PLAIN = 0;
/** From quote to quote, nothing escaped within. */
export const QUOTED = 1;
/** With escapes within. */
export const ESCAPED = 2;
/** Unquoted, but with a carriage return or a backslash that COPY would take for something else. */
export const ODD = 3;

/** Reused from row to row. Quoted fields are given without their quotes. */
export class Fields {
  starts = new Int32Array(64);
  ends = new Int32Array(64);
  kinds = new Uint8Array(64);
  count = 0;
  /** Offset after the row and its line end; -1: the row is not whole. */
  next = 0;
  /** Offset of the row's line end. */
  rowEnd = 0;
  /** Line feeds within fields. */
  innerLines = 0;
  /** Offset of a quote that stands where none may, or -1. */
  fault = -1;

  /** Splits the row at `start`. True where it was whole: it ends in LF or CR LF. */
  split(buffer: Buffer, start: number, end: number, { delimiter, quote, escape }: DialectBytes): boolean {
    let { starts, ends, kinds } = this;
    let count = 0;
    let at = start;
    this.innerLines = 0;
    this.fault = -1;
    for (;;) {
      if (count === starts.length) {
        this.grow();
        ({ starts, ends, kinds } = this);
      }
      if (at < end && buffer[at] === quote) {
        let kind = QUOTED;
        let innerLines = 0;
        starts[count] = at + 1;
        at += 1;
        for (; at < end; at += 1) {
          const byte = buffer[at] as number;
          if (byte === LF) innerLines += 1;
          else if (byte === escape && at + 1 < end && isEscaped(buffer[at + 1] as number, quote, escape)) {
            kind = ESCAPED;
            at += 1;
          } else if (byte === quote) break;
        }
        if (at + 1 >= end) return false;
        this.innerLines += innerLines;
        ends[count] = at;
        kinds[count] = kind;
        at += 1;
      } else {
        let kind = PLAIN;
        starts[count] = at;
        if (at < end && buffer[at] === BACKSLASH) kind = ODD;
        for (; at < end; at += 1) {
          const byte = buffer[at] as number;
          if (byte === delimiter || byte === LF) break;
          if (byte === quote) {
            this.fault = at;
            return false;
          }
          if (byte === CR) {
            if (at + 1 >= end) return false;
            if (buffer[at + 1] === LF) break;
            kind = ODD;
          }
        }
        ends[count] = at;
        kinds[count] = kind;
      }
      if (at >= end) return false;
      count += 1;
      const byte = buffer[at] as number;
      if (byte === delimiter) {
        at += 1;
        continue;
      }
      this.rowEnd = at;
      if (byte === CR) {
        if (at + 1 >= end) return false;
        at += 1;
      }
      if (buffer[at] !== LF) {
        this.fault = at;
        return false;
      }
      this.count = count;
      this.next = at + 1;
      return true;
    }
  }

  private grow(): void {
    const size = this.starts.length * 2;
    const grown = <T extends Int32Array | Uint8Array>(old: T, made: T): T => {
      made.set(old);
      return made;
    };
    this.starts = grown(this.starts, new Int32Array(size));
    this.ends = grown(this.ends, new Int32Array(size));
    this.kinds = grown(this.kinds, new Uint8Array(size));
  }
}

const isEscaped = (after: number, quote: number, escape: number): boolean => after === quote || after === escape;

/** The text of a field, for headers. */
export function fieldText(fields: Fields, index: number, buffer: Buffer, { quote, escape }: DialectBytes): string {
  const from = fields.starts[index] ?? 0;
  const text = buffer.toString('utf8', from, fields.ends[index] ?? from);
  if (fields.kinds[index] !== ESCAPED) return text;
  const [q, e] = [String.fromCharCode(quote), String.fromCharCode(escape)];
  return text.replaceAll(e + q, q).replaceAll(e + e, e);
}
