/** Rows of any dialect and order of columns, as staged rows: fields are moved as bytes and never become strings. */
import type { RowWriter } from '../row-writer';
import { COMMA, QUOTE, type DialectBytes } from './dialect';
import { ESCAPED, ODD, PLAIN, QUOTED, type Fields } from './fields';

/** Where each field of a staged row comes from. */
export type Output = { readonly from: number } | { readonly constant: Buffer | null };

export class RowMapper {
  private readonly from: Int32Array;
  private readonly constants: readonly (Buffer | null)[];
  private readonly constantBytes: number;
  /** An unquoted field of this dialect never needs quotes in ours. */
  private readonly isSafe: boolean;
  private readonly isVerbatim: boolean;

  constructor(
    private readonly dialect: DialectBytes,
    outputs: readonly Output[],
    /** Fields that a row of the file must have. */
    private readonly width: number,
  ) {
    this.from = Int32Array.from(outputs, (output) => ('from' in output ? output.from : -1));
    this.constants = outputs.map((output) => ('constant' in output ? output.constant : null));
    this.constantBytes = this.constants.reduce((sum, bytes) => sum + 2 * (bytes?.length ?? 0) + 3, 0);
    this.isSafe = dialect.delimiter === COMMA && dialect.quote === QUOTE;
    this.isVerbatim = dialect.quote === QUOTE && dialect.escape === QUOTE;
  }

  /** Appends one row to `out`. */
  write(buffer: Buffer, fields: Fields, rowStart: number, out: RowWriter): void {
    // Twice: every byte may be a quote.
    out.reserve(2 * (fields.rowEnd - rowStart) * Math.max(1, this.from.length) + this.constantBytes + 8);
    if (fields.count !== this.width) {
      this.writeRagged(buffer, fields, rowStart, out);
      return;
    }
    const { from } = this;
    for (let index = 0; index < from.length; index += 1) {
      out.begin();
      const source = from[index] as number;
      if (source >= 0) this.field(buffer, fields, source, out);
      else this.constant(index, out);
    }
    out.endRow();
  }

  private constant(index: number, out: RowWriter): void {
    const bytes = this.constants[index];
    if (bytes) out.bytes(bytes, 0, bytes.length);
  }

  private field(buffer: Buffer, fields: Fields, source: number, out: RowWriter): void {
    const start = fields.starts[source] as number;
    const end = fields.ends[source] as number;
    const kind = fields.kinds[source] as number;
    const { quote, escape } = this.dialect;
    if (kind === PLAIN || kind === ODD) {
      if (this.isNull(buffer, start, end)) return;
      if (kind === PLAIN && this.isSafe && start < end) out.raw(buffer, start, end);
      else out.bytes(buffer, start, end);
    } else if (kind === QUOTED && !this.isVerbatim) out.quoted(buffer, start, end, QUOTE, QUOTE);
    else if (kind === ESCAPED && !this.isVerbatim) out.quoted(buffer, start, end, quote, escape, true);
    else out.quoted(buffer, start, end, QUOTE, QUOTE, true);
  }

  private isNull(buffer: Buffer, start: number, end: number): boolean {
    const { nullText } = this.dialect;
    if (end - start !== nullText.length) return false;
    for (let at = 0; at < nullText.length; at += 1) if (buffer[start + at] !== nullText[at]) return false;
    return true;
  }

  /**
   * A row with too few or too many fields becomes one that COPY refuses for the same reason, so that it is named and counted
   * like every bad row. Where our own columns happen to be all there, the whole row goes as one field too many.
   */
  private writeRagged(buffer: Buffer, fields: Fields, rowStart: number, out: RowWriter): void {
    const { from } = this;
    const missing = from.findIndex((source) => source >= fields.count);
    if (missing > 0) {
      for (let index = 0; index < missing; index += 1) {
        out.begin();
        const source = from[index] as number;
        if (source >= 0) this.field(buffer, fields, source, out);
        else this.constant(index, out);
      }
      out.endRow();
      return;
    }
    out.reserve(2 * (fields.rowEnd - rowStart) + from.length + 8);
    for (let index = 0; index <= from.length; index += 1) out.begin();
    out.quoted(buffer, rowStart, fields.rowEnd, QUOTE, QUOTE);
    out.endRow();
  }
}
